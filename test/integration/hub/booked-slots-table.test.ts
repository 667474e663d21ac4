// The hub's own table of taken times, in the SQLite of a Durable Object: whatever overlaps a window, however long, what was
// given back a moment ago, never an older word over a newer one, and never by reading a whole table.
import { join } from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { slotKey } from '../../../shared/sas/slot-key.ts';
import type { AppointmentTimes, TakenTime } from '../../../worker/appointments/model/taken-times.ts';
import type { BookedQuery, BookedSlot } from '../../../worker/hub/memory/booked-slots-table.ts';

interface Table {
  take(appointments: readonly AppointmentTimes[]): Promise<void>;
  find(practitioners: readonly string[], query: BookedQuery): Promise<BookedSlot[]>;
  findSos(query: BookedQuery): Promise<BookedSlot[]>;
  forget(endedBeforeMs: number): Promise<boolean>;
  plans(): Promise<string[]>;
}

/** The table as the hub has it, in an object of its own. `plans`: how SQLite runs each statement that was ever asked. */
const OBJECT = `
import { DurableObject } from 'cloudflare:workers';
import { BookedSlotsTable } from './worker/hub/memory/booked-slots-table.ts';
export class TableObject extends DurableObject {
  #asked = new Map();
  #table = new BookedSlotsTable({
    sql: { exec: (text, ...values) => { this.#asked.set(text, values); return this.ctx.storage.sql.exec(text, ...values); } },
    transactionSync: (work) => this.ctx.storage.transactionSync(work),
  });
  take(appointments) { this.#table.take(appointments); }
  find(people, query) { return this.#table.find(people, query); }
  findSos(query) { return this.#table.findSos(query); }
  forget(ms) { return this.#table.forget(ms); }
  plans() {
    return [...this.#asked].filter(([text]) => /^\\s*(SELECT|DELETE)/.test(text)).flatMap(([text, values]) =>
      this.ctx.storage.sql.exec('EXPLAIN QUERY PLAN ' + text, ...values).toArray().map(({ detail }) => detail));
  }
}
export default { fetch: () => new Response() };
`;
const HOUR_MS = 3_600_000;
const FROM_MS = Date.parse('2026-12-02T09:00:00+01:00');
const WINDOW: BookedQuery = { fromMs: FROM_MS, toMs: FROM_MS + HOUR_MS, liftedSinceMs: 0 };
const WHO = '899900000017';

let runtime: Miniflare;
let table: Table;
let objects = 0;

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: OBJECT, resolveDir: join(import.meta.dirname, '../../..'), loader: 'js' },
    bundle: true,
    write: false,
    format: 'esm',
    external: ['cloudflare:*'],
  });
  runtime = new Miniflare({
    modules: true,
    script: outputFiles[0]?.text ?? '',
    compatibilityDate: '2026-07-30',
    durableObjects: { TABLES: { className: 'TableObject', useSQLite: true } },
  });
});
afterAll(() => runtime?.dispose());
beforeEach(async () => {
  const tables = await runtime.getDurableObjectNamespace('TABLES');
  objects += 1;
  table = tables.get(tables.idFromName(String(objects))) as unknown as Table;
});

const time = (start: string | number, end: string | number, over: Partial<TakenTime> = {}): TakenTime => ({
  practitioner: WHO,
  isSos: false,
  startMs: new Date(start).getTime(),
  endMs: new Date(end).getTime(),
  slots: undefined,
  places: undefined,
  isCurrent: true,
  ...over,
});
const told = (id: string, updatedMs: number, ...times: readonly TakenTime[]): AppointmentTimes => ({
  id,
  vendor: 'agenda-a',
  updatedMs,
  times,
});
const startsOf = (found: readonly BookedSlot[]): string[] =>
  found.map(({ startMs }) => new Date(startMs).toISOString()).sort();

it('finds those that overlap a window, whatever their length, across midnight, offsets and the change of the clocks', async () => {
  const times = [
    ['2026-12-02T05:30:00Z', '2026-12-02T08:30:00Z', true],
    ['2026-12-02T04:00:00Z', '2026-12-02T08:00:00Z', false],
    ['2026-12-01T23:30:00-02:00', '2026-12-02T08:00:00.001Z', true],
    ['2026-11-20T08:00:00Z', '2026-12-02T08:00:01Z', true],
    ['2026-10-01T08:00:00Z', '2026-12-24T08:00:00Z', true],
    ['2026-11-20T08:00:00Z', '2026-12-02T08:00:00Z', false],
    ['2026-12-02T09:59:59+01:00', '2026-12-02T10:20:00+01:00', true],
    ['2026-12-02T10:00:00+01:00', '2026-12-02T10:20:00+01:00', false],
    ['2026-12-02T08:30:00Z', '2026-12-02T08:30:00Z', true],
    ['2026-12-02T08:00:00Z', '2026-12-02T08:00:00Z', true],
  ] as const;
  await table.take(times.map(([start, end], index) => told(`long-${index}`, 1, time(start, end))));
  const expected = times.filter(([, , isFound]) => isFound).map(([start]) => new Date(start).toISOString());
  expect(startsOf(await table.find([WHO], WINDOW))).toEqual(expected.sort());
  // 2:30 exists twice that night: offsets tell which.
  const practitioner = '899900000025';
  const night = (text: string): BookedQuery => ({
    fromMs: Date.parse(text),
    toMs: Date.parse(text) + 15 * 60_000,
    liftedSinceMs: 0,
  });
  const clock = time('2026-10-25T02:30:00+02:00', '2026-10-25T02:45:00+02:00', { practitioner });
  await table.take([told('clock', 1, clock)]);
  expect(await table.find([practitioner], night('2026-10-25T02:30:00+02:00'))).toHaveLength(1);
  expect(await table.find([practitioner], night('2026-10-25T02:30:00+01:00'))).toHaveLength(0);
});

it('tells what was given back since a moment, and when', async () => {
  const lifted = time(FROM_MS, FROM_MS + 900_000, { isCurrent: false });
  await table.take([told('moved', 5_000, lifted, time(FROM_MS + 900_000, FROM_MS + 1_800_000))]);
  const found = await table.find([WHO], { ...WINDOW, liftedSinceMs: 4_999 });
  expect(found.map(({ liftedMs }) => liftedMs).sort()).toEqual([5_000, undefined]);
  expect(await table.find([WHO], { ...WINDOW, liftedSinceMs: 5_000 })).toHaveLength(1);
});

it('takes the newer of two words, whichever comes first, and each once', async () => {
  const old = told('one', 1, time(FROM_MS, FROM_MS + 900_000));
  const newer = told('one', 2, time(FROM_MS + 900_000, FROM_MS + 1_800_000));
  for (const words of [[old, newer, newer], [old]]) await table.take(words);
  expect(startsOf(await table.find([WHO], WINDOW))).toEqual([new Date(FROM_MS + 900_000).toISOString()]);
  // Cancelled: nothing is left of it, and an older word brings nothing back.
  await table.take([told('one', 3)]);
  await table.take([newer]);
  expect(await table.find([WHO], WINDOW)).toEqual([]);
});

it('tells slots and places as a search compares them, and of SOS Médecins also those without a doctor', async () => {
  const named = time(FROM_MS, FROM_MS + 900_000, { slots: ['77'], places: ['Location/1'] });
  const sos = time(FROM_MS, FROM_MS + 900_000, { practitioner: undefined, isSos: true });
  await table.take([
    told('named', 1, named),
    told('sos', 1, sos),
    told('doctor', 1, { ...sos, practitioner: WHO }),
  ]);
  const found = await table.find([WHO], WINDOW);
  expect(found).toHaveLength(2);
  expect(found.find(({ places }) => places !== undefined)).toMatchObject({
    vendor: 'agenda-a',
    slotKeys: [slotKey('77')],
    places: ['Location/1'],
  });
  expect(await table.findSos(WINDOW)).toHaveLength(2);
});

it('forgets what is over, and nothing else', async () => {
  const past = time(FROM_MS - HOUR_MS, FROM_MS - 1);
  await table.take([
    told('past', 1, past),
    told('both', 1, past, time(FROM_MS, FROM_MS + 1)),
    told('none', 1),
  ]);
  await table.forget(FROM_MS);
  const everything = { fromMs: 0, toMs: FROM_MS * 2, liftedSinceMs: 0 };
  expect(startsOf(await table.find([WHO], everything))).toHaveLength(2);
  await table.forget(FROM_MS + 2);
  expect(await table.find([WHO], everything)).toEqual([]);
});

it('forgets a bounded number at once, and says when there may be more', async () => {
  const past = time(FROM_MS - HOUR_MS, FROM_MS - 1);
  await table.take(Array.from({ length: 700 }, (_, rank) => told(`past-${rank}`, 1, past)));
  const everything = { fromMs: 0, toMs: FROM_MS * 2, liftedSinceMs: 0 };
  expect(await table.forget(FROM_MS)).toBe(true);
  expect(await table.find([WHO], everything)).toHaveLength(200);
  expect(await table.forget(FROM_MS)).toBe(false);
  expect(await table.find([WHO], everything)).toEqual([]);
});

it('is found by index alone', async () => {
  await table.take([told('one', 1, time(FROM_MS, FROM_MS + 1)), told('one', 2)]);
  await table.find([WHO], WINDOW);
  await table.findSos(WINDOW);
  await table.forget(0);
  const plans = await table.plans();
  expect(plans.filter((line) => /^SCAN (?!asked|json_each)/.test(line))).toEqual([]);
  const plan = plans.join('\n');
  for (const index of ['practitioner', 'sos', 'appointment'])
    expect(plan).toMatch(new RegExp(`INDEX taken_times_${index} `));
});
