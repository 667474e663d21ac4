// The outbox's leases over a real D1, in the moments between two processes' reading and taking that no request can time: what was
// read, and has left, changed or ended since, is nobody's a second time.
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { Env } from '../../worker/base/env.ts';
import { type DueMessage, listDue, takeLeases } from '../../worker/lrm/tables/lease.ts';
import { settleAttempts } from '../../worker/lrm/tables/settle.ts';
import { FlakyDatabase, LOST } from '../support/doubles/flaky-database.ts';
import { type Database, openDatabase } from '../support/scenes/database.ts';

const NOW_MS = Date.parse('2026-11-30T08:00:00Z');
const ID = 'agenda-a-0123456789abcdef0123';

let database: Database;
let flaky: FlakyDatabase;
let db: Env['DB'];
const run = (sql: string): Promise<unknown> => database.ask([{ sql, values: [] }]);

beforeAll(async () => {
  vi.spyOn(console, 'warn').mockReturnValue(undefined);
  database = await openDatabase('appointments');
  flaky = new FlakyDatabase(database);
  db = flaky.db;
  await run(`INSERT INTO appointments (id, editor, system, value, current, updated_ms, profile, status, holds, start_ms, end_ms)
    VALUES ('${ID}', 'agenda-a', 'urn:x', 'v', 1, 1, 'sos', 'booked', 1, 0, 0)`);
  for (const version of [1, 2])
    await run(`INSERT INTO appointment_versions (appointment, version, epoch, hash, rank, updated_ms, method, relay, request_id,
        repairs, profile, status, holds, start_ms, end_ms, content)
      VALUES ('${ID}', ${version}, 0, 'h${version}', 2, ${version}, 'PUT', 'r', 'q${version}', '[]', 'sos', 'booked', 1, 0, 0, '{}')`);
});
beforeEach(async () => {
  await run('DELETE FROM lrm_attempts');
  await run('DELETE FROM lrm_messages');
  await run(`INSERT INTO lrm_messages (appointment, turn, version, state, day, made_ms, changed_ms, due_ms, useful_ms)
    VALUES ('${ID}', 1, 1, 'pending', '2026-11-30', 1, 1, 1, ${NOW_MS * 2})`);
});
afterAll(() => database?.close());

let count = 0;
/** Takes what was read for one process; says what it got. */
async function take(read: readonly DueMessage[], instance: string): Promise<string[]> {
  const leases = read.map((one) => {
    count += 1;
    const distributionId = `fr.health.test.ptfsas_${count}`;
    const method = 'CreateAppointment' as const;
    return { ...one, distributionId, method, recipient: 'fr.health.samu990', expiresMs: NOW_MS + 1 };
  });
  const taking = {
    relay: 'relay-a',
    instance,
    nowMs: NOW_MS,
    untilMs: NOW_MS + 30_000,
    leases,
    holds: [],
    late: [],
  };
  return [...(await takeLeases(db, taking))];
}
const settle = (id: string | undefined, instance: string, outcome: 'confirmed' | 'unsent') =>
  settleAttempts(db, {
    relay: 'relay-a',
    instance,
    nowMs: NOW_MS,
    outcomes: new Map([[id ?? '', outcome]]),
    holding: [],
    untilMs: NOW_MS,
  });

it('gives to one of two that have read the same', async () => {
  const [first, second] = [await listDue(db, NOW_MS, 10), await listDue(db, NOW_MS, 10)];
  expect([first.length, second.length]).toEqual([1, 1]);
  expect(await take(first, 'a')).toHaveLength(1);
  expect(await take(second, 'b')).toEqual([]);
});

it('gives nobody what has left, or came back, since it was read', async () => {
  const [first, second, third] = [
    await listDue(db, NOW_MS, 10),
    await listDue(db, NOW_MS, 10),
    await listDue(db, NOW_MS, 10),
  ];
  const [unsent] = await take(first, 'a');
  await settle(unsent, 'a', 'unsent');
  // It would bear the number of an attempt that there was.
  expect(await take(second, 'b')).toEqual([]);
  const [sent] = await take(await listDue(db, NOW_MS + 60_000, 10), 'a');
  await settle(sent, 'a', 'confirmed');
  expect(await take(third, 'b')).toEqual([]);
  expect(await database.ask([{ sql: 'SELECT state, attempts FROM lrm_messages', values: [] }])).toMatchObject(
    [{ results: [{ state: 'confirmed', attempts: 2 }] }],
  );
});

it('gives nobody what tells another version since it was read', async () => {
  const read = await listDue(db, NOW_MS, 10);
  await run('UPDATE lrm_messages SET version = 2, merged = 1');
  expect(await take(read, 'a')).toEqual([]);
  expect(await take(await listDue(db, NOW_MS, 10), 'a')).toHaveLength(1);
});

it.each(['before', 'after'] as const)(
  'gives it once when an answer of D1 is lost %s the work',
  async (when) => {
    const read = await listDue(db, NOW_MS, 10);
    flaky.fail({ sql: /INSERT INTO lrm_attempts/, when, times: 1, message: LOST });
    expect(await take(read, 'a')).toHaveLength(1);
    expect(flaky.calls).toBe(2);
    expect(
      await database.ask([{ sql: 'SELECT state, attempts FROM lrm_messages', values: [] }]),
    ).toMatchObject([{ results: [{ state: 'leased', attempts: 1 }] }]);
  },
);
