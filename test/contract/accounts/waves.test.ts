// Who may hold whose withdrawal (docs/accounts.md § 4): a flood of names that never had an account, of accounts made to be
// taken away, or of another caller, holds no right that really ends. The guard against a mistake stays.

import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import type { RegulatorContent } from '../../../shared/sas/regulator.ts';
import type { Engine } from '../../../worker/accounts/engine.ts';
import { recordFromFront } from '../../../worker/accounts/front.ts';
import { saveWanted } from '../../../worker/accounts/save.ts';
import { confirmWave, listWaves } from '../../../worker/accounts/tables/waves.ts';
import { Turns } from '../../../worker/accounts/turns.ts';
import { Budget } from '../../../worker/store/budget.ts';
import { AccountBench } from '../../support/scenes/accounts-bench.ts';
import { until } from '../../support/wait/until.ts';

const VENDORS = ['agenda-a', 'agenda-b'];
const [A = ''] = VENDORS;
const MAX = 20;
const HOUR_MS = 3_600_000;
let bench: AccountBench;

beforeAll(async () => {
  for (const level of ['warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue(undefined);
  bench = await AccountBench.start(VENDORS);
});
beforeEach(() => bench.clear());
afterAll(() => bench.stop());

const person = (value: string, change: Partial<RegulatorContent> = {}): RegulatorContent => ({
  identifier: { system: SYSTEM.sas, value },
  active: true,
  family: 'Imaginaire',
  given: 'Camille',
  email: `${value}@regulation.example`,
  ...change,
});
const by = (caller: string, budget?: Budget): Engine => ({
  ...bench.engine({ waveMax: MAX }, Number.POSITIVE_INFINITY, budget),
  caller,
});
const SAS = 'fhir sas';

/** The schedule with the allowance of these tests. */
async function runFor(minutes: number, everyMinutes = 1): Promise<void> {
  for (let past = 0; past < minutes; past += everyMinutes) {
    bench.nowMs += everyMinutes * 60_000;
    await bench.runDue(by(SAS));
  }
}

/** Made by SAS, known to every vendor since long ago. */
async function established(...values: string[]): Promise<void> {
  for (const value of values) {
    const { regulator } = await bench.save({ by: 'nobody' }, person(value), by(SAS));
    await bench.logIn(regulator.id);
  }
  bench.nowMs += 2 * HOUR_MS;
}
const make = (value: string, caller = SAS) => bench.save({ by: 'nobody' }, person(value), by(caller));
const end = (value: string, caller = SAS) =>
  bench.save(
    { by: 'identifier', identifier: person(value).identifier },
    person(value, { active: false }),
    by(caller),
  );
const accountOf = (value: string, vendor = A) =>
  bench
    .vendor(vendor)
    .accounts.list()
    .find(({ key }) => key === `${SYSTEM.sas}|${value}`);
const isClosed = (value: string): boolean =>
  VENDORS.every((vendor) => accountOf(value, vendor)?.active === false);
const waves = () => listWaves(bench.engine().db);
const names = (count: number, prefix = 'nobody'): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}-${i}`);

describe('a right that really ends is not held', () => {
  const floods: Readonly<Record<string, (value: string) => Promise<unknown>>> = {
    'names that are made and taken away': async (value) => {
      await make(value);
      await end(value);
    },
    'names first said to have no right': (value) =>
      bench.save({ by: 'nobody' }, person(value, { active: false }), by(SAS)),
    'names that are renamed and taken away': async (value) => {
      await make(value);
      const renamed = person(`${value}-new`, { active: false });
      await bench.save({ by: 'identifier', identifier: person(value).identifier }, renamed, by(SAS));
    },
    'accounts that are made, signed in and taken away': async (value) => {
      const { regulator } = await make(value);
      await bench.logIn(regulator.id);
      await end(value);
    },
    'rights that are given and taken again and again': async () => {
      await bench.save(
        { by: 'identifier', identifier: person('nobody').identifier },
        person('nobody'),
        by(SAS),
      );
      await end('nobody');
    },
  };

  test.each(Object.keys(floods))('by %s', async (flood) => {
    await established('real');
    for (const value of names(MAX + 5)) await floods[flood]?.(value);
    const { regulator } = await end('real');
    expect(regulator.wave).toBeUndefined();
    expect(isClosed('real')).toBe(true);
  });

  test('by what the front says of people nobody knows', async () => {
    const front = (uuid: string, habilitation: boolean) =>
      recordFromFront(by('front portal'), {
        uuid,
        lastName: 'Imaginaire',
        firstName: 'Camille',
        email: `${uuid}@regulation.example`,
        nationalId: '',
        habilitation,
        sasTerritories: ['SAS-42'],
      });
    await established('real');
    for (const uuid of names(MAX + 5)) {
      await front(uuid, true);
      await front(uuid, false);
    }
    const saved = await front('real', false);
    expect(saved.ok && saved.value?.regulator.wave).toBe(undefined);
    expect((await waves()).map(({ kind, regulators }) => [kind, regulators])).toEqual([['unknown', 5]]);
  });

  test('by another caller, whose mistake holds its own', async () => {
    await established('real', ...names(MAX + 3, 'mistaken'));
    for (const value of names(MAX + 3, 'mistaken')) await end(value, 'fhir other');
    expect((await waves()).map(({ kind, regulators }) => [kind, regulators])).toEqual([['account', 3]]);
    await end('real');
    expect(isClosed('real')).toBe(true);
  });

  test('by a login that crosses the withdrawal of somebody unknown, when others of them are held', async () => {
    for (const value of names(MAX + 1)) await end(await make(value).then(() => value));
    const { regulator } = await make('real');
    const engine = by(SAS);
    // The login's claim comes between what the save reads and what it writes.
    const db = {
      ...engine.db,
      prepare: (sql: string) => engine.db.prepare(sql),
      batch: async (statements: Parameters<typeof engine.db.batch>[0]) => {
        const found = await engine.db.batch(statements);
        db.batch = engine.db.batch;
        await bench.logIn(regulator.id);
        return found;
      },
    } as unknown as Engine['db'] & { batch: Engine['db']['batch'] };
    const key = { by: 'identifier', identifier: person('real').identifier } as const;
    await saveWanted({ ...engine, db }, key, { content: person('real', { active: false }) });
    await runFor(1);
    expect(isClosed('real')).toBe(true);
  });
});

describe('the guard against a mistake', () => {
  test('holds what one caller withdraws of accounts beyond the set number, over restarts, until an operator says so', async () => {
    const people = names(MAX + 2, 'mistaken');
    await established(...people);
    for (const value of people) await end(value);
    expect(people.filter(isClosed)).toEqual(people.slice(0, MAX));
    await runFor(6 * 60, 60);
    expect(people.filter(isClosed)).toEqual(people.slice(0, MAX));
    const [wave] = await waves();
    expect(wave).toMatchObject({ kind: 'account', regulators: 2, confirmedMs: null });
    expect(await confirmWave(bench.engine().db, wave?.id ?? '', 'operator', bench.nowMs)).toBe(2);
    await runFor(1);
    expect(people.filter(isClosed)).toEqual(people);
    // Whose it was is known while its followers belong to it, and no longer.
    const callers = () => bench.rows('SELECT caller FROM account_waves');
    expect(await callers()).toEqual([{ caller: expect.any(String) }]);
    await runFor(61, 61);
    expect(await callers()).toEqual([{ caller: null }]);
  });

  test('that nobody decides lets go after a day, as many in an hour as the allowance has', async () => {
    const people = names(2 * MAX + 2, 'forgotten');
    await established(...people);
    for (const value of people) await end(value);
    await runFor(24 * 60 - 30, 30);
    expect(people.filter(isClosed)).toHaveLength(MAX);
    await runFor(30, 10);
    expect(people.filter(isClosed)).toHaveLength(2 * MAX);
    await runFor(60, 10);
    expect(people.filter(isClosed)).toEqual(people);
    await runFor(60, 30);
    expect(await waves()).toEqual([]);
  });

  test('whose members all got their right back is forgotten', async () => {
    const people = names(MAX + 1, 'mistaken');
    await established(...people);
    for (const value of people) await end(value);
    for (const value of people) {
      await bench.save({ by: 'identifier', identifier: person(value).identifier }, person(value), by(SAS));
    }
    await runFor(120, 60);
    expect(await waves()).toEqual([]);
  });

  test('opened or confirmed by a clock that was ahead neither holds for ever nor lets everything pass', async () => {
    const people = names(2 * MAX + 2, 'mistaken');
    await established(...people);
    const WEEKS_MS = 40 * 24 * HOUR_MS;
    bench.nowMs += WEEKS_MS;
    for (const value of people.slice(0, MAX + 1)) await end(value);
    const [wave] = await waves();
    await confirmWave(bench.engine().db, wave?.id ?? '', 'operator', bench.nowMs);
    bench.nowMs -= WEEKS_MS;
    // Neither these twenty nor the confirmation are of the last hour.
    const rest = people.slice(MAX + 1);
    for (const value of rest) await end(value);
    expect(rest.filter(isClosed)).toEqual(rest.slice(0, MAX));
    await bench
      .engine()
      .db.prepare('UPDATE account_waves SET opened_ms = opened_ms + ?1')
      .bind(WEEKS_MS)
      .run();
    await runFor(26 * 60, 60);
    expect(people.filter(isClosed)).toEqual(people);
  });
});

describe('names that never had an account', () => {
  test('beyond the set number cost no rows, and go out in their turn', async () => {
    for (const value of names(MAX + 7)) await end(await make(value).then(() => value));
    const rows = await bench.rows('SELECT DISTINCT regulator FROM accounts');
    expect(rows).toHaveLength(MAX);
    await runFor(2 * 60, 30);
    expect(names(MAX + 7).filter(isClosed)).toHaveLength(MAX + 7);
    expect(await waves()).toEqual([]);
  });

  test('leave a run’s budget to rights that really end, however long they have waited', async () => {
    await established('real');
    for (const vendor of bench.vendors.values()) vendor.isDown = true;
    for (const value of names(10)) await end(await make(value).then(() => value));
    bench.nowMs += HOUR_MS;
    await end('real');
    for (const vendor of bench.vendors.values()) vendor.isDown = false;
    bench.nowMs += HOUR_MS;
    // Enough for the real one at both vendors, not for ten more.
    await bench.runDue(by(SAS, new Budget(HOUR_MS, 45)));
    expect(isClosed('real')).toBe(true);
    expect(names(10).filter(isClosed).length).toBeLessThan(10);
  });

  test('have their turn after every account, whatever else has waited for longer', async () => {
    // Room for one at a time.
    const turns = new Turns(new Budget(HOUR_MS, 23));
    const told: string[] = [];
    const say = (name: string) => async () => {
      told.push(name);
      return { name };
    };
    const gate = Promise.withResolvers<{ name: string }>();
    const asked = [
      turns.withdraw({ sinceMs: 0, isUnknown: false }, () => gate.promise),
      turns.withdraw({ sinceMs: 1, isUnknown: true }, say('unknown')),
      turns.other(0, say('other')),
      turns.withdraw({ sinceMs: 3, isUnknown: false }, say('account')),
      turns.withdraw({ sinceMs: 2, isUnknown: false }, say('older account')),
    ];
    gate.resolve({ name: 'first' });
    await Promise.all(asked);
    expect(told).toEqual(['older account', 'account', 'unknown', 'other']);
  });

  test('are not in the way of a login', async () => {
    bench.vendor(A).isDown = true;
    for (const value of names(3)) await end(await make(value).then(() => value));
    bench.vendor(A).isDown = false;
    const { regulator } = await make('new');
    const before = bench.heard.length;
    await bench.logIn(regulator.id);
    expect(bench.heard.slice(before).map(({ email }) => email.split('@')[0])).toEqual(['new', 'new']);
  });
});

test('a withdrawal that waits for another isolate says nothing of its vendor: one asks, the others wait', async () => {
  const people = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'];
  await established(...people);
  for (const vendor of bench.vendors.values()) vendor.isDown = true;
  for (const value of people) {
    bench.nowMs += 1_000;
    await end(value);
  }
  bench.nowMs += HOUR_MS;
  const hanging: unknown[] = [];
  const engine = by(SAS);
  const hangs = { ...engine, send: () => new Promise<never>((resolve) => hanging.push(resolve)) };
  const { deliverOne } = await import('../../../worker/accounts/deliver.ts');
  const [{ regulator = '' } = {}] = await bench.rows<{ regulator: string }>(
    'SELECT a.regulator FROM accounts AS a JOIN regulators AS r ON r.id = a.regulator WHERE a.editor = ?1 ORDER BY a.attempts, r.withdrawn_ms LIMIT 1',
    A,
  );
  void deliverOne(hangs, regulator, A, 'withdrawal');
  await until('it is under way', () => hanging.length === 1);
  const { sayWithdrawals } = await import('../../../worker/accounts/withdraw.ts');
  const { listWithdrawals } = await import('../../../worker/accounts/tables/due.ts');
  const due = await listWithdrawals(engine.db, [A], bench.nowMs, 200);
  // Read before the other isolate's claim was stored: it meets the claim when it is said.
  const [other] = due.filter((one) => one.regulator !== regulator);
  const list = [
    { ...(other ?? due[0]), regulator, editor: A, sinceMs: 0, isUnknown: 0 },
    ...due.filter((one) => one.regulator !== regulator),
  ];
  void sayWithdrawals(hangs, A, list);
  await until('the vendor is asked', () => hanging.length === 2);
  for (let turn = 0; turn < 20; turn += 1) await bench.rows('SELECT 1');
  expect(hanging).toHaveLength(2);
});
