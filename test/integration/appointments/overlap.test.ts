// What D1 tells a search of the appointments near its window: whatever overlaps it, however long, what was moved away a
// moment ago, and never by reading a whole table.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppointmentEdge } from '../../../bench/appointments/appointment-edge.ts';
import { individual, type SampleOptions, sos } from '../../../bench/appointments/samples.ts';
import {
  type BookedQuery,
  type BookedRow,
  bookedRowsIn,
  bookedStatement,
  servingOthersIn,
  servingOthersStatement,
  sosBookedStatement,
} from '../../../worker/memory/booked-slots-table.ts';

type Database = Parameters<typeof bookedStatement>[0];

const HOUR_MS = 3_600_000;
let edge: AppointmentEdge;
let db: Database;
let core: Database;
/** Each test has a practitioner of its own. */
let number = 0;
const nextPerson = (): string => {
  number += 1;
  return `8999${String(number).padStart(8, '0')}`;
};

beforeAll(async () => {
  edge = await AppointmentEdge.start();
  db = (await edge.edge?.database('APPOINTMENTS')) as unknown as Database;
  core = (await edge.edge?.database('DB')) as unknown as Database;
});
afterAll(() => edge?.stop());

/** The window from 9 to 10 in Paris. */
const FROM_MS = Date.parse('2026-12-02T09:00:00+01:00');
const find = async (practitioner: string, over: Partial<BookedQuery> = {}): Promise<BookedRow[]> => {
  const query = { practitioners: [practitioner], fromMs: FROM_MS, toMs: FROM_MS + HOUR_MS, liftedSinceMs: 0 };
  const found = bookedRowsIn(await bookedStatement(db, { ...query, ...over }).all());
  return found.sort((a, b) => a.startMs - b.startMs);
};
const booked = async (options: SampleOptions, over: object = {}): Promise<void> => {
  const answer = await edge.put({ ...individual(options), ...over });
  expect(answer.status, answer.text).toBeLessThan(300);
};
const startsOf = (found: readonly BookedRow[]): string[] =>
  found.map(({ startMs }) => new Date(startMs).toISOString());

describe('the appointments of a window', () => {
  it('are those that overlap it, whatever their length, across midnight, offsets and the change of the clocks', async () => {
    const practitioner = nextPerson();
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
    for (const [index, [start, end]] of times.entries()) {
      await booked({ value: `long-${index}`, practitioner, start, end });
    }
    const expected = times.filter(([, , isFound]) => isFound).map(([start]) => new Date(start).toISOString());
    expect(startsOf(await find(practitioner))).toEqual(expected.sort());
    const other = nextPerson();
    // 2:30 exists twice that night: offsets tell which.
    await booked({
      value: 'clock-1',
      practitioner: other,
      start: '2026-10-25T02:30:00+02:00',
      end: '2026-10-25T02:45:00+02:00',
    });
    const night = (text: string): Partial<BookedQuery> => ({
      fromMs: Date.parse(text),
      toMs: Date.parse(text) + 15 * 60_000,
    });
    expect(await find(other, night('2026-10-25T02:30:00+02:00'))).toHaveLength(1);
    expect(await find(other, night('2026-10-25T02:30:00+01:00'))).toHaveLength(0);
  });

  it('that stand are those that take their time: not cancelled, missed, in error or merely proposed', async () => {
    const practitioner = nextPerson();
    const start = '2026-12-02T09:00:00+01:00';
    const statuses = ['pending', 'booked', 'arrived', 'checked-in', 'fulfilled', 'cancelled', 'noshow'];
    for (const status of [...statuses, 'entered-in-error', 'proposed', 'waitlist']) {
      const answer = await edge.put(individual({ value: `st-${status}`, practitioner, start, status }));
      // The guide knows fewer statuses than R4.
      expect([200, 201, 422]).toContain(answer.status);
    }
    const found = await find(practitioner);
    expect(found.filter(({ liftedMs }) => liftedMs === undefined).length).toBeGreaterThanOrEqual(3);
    expect(found.length).toBeLessThanOrEqual(5);
  });

  it('that were moved give back the old time to younger words alone, and take the new one', async () => {
    const practitioner = nextPerson();
    const at = (minute: number) => new Date(FROM_MS + minute * 60_000).toISOString();
    const write = (minute: number, who = practitioner) =>
      booked({ value: 'moved', practitioner: who, start: at(minute), end: at(minute + 15) });
    await write(0);
    await write(15);
    await write(30);
    const found = await find(practitioner);
    expect(startsOf(found)).toEqual([at(0), at(15), at(30)]);
    expect(found.map(({ liftedMs }) => liftedMs === undefined)).toEqual([false, false, true]);
    const lifted = found[0]?.liftedMs ?? 0;
    expect(startsOf(await find(practitioner, { liftedSinceMs: lifted }))).toEqual([at(30)]);
    const other = nextPerson();
    await write(30, other);
    expect(startsOf(await find(other))).toEqual([at(30)]);
    expect((await find(practitioner)).every(({ liftedMs }) => liftedMs !== undefined)).toBe(true);
  });

  it('name their slots and places in every form of a reference', async () => {
    const practitioner = nextPerson();
    const forms = [
      'Slot/77',
      'Slot/77/_history/2',
      'https://agenda.example/fhir/Slot/77',
      'https://agenda.example/fhir/Slot/77/_history/2',
      'urn:uuid:0f6c7f9e-4c3b-4a44-8f0d-0a5f4f1f2a10',
    ];
    for (const [index, reference] of forms.entries()) {
      const value = `slot-${index}`;
      await booked({ value, practitioner, start: '2026-12-02T09:00:00+01:00' }, { slot: [{ reference }] });
    }
    const named = (await find(practitioner)).flatMap(({ slots }) => slots ?? []).sort();
    expect(named).toEqual(['0f6c7f9e-4c3b-4a44-8f0d-0a5f4f1f2a10', '77', '77', '77', '77']);
  });

  it('of SOS Médecins are found whether they name a doctor or not', async () => {
    const start = '2026-12-02T09:00:00+01:00';
    const doctor = individual({ value: 'x', practitioner: nextPerson() }).participant;
    for (const [value, over] of [
      ['sos-0', {}],
      ['sos-1', { participant: doctor }],
    ] as const) {
      const answer = await edge.put({ ...sos({ value, start }), ...over }, {}, 'agenda-b');
      expect(answer.status, answer.text).toBe(201);
    }
    const window = { fromMs: FROM_MS, toMs: FROM_MS + HOUR_MS, liftedSinceMs: 0 };
    expect(bookedRowsIn(await sosBookedStatement(db, window).all())).toHaveLength(2);
    // The vendor serves two associations: whose appointment it is shows only when both are asked.
    const served = ['399900000100071', '399900000100089'];
    for (const [subject, editor] of [
      ...served.map((one) => [one, 'agenda-b']),
      ['899900000017', 'agenda-b'],
    ]) {
      await core
        .prepare(
          `INSERT INTO interfaced (subject, editor, first_ms, last_ms, flows) VALUES (?1, ?2, 0, 0, 'SOS')`,
        )
        .bind(subject, editor)
        .run();
    }
    const unsure = async (associations: string[]): Promise<unknown[]> => {
      const serving = servingOthersIn(await servingOthersStatement(core, associations).all());
      const found = bookedRowsIn(await sosBookedStatement(db, window).all(), serving);
      return found.map(({ mayBeElsewhere = false }) => mayBeElsewhere);
    };
    expect(await unsure(served.slice(1))).toEqual([true, true]);
    expect(await unsure(served)).toEqual([false, false]);
  });

  it('are, over random bookings, moves and cancellations, what minutes counted one by one say', async () => {
    let state = 11;
    const below = (count: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((state / 2 ** 31) * count);
    };
    const people = [nextPerson(), nextPerson()];
    const last = new Map<number, { person: string; from: number; to: number; holds: boolean }>();
    let stamp = Date.parse('2026-01-01T00:00:00Z');
    for (let i = 0; i < 120; i += 1) {
      const value = below(30);
      const from = below(24 * 60) - 12 * 60;
      const to = from + [5, 15, 20, 30, 180, 3000][below(6)]!;
      const status = ['booked', 'booked', 'booked', 'pending', 'cancelled', 'noshow'][below(6)]!;
      const person = people[below(2)]!;
      stamp += 60_000;
      await booked({
        value: `random-${value}`,
        practitioner: person,
        start: new Date(FROM_MS + from * 60_000).toISOString(),
        end: new Date(FROM_MS + to * 60_000).toISOString(),
        status,
        stamp: new Date(stamp).toISOString(),
      });
      last.set(value, { person, from, to, holds: status === 'booked' || status === 'pending' });
    }
    const expected = new Set<string>();
    for (const { person, from, to, holds } of last.values()) {
      for (let minute = from; holds && minute < to; minute += 1) {
        if (minute >= 0 && minute < 60) expected.add(`${person} ${minute}`);
      }
    }
    const found = new Set<string>();
    for (const person of people) {
      for (const { startMs, endMs, liftedMs } of await find(person)) {
        if (liftedMs !== undefined) continue;
        for (let at = startMs; at < endMs; at += 60_000) {
          const minute = (at - FROM_MS) / 60_000;
          if (minute >= 0 && minute < 60) found.add(`${person} ${minute}`);
        }
      }
    }
    expect([...found].sort()).toEqual([...expected].sort());
    expect(expected.size).toBeGreaterThan(30);
  });

  it('are found by index alone, a row or two for each', async () => {
    const practitioner = nextPerson();
    for (let i = 0; i < 3; i += 1) {
      const start = new Date(FROM_MS + i * 900_000).toISOString();
      await booked({ value: `plan-${i}`, practitioner, start });
    }
    const query = {
      practitioners: [practitioner, ...Array.from({ length: 24 }, nextPerson)],
      fromMs: FROM_MS,
      toMs: FROM_MS + HOUR_MS,
      liftedSinceMs: Date.now(),
    };
    const explaining = (of: Database) =>
      ({ prepare: (sql: string) => of.prepare(`EXPLAIN QUERY PLAN ${sql}`) }) as unknown as Database;
    const planOf = async (statement: ReturnType<typeof bookedStatement>): Promise<string[]> =>
      ((await statement.all()).results as unknown as { detail: string }[]).map(({ detail }) => detail);
    for (const make of [bookedStatement, sosBookedStatement]) {
      const plan = await planOf(make(explaining(db), query));
      expect(plan.filter((line) => /^SCAN (?!asked|json_each)/.test(line))).toEqual([]);
      expect(plan.join('\n')).toContain('INDEX appointment_versions_taken');
    }
    const plan = await planOf(servingOthersStatement(explaining(core), ['399900000100071']));
    expect(plan.join('\n')).toMatch(/SEARCH i USING COVERING INDEX interfaced_associations/);
    const { meta, results } = await bookedStatement(db, query).all();
    expect(results).toHaveLength(3);
    // The list of those asked, a look for each, and index, version and state for each found.
    expect(meta.rows_read).toBeLessThanOrEqual(2 * 25 + 3 * 3 + 1);
  });
});
