// Access that is still open and waves of withdrawals, as an operator sees and decides them in the console: C-16 and C-17.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ConsoleVisitor } from '../../support/doubles/console-visitor.ts';
import { AccountScene, keyOf, practitioner, technical } from '../../support/scenes/accounts-scene.ts';
import { until } from '../../support/wait/until.ts';

let scene: AccountScene;
let visitor: ConsoleVisitor;

beforeAll(async () => {
  scene = await AccountScene.start({ settings: { ACCOUNT_WAVE_MAX: '1' } });
  visitor = await ConsoleVisitor.enter(scene.system, 'exploitant');
});
afterAll(() => scene?.stop());

const words = (text: string): string => text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
const comptes = async (): Promise<string> => words((await visitor.get('/console/comptes')).text);

it('C-16, C-17 a wave waits, is confirmed once with a reason, and leaves when vendors have said yes', async () => {
  expect(await comptes()).toContain('Aucun accès retiré n’est encore ouvert');
  const people = Array.from({ length: 3 }, () => technical());
  for (const person of people) {
    const { status, body } = await scene.post(practitioner(person));
    expect(status).toBe(201);
    await scene.call(`/fhir/Practitioner/${body.id ?? ''}/$login`, { method: 'POST' });
  }
  for (const person of people) await scene.put(keyOf(person), practitioner({ ...person, active: false }));
  const page = await visitor.get('/console/comptes');
  expect(words(page.text)).toMatch(/accès retirés? .*encore ouverts?.* 1 vague attend votre décision/);
  for (const { family, email, value } of people) {
    for (const secret of [family, email, value]) expect(page.text).not.toContain(secret);
  }
  expect(words((await visitor.get('/console/veille')).text)).toContain('1 attend votre décision');
  const [, action = ''] = /action="(\/console\/comptes\/vagues\/[^"]+)"/.exec(page.text) ?? [];
  const fields: Record<string, string> = await visitor.hidden('/console/comptes', action);
  expect((await visitor.post(action, { ...fields, confirme: 'oui' })).status).toBe(400);
  const whole = { ...fields, confirme: 'oui', motif: 'fin de contrat, dossier 12' };
  const clicks = await Promise.all([visitor.post(action, whole), visitor.post(action, whole)]);
  expect(clicks.map(({ status }) => status)).toEqual([303, 303]);
  await until('every vendor has said yes', async () =>
    (await comptes()).includes('Aucun accès retiré n’est encore ouvert'),
  );
  const lines = (await visitor.get('/console/journal/export')).text.trim().split('\n');
  const acts = lines.map((line) => (JSON.parse(line) as { act: string }).act);
  expect(acts.filter((act) => act === 'confirmer une vague')).toHaveLength(1);
  expect(acts.filter((act) => act === 'lire les accès ouverts')).toHaveLength(1);
});
