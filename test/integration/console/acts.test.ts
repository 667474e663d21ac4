// What the console's screens say and do, over the real Worker, a real relay and vendors: C-10, C-13, C-15, C-16, C-17 and C-27 of its
// checks, as far as the screens of this version go. No page needs script: a visitor here has none.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConsoleVisitor } from '../../support/doubles/console-visitor.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { type SearchAnswer, System, slotPath, windowOf } from '../../support/scenes/system.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');
const WHY = 'essai : recette du soir';
let system: System;
let visitor: ConsoleVisitor;
let subject: string;

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }], settings: { ACCOUNT_WAVE_MAX: '1' } });
  visitor = await ConsoleVisitor.enter(system, 'exploitant');
  subject = peopleOf([system.vendors[0]!]).find(({ full, places }) => !full && places === 1)!.identifier;
});
afterAll(() => system?.stop());

interface Line {
  readonly act: string;
  readonly target: string;
  readonly reason: string;
  readonly actor: string;
  readonly before: string;
}
const journal = async (): Promise<string> => (await visitor.get('/console/journal/export')).text;
const lines = async (act: string): Promise<Line[]> =>
  (await journal())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
    .filter((line) => line.act === act);
/** The text of a page, without its marks. */
const words = (text: string): string => text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

describe('the watch', () => {
  it('C-13 says "sans donnée" of a vendor that was never called, and never that it is well', async () => {
    const page = await visitor.get('/console/veille');
    expect(page.status).toBe(200);
    expect(page.text.match(/<span class="state unknown">sans donnée<\/span>/g)).toHaveLength(2);
    expect(words(page.text)).toContain('Aucune panne connue sur 2 éditeurs ; 2 sans donnée récente.');
    expect(page.text).not.toContain('>bon<');
  });

  it('C-10 says which vendor is down, since when and whose fault it is, then that it is well again', async () => {
    const vendor = system.vendors[0]!;
    vendor.setFaults('status-500');
    await system.search(slotPath([subject], windowOf(41)));
    const ill = words((await visitor.get('/console/veille')).text);
    expect(ill).toMatch(/Agenda a [!✕]? ?(douteux|en panne).*éditeur.*a répondu par une erreur \(HTTP 500\)/);
    vendor.reset();
    await system.search(slotPath([subject], windowOf(42)));
    const well = words((await visitor.get('/console/veille')).text);
    expect(well).toContain('Tous les éditeurs interrogés répondent (2 sur 2).');
  });

  it('says that it is us when no relay is there', async () => {
    await system.relay?.stop();
    const page = await visitor.get('/console/veille');
    expect(words(page.text)).toContain('Aucun relais n’est connecté');
    await system.startRelay();
  });
});

describe('explaining', () => {
  it('C-15 says what npm run explain says; the identifier is in no URL, log, answer or journal', async () => {
    const answer: SearchAnswer = await system.search(slotPath([subject], windowOf(40)));
    const [slot] = answer
      .resources<{ resourceType: 'Slot'; start: string; id: string }>('Slot')
      .filter(({ id }) => id.startsWith('agenda-a'));
    const at = slot!.start;
    system.vendors[0]?.setFaults('missing-includes');
    const seen = system.edgeLog.length;
    const page = await visitor.submit('/console/expliquer', '/console/expliquer', {
      editeur: 'agenda-a',
      identifiant: subject,
      instant: at,
      flux: 'INT_R01',
    });
    const command = ['scripts/explain.ts', '--editor', 'agenda-a', '--rpps', subject, '--at', at];
    const { stdout } = await run(
      process.execPath,
      [...command, '--edge', system.url, '--state', system.state.dir],
      { cwd: ROOT },
    );
    system.vendors[0]?.reset();
    const [, id = '', rule = '', sentence = ''] =
      /(Slot\/\S+)[^\n]*\n {4}écarté \[(\S+)\] (.+) \(page/.exec(stdout) ?? [];
    expect(rule).toBe('slot-schedule-unresolved');
    const told = words(page.text);
    for (const part of [id, rule, sentence]) expect(told).toContain(part.replace(/'/g, '&#39;'));
    const [, counts = ''] = /: (\d+ créneaux reçus)/.exec(stdout) ?? [];
    expect(told).toContain(counts);
    expect(page.text).not.toContain(subject);
    expect(system.edgeLog.slice(seen).join('\n')).not.toContain(subject.slice(1));
    expect(await journal()).not.toContain(subject.slice(1));
    expect(await lines('expliquer un créneau')).toMatchObject([{ target: 'agenda-a' }]);
  });

  it('says why it cannot, in the frame of the console', async () => {
    const wrong = await visitor.submit('/console/expliquer', '/console/expliquer', {
      editeur: 'agenda-a',
      identifiant: 'x',
      instant: '2026-11-24T10:00',
      flux: 'INT_R01',
    });
    expect([wrong.status, wrong.text.includes('aria-label="Écrans"')]).toEqual([400, true]);
  });
});

describe('switches', () => {
  const PATH = '/console/editeurs/agenda-b';

  it('C-27 asks a reason and a confirmation, acts once for two clicks, and is written once', async () => {
    const fields: Record<string, string> = await visitor.hidden(PATH, PATH, 'couper');
    expect((await visitor.post(PATH, { ...fields, motif: WHY })).status).toBe(400);
    expect((await visitor.post(PATH, { ...fields, confirme: 'oui' })).status).toBe(400);
    expect(
      (await visitor.post(PATH, { ...fields, confirme: 'oui', motif: `${WHY} 0612345678` })).status,
    ).toBe(400);
    expect(await lines('éditeur : couper')).toEqual([]);
    const whole = { ...fields, confirme: 'oui', motif: WHY };
    const clicks = await Promise.all([visitor.post(PATH, whole), visitor.post(PATH, whole)]);
    expect(clicks.map(({ headers }) => headers.get('Location')).sort()).toEqual([
      `${PATH}?fait=couper`,
      `${PATH}?fait=deja`,
    ]);
    expect(words((await visitor.get('/console/veille')).text)).toContain('Agenda b coupé');
    expect(await lines('éditeur : couper')).toMatchObject([
      {
        target: 'agenda-b',
        reason: WHY,
        actor: 'local:exploitant',
        before: expect.stringContaining('enabled=true'),
      },
    ]);
    await visitor.submit(PATH, PATH, { motif: WHY, confirme: 'oui' }, 'remettre');
    // The first form, sent again long after, does not cut it again.
    await visitor.post(PATH, whole);
    expect(words((await visitor.get(PATH)).text)).not.toContain('coupé par un exploitant');
  });

  it('C-27 the export’s chain holds, and a changed line is found', async () => {
    const file = join(system.dir, 'journal.ndjson');
    const verify = async (text: string): Promise<{ readonly stdout: string }> => {
      await writeFile(file, text);
      return run(process.execPath, ['scripts/audit-verify.ts', file], { cwd: ROOT });
    };
    const text = await journal();
    expect((await verify(text)).stdout).toContain('La chaîne tient');
    await expect(verify(text.replace(WHY, `${WHY} !`))).rejects.toMatchObject({ code: 1 });
    const cut = text
      .split('\n')
      .filter((_, at) => at !== 1)
      .join('\n');
    await expect(verify(cut)).rejects.toMatchObject({ code: 1 });
  });
});

describe('finding', () => {
  it('leads from a vendor’s name to it, and says so of what is nothing', async () => {
    const found = await visitor.submit('/console/veille', '/console/recherche', { q: 'Agenda a' });
    expect(found.headers.get('Location')).toBe('/console/editeurs/agenda-a');
    const none = await visitor.submit('/console/veille', '/console/recherche', { q: '<b>rien</b>' });
    expect([none.status, none.text.includes('rien</b>')]).toEqual([200, false]);
  });
});

it('a page sends its policy, is kept by nobody, and loads one sheet that may be kept for ever', async () => {
  const page = await visitor.get('/console/veille');
  expect(page.headers.get('Content-Security-Policy')).toContain("default-src 'none'; script-src 'self'");
  expect(page.headers.get('Cache-Control')).toBe('no-store');
  const [, sheet = ''] = /<link rel="stylesheet" href="([^"]+)">/.exec(page.text) ?? [];
  const style = await visitor.get(sheet);
  expect([style.status, style.headers.get('Cache-Control')]).toEqual([
    200,
    'public, max-age=31536000, immutable',
  ]);
  expect((await visitor.get('/console/assets/console.00000000.css')).status).toBe(404);
});
