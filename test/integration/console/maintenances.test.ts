// A maintenance declared, changed and withdrawn on the console's screen, over the real Worker: C-10 and C-27 of its checks.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatInstant, parisOffsetMinutes } from '../../../shared/time.ts';
import { ConsoleVisitor } from '../../support/doubles/console-visitor.ts';
import { System } from '../../support/scenes/system.ts';

const PATH = '/console/maintenances';
const HOUR_MS = 3_600_000;
const WHY = { motif: 'annoncée par l’éditeur', confirme: 'oui' };
let system: System;
let visitor: ConsoleVisitor;

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }] });
  visitor = await ConsoleVisitor.enter(system, 'exploitant');
});
afterAll(() => system?.stop());

/** On the clock of Paris, as a field of a form holds it, with the offset beside it. */
const times = (fromHours: number, toHours: number): Record<string, string> => {
  const at = (hours: number): string => {
    const ms = Date.now() + hours * HOUR_MS;
    return formatInstant(ms, parisOffsetMinutes(ms));
  };
  const [du, au] = [at(fromHours), at(toHours)];
  return { du: du.slice(0, 16), 'du-zone': du.slice(23), au: au.slice(0, 16), 'au-zone': au.slice(23) };
};
const words = async (): Promise<string> =>
  (await visitor.get(PATH)).text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
const journal = async (): Promise<{ act: string; target: string; before: string; after: string }[]> =>
  (await visitor.get('/console/journal/export')).text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ act }) => act.startsWith('maintenance'));

it('C-10, C-27 is declared once for two clicks, changed, withdrawn, each with its reason and one line of the journal', async () => {
  expect(await words()).toContain('Aucun éditeur n’est en maintenance.');
  const empty = await visitor.hidden(PATH, PATH, 'declarer');
  const whole = { ...empty, ...times(1, 3), editeur: 'agenda-a', ...WHY };
  expect((await visitor.post(PATH, { ...whole, confirme: '' })).status).toBe(400);
  expect((await visitor.post(PATH, { ...whole, motif: '' })).status).toBe(400);
  expect(await journal()).toEqual([]);
  const clicks = await Promise.all([visitor.post(PATH, whole), visitor.post(PATH, whole)]);
  expect(clicks.map(({ headers }) => headers.get('Location')).sort()).toEqual(
    [`${PATH}?fait=declarer`, `${PATH}?fait=deja`].sort(),
  );
  expect(await words()).toMatch(/Prochaine : Agenda a,.*Agenda a à venir/i);
  const changed = await visitor.submit(PATH, PATH, { ...times(2, 4), ...WHY }, 'changer');
  expect(changed.headers.get('Location')).toBe(`${PATH}?fait=changer`);
  const withdrawn = await visitor.submit(PATH, PATH, WHY, 'retirer');
  expect(withdrawn.headers.get('Location')).toBe(`${PATH}?fait=retirer`);
  expect(await words()).toMatch(/Aucun éditeur n’est en maintenance.*Agenda a retirée/i);
  const lines = await journal();
  expect(lines.map(({ act, target }) => `${act} ${target}`)).toEqual([
    'maintenance : declarer agenda-a',
    'maintenance : changer agenda-a',
    'maintenance : retirer agenda-a',
  ]);
  expect(lines[1]?.before).toBe(lines[0]?.after);
});

it('says who is in it now, and refuses another at the same time in words, in the console’s frame', async () => {
  const declare = async (fields: Record<string, string>) =>
    visitor.submit(PATH, PATH, { editeur: 'agenda-b', ...fields, ...WHY }, 'declarer');
  expect((await declare(times(0, 2))).status).toBe(303);
  expect(await words()).toMatch(/1 éditeur en maintenance : Agenda b jusqu’à/i);
  const other = await declare(times(1, 3));
  expect([other.status, other.text.includes('Une autre maintenance de cet éditeur')]).toEqual([409, true]);
  expect((await journal()).at(-1)).toMatchObject({ act: 'maintenance : declarer, sans effet' });
  const past = await declare(times(-3, -1));
  expect([past.status, past.text.includes('ne se déclare pas après coup')]).toEqual([400, true]);
});

it('is read by whoever brings vendors in, who cannot act', async () => {
  const reader = await ConsoleVisitor.enter(system, 'raccordement');
  const page = await reader.get(PATH);
  expect([page.status, page.text.includes('class="act"')]).toEqual([200, false]);
});
