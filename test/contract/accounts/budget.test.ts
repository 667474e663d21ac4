// Many withdrawals at many vendors, and what one invocation may ask of the platform: the oldest go first over all vendors,
// a vendor that hangs holds nobody else, and what does not fit, or was cut off behind an answer, the schedule does.

import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import type { Engine } from '../../../worker/accounts/engine.ts';
import { LEASE_MS } from '../../../worker/accounts/model/ledger.ts';
import { confirmWave } from '../../../worker/accounts/tables/waves.ts';
import { Turns } from '../../../worker/accounts/turns.ts';
import { flushWithdrawals } from '../../../worker/accounts/withdraw.ts';
import type { HubAccountReply } from '../../../worker/hub/reach/calls.ts';
import { Budget } from '../../../worker/store/budget.ts';
import { AccountBench } from '../../support/scenes/accounts-bench.ts';
import { until } from '../../support/wait/until.ts';

const VENDORS = ['agenda-a', 'agenda-b', 'agenda-c', 'agenda-d'];
const EACH = 6;
/** What a run of these tests may ask; the platform's is nine times as much. */
const QUERIES = 100;
const HOUR_MS = 3_600_000;
let bench: AccountBench;

beforeAll(async () => {
  for (const level of ['warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue(undefined);
  bench = await AccountBench.start(VENDORS);
});
beforeEach(() => bench.clear());
afterAll(() => bench.stop());

interface Person {
  readonly value: string;
  readonly editor: string;
  readonly active: boolean;
  readonly sinceMs: number;
  readonly wave?: string;
}

/** Accounts at one vendor each: withdrawn since then, or active and due since then. */
async function open(people: readonly Person[], at = bench): Promise<void> {
  const { db } = at.engine();
  await db.batch(
    people.flatMap(({ value, editor, active, sinceMs, wave }) => [
      db
        .prepare(
          `INSERT INTO regulators (id, system, value, active, family, given, email, territories, version, hash, stamp,
             updated_ms, withdrawn_ms, wave)
           VALUES (?1, ?2, ?1, ?3, 'Imaginaire', 'Camille', ?1 || '@regulation.example', '[]', 1, ?1, 's', ?4, ?5, ?6)`,
        )
        .bind(value, SYSTEM.sas, active ? 1 : 0, sinceMs, active ? null : sinceMs, wave ?? null),
      db
        .prepare(
          `INSERT INTO accounts (regulator, editor, revision, open, withdrawing, attempts, next_try_ms, asked_ms)
           VALUES (?1, ?2, 1, 1, ?3, 0, ?4, ?4)`,
        )
        .bind(value, editor, active ? 0 : 1, active ? sinceMs : null),
    ]),
  );
}

/** The rights that ended first are the first vendor's, and so on; within a vendor by number. */
const withdrawn = (wave?: string, vendors = VENDORS, each = EACH): Person[] =>
  vendors.flatMap((editor, rank) =>
    Array.from({ length: each }, (_, i) => ({
      value: `${editor}-${i}`,
      editor,
      active: false,
      sinceMs: bench.nowMs - HOUR_MS + (rank * each + i) * 1_000,
      ...(wave === undefined ? {} : { wave }),
    })),
  );

const openRows = (at = bench) =>
  at.rows<{ editor: string }>('SELECT editor FROM accounts WHERE withdrawing = 1');
const told = (editor: string): string[] =>
  bench.heard
    .filter((one) => one.editor === editor && !one.active)
    .map(({ email }) => email.split('@')[0] ?? '');
const limited = (queries = QUERIES): { readonly budget: Budget; readonly engine: Engine } => {
  const budget = new Budget(HOUR_MS, queries);
  return { budget, engine: bench.engine({ loginMs: HOUR_MS }, Number.POSITIVE_INFINITY, budget) };
};

test('a run keeps to its budget: the oldest withdrawals first, other work when none is left, the rest a minute later', async () => {
  const others = VENDORS.map((editor, i) => ({
    value: `active-${i}`,
    editor,
    active: true,
    sinceMs: bench.nowMs - 2 * HOUR_MS,
  }));
  await open([...withdrawn(), ...others]);
  let runs = 0;
  for (let left = 1; left > 0; runs += 1) {
    const { budget, engine } = limited();
    left = await bench.runDue(engine);
    expect(budget.used).toBeLessThanOrEqual(QUERIES);
    expect(budget.used).toBeGreaterThan(runs === 0 ? QUERIES / 2 : 0);
    const due = await openRows();
    expect(left > 0).toBe(
      due.length > 0 || bench.heard.filter(({ active }) => active).length < others.length,
    );
    if (due.length > 0) expect(bench.heard.filter(({ active }) => active)).toEqual([]);
    for (const editor of VENDORS) {
      expect(told(editor).sort()).toEqual(Array.from(told(editor), (_, i) => `${editor}-${i}`));
    }
    if (runs === 0) {
      const counts = VENDORS.map((editor) => told(editor).length);
      expect(counts[0]).toBe(EACH);
      expect(counts.at(-1)).toBeLessThan(EACH);
    }
    bench.nowMs += 60_000;
  }
  // Twenty-four withdrawals and four others, five queries each, and what a run asks besides.
  expect(runs).toBeLessThanOrEqual(4);
  expect(bench.heard).toHaveLength(VENDORS.length * (EACH + 1));
});

test('a vendor that hangs holds no other, and its withdrawals wait for its next try', async () => {
  await open(withdrawn());
  const [hung = ''] = VENDORS;
  const pending: ((reply: HubAccountReply) => void)[] = [];
  const engine = bench.engine();
  const run = bench.runDue({
    ...engine,
    send: (request) =>
      request.editor === hung ? new Promise((resolve) => pending.push(resolve)) : engine.send(request),
  });
  await until('the others are told', async () => (await openRows()).every(({ editor }) => editor === hung));
  const giveUp = (): void => {
    for (const resolve of pending.splice(0))
      resolve({ kind: 'failed', reason: 'timeout', sent: true, durationMs: 7_000 });
  };
  // One asks whether it is there; when that is said in vain, three others are.
  expect(pending).toHaveLength(1);
  giveUp();
  await until('it is asked again', () => pending.length === 3);
  giveUp();
  expect(await run).toBe(0);
  expect(await openRows()).toHaveLength(EACH);
  const next = await bench.rows<{ ms: number }>(
    'SELECT next_try_ms AS ms FROM accounts WHERE withdrawing = 1',
  );
  for (const { ms } of next) expect(ms).toBeGreaterThan(bench.nowMs);
});

test('what a login may say of others before it is bounded too; what is left the schedule says', async () => {
  const [editor = ''] = VENDORS;
  const person = { value: 'new', editor, active: true, sinceMs: bench.nowMs };
  await open([...withdrawn(), person]);
  const { budget, engine } = limited(60);
  const { vendors } = await bench.logIn('new', engine);
  expect(budget.used).toBeLessThanOrEqual(60);
  expect(vendors.some(({ reason }) => reason === 'withdrawals-first')).toBe(true);
  const left = await openRows();
  expect(left.length).toBeGreaterThan(0);
  await bench.runDue();
  expect(await openRows()).toEqual([]);
});

test('a wave that is cut off behind the operator’s answer is finished by the schedule', async () => {
  const wave = 'wave-1';
  const { db } = bench.engine();
  await db.prepare('INSERT INTO account_waves (id, opened_ms) VALUES (?1, ?2)').bind(wave, bench.nowMs).run();
  await open(withdrawn(wave));
  expect(await bench.runDue()).toBe(0);
  expect(bench.heard).toEqual([]);
  await confirmWave(db, wave, 'operator', bench.nowMs);
  // The platform ends it in the midst: some are said and not recorded, most not even said.
  const dying = bench.engine({}, 5);
  for (const editor of VENDORS) void flushWithdrawals(dying, editor, 'everybody').catch(() => undefined);
  await until('it is cut off', () => bench.heard.length >= 5);
  expect((await openRows()).length).toBeGreaterThan(VENDORS.length * EACH - 5);
  bench.nowMs += 60_000;
  expect(LEASE_MS).toBeLessThan(60_000);
  expect(await bench.runDue()).toBe(0);
  expect(await openRows()).toEqual([]);
});

test('twenty withdrawals at each of twenty vendors are said within four minutes, by the budget of production', async () => {
  const vendors = Array.from({ length: 20 }, (_, i) => `agenda-${i + 1}`);
  const large = await AccountBench.start(vendors);
  try {
    await open(withdrawn(undefined, vendors, 20), large);
    const keptBack = { queries: 250, ms: 10_000 };
    for (let run = 0; run < 4; run += 1) {
      const budget = new Budget(HOUR_MS);
      const engine = large.engine({}, Number.POSITIVE_INFINITY, budget);
      await large.runDue({ ...engine, turns: new Turns(budget, keptBack) });
      // Behind the deliveries, how long each vendor's oldest has been open.
      expect(budget.used).toBeLessThanOrEqual(900 - keptBack.queries + vendors.length + 5);
      large.nowMs += 60_000;
    }
    expect(await openRows(large)).toEqual([]);
    expect(large.heard).toHaveLength(400);
  } finally {
    await large.stop();
  }
});
