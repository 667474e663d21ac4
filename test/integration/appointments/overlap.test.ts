// What a search is told of the appointments near its window, from their write at the real edge: what takes its time, what was
// moved away a moment ago, what it names. Which times overlap a window: test/integration/hub/booked-slots-table.test.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppointmentEdge } from '../../../bench/appointments/appointment-edge.ts';
import { individual, type SampleOptions, sos } from '../../../bench/appointments/samples.ts';
import { slotKey } from '../../../shared/sas/slot-key.ts';
import { takenTimesStatement } from '../../../worker/appointments/tables/taken-times.ts';
import type { BookedSlot } from '../../../worker/hub/memory/booked-slots-table.ts';
import { bookedAt } from '../../support/doubles/hub-caller.ts';
import { startAppointmentEdge } from '../../support/scenes/built/edge.ts';
import { until } from '../../support/wait/until.ts';

type Database = Parameters<typeof takenTimesStatement>[0];

const HOUR_MS = 3_600_000;
let edge: AppointmentEdge;
/** Each test has a practitioner of its own. */
let number = 0;
const nextPerson = (): string => {
  number += 1;
  return `8999${String(number).padStart(8, '0')}`;
};

beforeAll(async () => {
  edge = await startAppointmentEdge();
});
afterAll(() => edge?.stop());

/** A window of one hour, the day after tomorrow. */
const FROM_MS = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + 48 * HOUR_MS;
const WINDOW = { fromMs: FROM_MS, toMs: FROM_MS + HOUR_MS };
const START = new Date(FROM_MS).toISOString();
const find = (practitioner: string): Promise<BookedSlot[]> => bookedAt(edge.edge, [practitioner], WINDOW);
const booked = async (options: SampleOptions, over: object = {}): Promise<void> => {
  const answer = await edge.put({ ...individual(options), ...over });
  expect(answer.status, answer.text).toBeLessThan(300);
};
const startsOf = (found: readonly BookedSlot[]): string[] =>
  found.map(({ startMs }) => new Date(startMs).toISOString());

describe('the appointments of a window', () => {
  it('that stand are those that take their time: not cancelled, missed, in error or merely proposed', async () => {
    const practitioner = nextPerson();
    const start = START;
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
      await booked({ value, practitioner, start: START }, { slot: [{ reference }] });
    }
    const named = (await find(practitioner)).flatMap(({ slotKeys }) => slotKeys ?? []).sort();
    expect(named).toEqual(
      ['0f6c7f9e-4c3b-4a44-8f0d-0a5f4f1f2a10', '77', '77', '77', '77'].map(slotKey).sort(),
    );
  });

  it('of SOS Médecins are found whether they name a doctor or not', async () => {
    const start = START;
    const doctor = individual({ value: 'x', practitioner: nextPerson() }).participant;
    for (const [value, over] of [
      ['sos-0', {}],
      ['sos-1', { participant: doctor }],
    ] as const) {
      const answer = await edge.put({ ...sos({ value, start }), ...over }, {}, 'agenda-b');
      expect(answer.status, answer.text).toBe(201);
    }
    const served = ['399900000100071', '399900000100089'];
    const unsure = async (associations: readonly string[]): Promise<boolean[]> =>
      (await bookedAt(edge.edge, associations, WINDOW, 'SOS')).map(
        ({ mayBeElsewhere = false }) => mayBeElsewhere,
      );
    await until('the hub has read that none serves any', async () => !(await unsure(served.slice(1)))[0]);
    // The vendor serves two associations: whose appointment it is shows only when both are asked.
    const core = await edge.edge?.database('DB');
    for (const [subject, editor] of [
      ...served.map((one) => [one, 'agenda-b']),
      ['899900000017', 'agenda-b'],
    ]) {
      await core
        ?.prepare(
          `INSERT INTO interfaced (subject, editor, first_ms, last_ms, flows) VALUES (?1, ?2, 0, 0, 'SOS')`,
        )
        .bind(subject, editor)
        .run();
    }
    await edge.stopEdge();
    await edge.startEdge();
    // Until then whoever it is may serve others.
    await until('the hub has read who serves whom', async () => !(await unsure(served))[0]);
    expect(await unsure(served)).toEqual([false, false]);
    expect(await unsure(served.slice(1))).toEqual([true, true]);
  });

  it('are, over random bookings, moves and cancellations, what minutes counted one by one say', async () => {
    let state = 11;
    const below = (count: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((state / 2 ** 31) * count);
    };
    const people = [nextPerson(), nextPerson()];
    const last = new Map<number, { person: string; from: number; to: number; holds: boolean }>();
    let stamp = Date.now() - 86_400_000;
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

  it('are read of one appointment by index alone', async () => {
    const db = (await edge.edge?.database('APPOINTMENTS')) as unknown as Database;
    const explaining = { prepare: (sql: string) => db.prepare(`EXPLAIN QUERY PLAN ${sql}`) };
    const statement = takenTimesStatement(explaining as unknown as Database, 'agenda-a-0', Date.now());
    const plan = ((await statement.all()).results as unknown as { detail: string }[]).map(
      ({ detail }) => detail,
    );
    expect(plan.filter((line) => line.startsWith('SCAN'))).toEqual([]);
  });
});
