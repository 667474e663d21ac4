// Table `lrm_people` over the real migrations and D1: what is written, how often, whose word it is, and when it is
// forgotten.
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Ask, d1Over } from '../../../sandbox/platform/edge/d1-client.ts';
import type { CallAnswer } from '../../../shared/sas/answer.ts';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import type { SlotQuery } from '../../../shared/sas/query.ts';
import { AnswerReader } from '../../../shared/sas/read/answer-reader.ts';
import { notePeople } from '../../../worker/lrm/people/note.ts';
import type { SaidRow } from '../../../worker/lrm/people/read-said.ts';
import { findSaid, purgePeople, savePeople } from '../../../worker/lrm/people/table.ts';
import { Budget } from '../../../worker/store/budget.ts';
import { apply } from '../../support/samples/edit.ts';
import { individualBundle, sosBundle } from '../../support/samples/valid/bundles.ts';
import { rpps, type Sample } from '../../support/samples/valid/resources.ts';
import { type Database, openDatabase } from '../../support/scenes/database.ts';

const NOW_MS = Date.parse('2026-03-02T08:00:00+01:00');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const [WHO, OTHER, SIRET] = [rpps(1), rpps(2), '399999999000001'];

let database: Database;
type D1 = Parameters<typeof savePeople>[0];
let db: D1;
/** Statements that were run. */
let asked: string[] = [];

beforeEach(async () => {
  database = await openDatabase();
  asked = [];
  const counting: Ask = (statements) => {
    asked.push(...statements.map(({ sql }) => sql));
    return database.ask(statements);
  };
  db = d1Over(counting) as D1;
});
afterEach(() => database?.close());

const himself = (edits: Partial<SaidRow> = {}): SaidRow => ({
  subject: WHO,
  structure: '',
  name: 'Ostrevan',
  given: 'Maëlle',
  specialty: 'SM54',
  isCpts: null,
  ...edits,
});
const at = (structure: string, name: string, subject = WHO): SaidRow => ({
  ...himself({ subject, structure, name, given: null, specialty: null }),
});
const save = (rows: readonly SaidRow[], nowMs = NOW_MS, editor = 'agenda-a'): Promise<void> =>
  savePeople(
    db,
    rows.map((row) => ({ editor, ...row })),
    nowMs,
  );

const individual = (practitioner: string | null, vendor = 'agenda-a') => ({
  vendor,
  profile: 'individual' as const,
  practitioner,
  content: '{}',
});
async function saidOf(practitioner = WHO, vendor = 'agenda-a') {
  const [said] = await findSaid(db, [individual(practitioner, vendor)]);
  return said?.practitioner;
}

async function rowsOf(): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const sql = 'SELECT * FROM lrm_people ORDER BY editor, subject, structure';
  return (await database.ask([{ sql, values: [] }]))[0]?.results ?? [];
}
/** When the practitioner's own row was last written. */
const writtenMs = async (): Promise<unknown> => (await rowsOf())[0]?.said_ms;

test('what was said is found, and what was never said is absent', async () => {
  await save([
    himself(),
    at('1990000011', 'Cabinet du Lavoir'),
    himself({ subject: OTHER, name: null, given: null }),
  ]);
  expect(await saidOf()).toEqual({
    name: { lastName: 'Ostrevan', firstName: 'Maëlle' },
    specialty: { code: 'SM54', url: SYSTEM.specialty },
    structure: { id: '1990000011', name: 'Cabinet du Lavoir' },
  });
  expect(await saidOf(OTHER)).toEqual({ specialty: { code: 'SM54', url: SYSTEM.specialty } });
  expect(await saidOf(rpps(3))).toBeUndefined();
});

test('a vendor speaks for its own appointments alone', async () => {
  await save([himself()], NOW_MS, 'agenda-a');
  await save([himself({ name: 'Autre', given: 'Nom' })], NOW_MS, 'agenda-b');
  expect((await saidOf(WHO, 'agenda-a'))?.name?.lastName).toBe('Ostrevan');
  expect((await saidOf(WHO, 'agenda-b'))?.name?.lastName).toBe('Autre');
  expect(await saidOf(WHO, 'agenda-c')).toBeUndefined();
});

test('many are found by one statement, in their order', async () => {
  await save([himself(), himself({ subject: OTHER, name: 'Second', given: 'Autre' })]);
  asked = [];
  const found = await findSaid(db, [individual(OTHER), individual(null), individual(WHO)]);
  expect(found.map(({ practitioner }) => practitioner?.name?.lastName)).toEqual([
    'Second',
    undefined,
    'Ostrevan',
  ]);
  expect(asked).toHaveLength(1);
  expect(await findSaid(db, [])).toEqual([]);
  expect(asked).toHaveLength(1);
});

test('of several structures none is told', async () => {
  await save([himself(), at('1990000011', 'Cabinet du Lavoir'), at('1990000012', 'Cabinet des Tanneurs')]);
  expect(await saidOf()).not.toHaveProperty('structure');
});

test('a structure is not told beside a place that has none: the appointment may be there', async () => {
  const nowhere = { ...at('-', ''), name: null };
  await save([himself(), at('1990000011', 'Cabinet du Lavoir')]);
  expect(await saidOf()).toHaveProperty('structure.id', '1990000011');
  await save([nowhere], NOW_MS + 1);
  expect(await saidOf()).not.toHaveProperty('structure');
  await save([{ ...nowhere, subject: OTHER }]);
  expect(await saidOf(OTHER)).toEqual({});
});

test('a structure has the first name that any of its places gives, and is not told before', async () => {
  await save([himself(), { ...at('1990000011', ''), name: null }]);
  expect(await saidOf()).not.toHaveProperty('structure');
  await save([at('1990000011', 'Cabinet du Lavoir')], NOW_MS + 1);
  expect(await saidOf()).toHaveProperty('structure.name', 'Cabinet du Lavoir');
});

test('an SOS appointment has the association that it names, else the only one of its vendor', async () => {
  const second = '399999999000002';
  const sos = (participant: unknown[] = []) => ({
    ...individual(null),
    profile: 'sos' as const,
    content: JSON.stringify({ participant }),
  });
  const named = (value: string) =>
    sos([{ actor: { identifier: { system: SYSTEM.idnst, value } } }, { status: 'accepted' }]);
  await save([at(SIRET, 'Association de garde de Vaubrun', SIRET), himself()]);
  const structure = { id: SIRET, name: 'Association de garde de Vaubrun' };
  expect(await findSaid(db, [sos(), named(SIRET), named(SIRET.slice(1)), named(second)])).toEqual([
    { association: { structure } },
    { association: { structure } },
    { association: { structure } },
    {},
  ]);
  await save([{ ...at(second, '', second), name: null }]);
  expect(await findSaid(db, [sos(), named(SIRET), { ...sos(), vendor: 'agenda-b' }])).toEqual([
    {},
    { association: { structure } },
    {},
  ]);
  expect(await findSaid(db, [{ ...named(SIRET), practitioner: WHO }])).toMatchObject([
    { practitioner: { name: { lastName: 'Ostrevan' } }, association: { structure } },
  ]);
});

test('a word that is no news is not written, until a month has passed', async () => {
  await save([himself()]);
  await save([himself()], NOW_MS + 30 * DAY_MS);
  expect(await writtenMs()).toBe(NOW_MS);
  await save([himself()], NOW_MS + 30 * DAY_MS + 1);
  expect(await writtenMs()).toBe(NOW_MS + 30 * DAY_MS + 1);
});

test('another word is written, once an hour at most; the first name at once', async () => {
  await save([himself({ name: null, given: null })]);
  await save([himself()], NOW_MS + 1);
  expect(await saidOf()).toHaveProperty('name.lastName', 'Ostrevan');
  await save([himself({ name: 'Mariée' })], NOW_MS + HOUR_MS);
  expect(await saidOf()).toHaveProperty('name.lastName', 'Ostrevan');
  await save([himself({ name: 'Mariée' })], NOW_MS + HOUR_MS + 2);
  expect(await saidOf()).toHaveProperty('name.lastName', 'Mariée');
  await save([himself({ name: 'Mariée', given: 'Anne' })], NOW_MS + 3 * HOUR_MS);
  expect(await saidOf()).toHaveProperty('name', { lastName: 'Mariée', firstName: 'Anne' });
});

test('what an answer does not say is kept from before', async () => {
  await save([himself({ isCpts: 1 })]);
  await save([himself({ name: null, given: null, specialty: null })], NOW_MS + 2 * HOUR_MS);
  expect(await saidOf()).toEqual({
    name: { lastName: 'Ostrevan', firstName: 'Maëlle' },
    specialty: { code: 'SM54', url: SYSTEM.specialty },
    isCpts: true,
  });
});

test('one slot that belongs to no CPTS, and the practitioner is of none', async () => {
  await save([himself({ isCpts: 1 })]);
  await save([himself({ isCpts: 0 })], NOW_MS + 2 * HOUR_MS);
  await save([himself({ isCpts: 1 })], NOW_MS + 4 * HOUR_MS);
  expect(await saidOf()).not.toHaveProperty('isCpts');
  expect(await writtenMs()).toBe(NOW_MS + 2 * HOUR_MS);
});

test('a vendor fills four structures for each practitioner, and those stay; each is named anew once a month', async () => {
  for (let n = 0; n < 10; n += 1) await save([at(`199000002${n}`, `Cabinet ${n}`)], NOW_MS + n);
  await save([at('1990000020', 'Cabinet d’un autre lieu')], NOW_MS + 2 * HOUR_MS);
  const rows = await rowsOf();
  expect(rows.map(({ structure }) => structure)).toEqual([
    '1990000020',
    '1990000021',
    '1990000022',
    '1990000023',
  ]);
  expect(rows[0]?.name).toBe('Cabinet 0');
  await save([at('1990000020', 'Cabinet renommé')], NOW_MS + 31 * DAY_MS);
  expect((await rowsOf())[0]?.name).toBe('Cabinet renommé');
});

test('what nobody has said for a year is forgotten, and nothing else', async () => {
  await save([himself(), at('1990000011', 'Cabinet du Lavoir')]);
  await save([himself({ subject: OTHER })], NOW_MS + DAY_MS);
  await purgePeople({ DB: db }, NOW_MS + 365 * DAY_MS, new Budget(60_000));
  expect(await rowsOf()).toHaveLength(3);
  await purgePeople({ DB: db }, NOW_MS + 365 * DAY_MS + 1, new Budget(60_000));
  expect((await rowsOf()).map(({ subject }) => subject)).toEqual([OTHER]);
});

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 20);
function answered(vendor: string, flow: SlotQuery['flow'], bundle: Sample, edits: Readonly<Sample> = {}) {
  for (const [path, value] of Object.entries(edits)) apply(bundle, path, value);
  const window = { fromMs: NOW_MS, toMs: NOW_MS + DAY_MS, nowMs: NOW_MS };
  const subjects = flow === 'SOS' ? [SIRET] : [WHO];
  const reader = new AnswerReader({ editor: vendor, flow, subjects, ...window, hash });
  reader.add(bundle);
  const answer: Pick<CallAnswer, 'subjects' | 'shapes' | 'services'> = reader.finish();
  return { vendor, answer, subjects: answer.subjects };
}
const LAVOIR = { 'entry[5].resource.contained[0].name': 'Cabinet du Lavoir' };

test('an answer is told in one statement; again only when its text is another, or half a day later', async () => {
  // The isolate's memory is the module's: a vendor of this test alone.
  const note = (edits: Readonly<Sample>, nowMs: number): Promise<void> =>
    notePeople(db, 'INT_R01', [answered('agenda-note', 'INT_R01', individualBundle(), edits)], nowMs);
  await note(LAVOIR, NOW_MS);
  expect(asked).toHaveLength(1);
  expect(await saidOf(WHO, 'agenda-note')).toMatchObject({
    name: { lastName: 'Ostrevan' },
    structure: { id: '1990000011', name: 'Cabinet du Lavoir' },
  });
  asked = [];
  await note(LAVOIR, NOW_MS + HOUR_MS);
  expect(asked).toHaveLength(0);
  await note({ ...LAVOIR, 'entry[4].resource.name[0].family': 'Mariée' }, NOW_MS + 2 * HOUR_MS);
  expect(asked).toHaveLength(1);
  expect(await saidOf(WHO, 'agenda-note')).toHaveProperty('name.lastName', 'Mariée');
  await note(LAVOIR, NOW_MS + 12 * HOUR_MS);
  expect(asked.length).toBe(3);
});

test('an association is noted too', async () => {
  await notePeople(db, 'SOS', [answered('garde-note', 'SOS', sosBundle())], NOW_MS);
  expect((await rowsOf()).map(({ structure, name }) => [structure, name])).toEqual([
    [SIRET, 'Association de garde de Vaubrun'],
  ]);
});

test('what could not be saved is told again by the next search', async () => {
  const failing = d1Over(() => Promise.reject(new Error('D1_ERROR: out of order'))) as D1;
  const answer = answered('agenda-retry', 'INT_R01', individualBundle());
  await expect(notePeople(failing, 'INT_R01', [answer], NOW_MS)).rejects.toThrow();
  await notePeople(db, 'INT_R01', [answer], NOW_MS);
  expect(await saidOf(WHO, 'agenda-retry')).toHaveProperty('name.lastName', 'Ostrevan');
});
