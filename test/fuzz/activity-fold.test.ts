// The counts of activity against a recount of everything, over random histories at the real edge: appointments made,
// moved and changed, regulators who come, move and are forgotten, purges, folds that come twice, at once or too late.
// The recount goes over all appointments at each fold and remembers what each was; it knows no cursor and no difference.
// The seed is in the titles.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppointmentEdge, SYSTEM_B, type VendorId } from '../../bench/appointments/appointment-edge.ts';
import { individual } from '../../bench/appointments/samples.ts';
import { signToken } from '../../sandbox/platform/local/state.ts';
import { type FoldBudget, foldActivity } from '../../worker/appointments/fold.ts';
import { purgeAppointments } from '../../worker/appointments/tables/purge.ts';
import { Budget } from '../../worker/store/budget.ts';
import { startAppointmentEdge } from '../support/scenes/built/edge.ts';
import { drawn, SEED } from '../support/seed.ts';

const RUNS = drawn(8);
type Database = Parameters<typeof purgeAppointments>[0];
type Env = Parameters<typeof foldActivity>[0];

let edge: AppointmentEdge;
let db: Database;
let core: Database;
let admin: string;
beforeAll(async () => {
  edge = await startAppointmentEdge();
  db = (await edge.edge?.database('APPOINTMENTS')) as unknown as Database;
  core = (await edge.edge?.database('DB')) as unknown as Database;
  admin = await signToken(edge.state, 'admin');
});
afterAll(() => edge?.stop());

const OPERATORS = ['3990000011/REG-1', '3990000011/REG-2', randomUUID()];
const TERRITORIES = ['SAS-42 Loire', 'SAS-974 Réunion', 'SAS-971 Guadeloupe', 'SAS-2A Corse'];
/** Around midnight in Paris, on Réunion and on Guadeloupe, and around the change of the clocks. */
const STARTS = [
  '2026-12-01T22:30:00Z',
  '2026-12-01T23:30:00Z',
  '2026-12-02T03:30:00Z',
  '2026-12-02T20:30:00Z',
  '2026-10-25T00:30:00Z',
  '2026-10-24T22:30:00Z',
];
const STATUSES = ['pending', 'booked', 'fulfilled', 'cancelled', 'noshow'];
const VENDORS: readonly VendorId[] = ['agenda-a', 'agenda-b'];
const LENGTH_MS = 20 * 60_000;
const PURGED_MS = Date.parse('2026-11-01T00:00:00Z');
const ALL: FoldBudget = { queries: 100, untilMs: Number.POSITIVE_INFINITY };
/** Clocks do not differ here. */
const NOW_MS = Number.MAX_SAFE_INTEGER;

type Step =
  | {
      readonly kind: 'put';
      readonly which: number;
      readonly start: number;
      readonly status: number;
      readonly operator: number;
    }
  | { readonly kind: 'regulator'; readonly operator: number; readonly territories: readonly number[] }
  | { readonly kind: 'forget'; readonly operator: number }
  | { readonly kind: 'purge' | 'early purge' | 'fold' | 'folds at once' | 'late fold' };

const below = (max: number): fc.Arbitrary<number> => fc.nat({ max: max - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      which: below(8),
      start: below(STARTS.length),
      status: below(STATUSES.length),
      operator: below(OPERATORS.length),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('regulator' as const),
      operator: below(OPERATORS.length),
      territories: fc.array(below(TERRITORIES.length), { maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('forget' as const), operator: below(OPERATORS.length) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('purge', 'early purge', 'fold', 'folds at once', 'late fold'),
    }),
  },
) as fc.Arbitrary<Step>;

/** The day that begins at midnight there. */
const dayIn = (timeZone: string, ms: number): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(ms);
const ZONES: Readonly<Record<string, string>> = {
  'SAS-974 Réunion': 'Indian/Reunion',
  'SAS-971 Guadeloupe': 'America/Guadeloupe',
};

interface State {
  readonly vendor: string;
  readonly status: string;
  readonly startMs: number;
  readonly operator: string;
}

/** Everything recounted at each fold. */
class Recount {
  clockMs = Date.parse('2026-11-01T00:00:00Z');
  readonly regulators = new Map<string, readonly string[]>();
  readonly living = new Map<string, State>();
  forgotten = 0;
  /** Changed since the last fold. */
  readonly uncounted = new Set<string>();
  /** Since a purge, what ended before it and was never counted is not. */
  purgedMs = 0;
  readonly remembered = new Map<string, State & { readonly territories: readonly string[] }>();

  put(id: string, state: State): void {
    if (JSON.stringify(this.living.get(id)) !== JSON.stringify(state)) this.uncounted.add(id);
    this.living.set(id, state);
  }

  fold(): void {
    this.uncounted.clear();
    for (const [id, state] of this.living) {
      const before = this.remembered.get(id);
      if (before === undefined && state.startMs + LENGTH_MS < this.purgedMs) continue;
      const isNew =
        before === undefined || before.operator !== state.operator || before.territories.length === 0;
      const known = this.regulators.get(state.operator) ?? [];
      const changed =
        before === undefined ||
        JSON.stringify({ ...state }) !== JSON.stringify({ ...before, territories: undefined });
      if (changed) this.remembered.set(id, { ...state, territories: isNew ? known : before.territories });
    }
  }

  /** What was counted stays; who reports it again, on another day, reports another one. */
  purge(): void {
    const past = [...this.living].filter(([, { startMs }]) => startMs + LENGTH_MS < PURGED_MS);
    if (past.some(([id]) => this.uncounted.has(id))) return;
    this.purgedMs = PURGED_MS;
    for (const [id] of past) {
      this.forgotten += 1;
      const was = this.remembered.get(id);
      if (was !== undefined) this.remembered.set(`${id} ${this.forgotten}`, was);
      this.remembered.delete(id);
      this.living.delete(id);
    }
  }

  /** `territory / day / vendor / status / ownDay` to how many. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    const add = (...cell: string[]): void => {
      const key = cell.join(' / ');
      counts[key] = (counts[key] ?? 0) + 1;
    };
    for (const { vendor, status, startMs, territories } of this.remembered.values()) {
      const day = dayIn('Europe/Paris', startMs);
      add('', day, vendor, status, day);
      if (territories.length === 0) add('-', day, vendor, status, day);
      for (const territory of new Set(territories)) {
        add(territory, day, vendor, status, dayIn(ZONES[territory] ?? 'Europe/Paris', startMs));
      }
    }
    return counts;
  }
}

interface Row {
  readonly cell: string;
  readonly count: number;
}

async function stored(): Promise<Record<string, number>> {
  const { results } = (await db
    .prepare(
      `SELECT territory || ' / ' || day || ' / ' || vendor || ' / ' || status || ' / ' || own_day AS cell, count
       FROM activity_days`,
    )
    .all()) as unknown as { results: Row[] };
  return Object.fromEntries(results.map(({ cell, count }) => [cell, count]));
}

const fold = (over: Database = db) =>
  foldActivity({ DB: core, APPOINTMENTS: over } as unknown as Env, 0, ALL);

/** Its first fold is written only when another has counted the same. */
function lateDatabase(): Database {
  let isLate = false;
  return {
    prepare: (sql: string) => db.prepare(sql),
    batch: async (statements: unknown[]) => {
      if (statements.length > 2 && !isLate) {
        isLate = true;
        await fold();
      }
      return db.batch(statements as never);
    },
  } as unknown as Database;
}

async function begin(): Promise<void> {
  await db.batch(
    ['appointment_versions', 'appointments', 'activity_days'].map((table) =>
      db.prepare(`DELETE FROM ${table}`),
    ),
  );
  await core.prepare('DELETE FROM regulators').run();
  await db.prepare('UPDATE activity_mark SET up_to_ms = 0, purged_ms = 0').run();
}

async function saveRegulator(operator: string, territories: readonly string[]): Promise<void> {
  const isTechnical = operator.length === 36;
  await core
    .prepare(
      `INSERT INTO regulators (id, system, value, technical_id, active, family, given, email, territories, version, hash,
         stamp, updated_ms) VALUES (?1, ?2, ?3, ?4, 1, 'Imaginaire', 'Zoé', 'zoe@regulation.example', ?5, 1, '', '', 0)
       ON CONFLICT (id) DO UPDATE SET territories = excluded.territories`,
    )
    .bind(
      operator,
      isTechnical ? null : 'urn:oid:1.2.250.1.71.4.2.1',
      isTechnical ? null : operator,
      isTechnical ? operator : null,
      JSON.stringify(territories),
    )
    .run();
}

async function take(step: Step, recount: Recount, run: string): Promise<void> {
  switch (step.kind) {
    case 'put': {
      const vendor = VENDORS[step.which % 2] as VendorId;
      const value = `${run}-${step.which}`;
      const state = {
        vendor,
        status: STATUSES[step.status] ?? '',
        startMs: Date.parse(STARTS[step.start] ?? ''),
        operator: OPERATORS[step.operator] ?? '',
      };
      recount.clockMs += 1_000;
      const sample = individual({
        value,
        status: state.status,
        operator: state.operator,
        start: STARTS[step.start] ?? '',
        // Always the newest word.
        stamp: new Date(recount.clockMs).toISOString(),
        ...(vendor === 'agenda-b' && { system: SYSTEM_B }),
      });
      const answer = await edge.put(sample, {}, vendor);
      expect(answer.status, answer.text).toBeLessThan(300);
      recount.put(value, state);
      return;
    }
    case 'regulator': {
      const operator = OPERATORS[step.operator] ?? '';
      const territories = step.territories.map((at) => TERRITORIES[at] ?? '');
      recount.regulators.set(operator, territories);
      return saveRegulator(operator, territories);
    }
    case 'forget':
      recount.regulators.delete(OPERATORS[step.operator] ?? '');
      await core
        .prepare('DELETE FROM regulators WHERE id = ?1')
        .bind(OPERATORS[step.operator] ?? '')
        .run();
      return;
    case 'purge':
      await fold();
      recount.fold();
      await purgeAppointments(db, PURGED_MS, NOW_MS, new Budget(60_000));
      return recount.purge();
    case 'early purge':
      await purgeAppointments(db, PURGED_MS, NOW_MS, new Budget(60_000));
      return recount.purge();
    case 'fold':
      await fold();
      return recount.fold();
    case 'folds at once':
      await Promise.all([fold(), fold(), fold()]);
      return recount.fold();
    case 'late fold':
      await fold(lateDatabase());
      return recount.fold();
  }
}

it(`are what a recount says, over random histories (seed ${SEED})`, async () => {
  let folded = 0;
  let forgotten = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 30 }), async (steps) => {
      await begin();
      const recount = new Recount();
      const run = randomUUID();
      for (const one of steps) {
        await take(one, recount, run);
        if (one.kind !== 'fold' && one.kind !== 'folds at once' && one.kind !== 'late fold') continue;
        expect(await stored()).toEqual(recount.counts());
        folded += 1;
      }
      await fold();
      recount.fold();
      expect(await stored()).toEqual(recount.counts());
      forgotten += recount.forgotten;
    }),
    { seed: SEED, numRuns: RUNS },
  );
  expect(folded).toBeGreaterThan(RUNS);
  expect(forgotten).toBeGreaterThan(0);
});

it('take in a backfill a bounded batch at a time, resume, and say what waits', async () => {
  await begin();
  await db
    .prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
       INSERT INTO appointments (id, editor, system, value, current, updated_ms, profile, status, holds, start_ms, end_ms)
       SELECT 'agenda-a-' || i, 'agenda-a', 'urn:x', 'v' || i, 1, 1764000000000 + i, 'individual', 'booked', 1,
         1764000000000 + i * 600000, 1764000600000 + i * 600000 FROM n`,
    )
    .run();
  const env = { DB: core, APPOINTMENTS: db } as unknown as Env;
  const report = async () =>
    (await edge.get('/admin/activity?from=2025-11-01&to=2025-12-31', admin)).json as {
      countedUpTo: string;
      counts: { count: number }[];
    };
  const sum = ({ counts }: { counts: { count: number }[] }) =>
    counts.reduce((total, { count }) => total + count, 0);
  const first = await foldActivity(env, 0, { queries: 13, untilMs: Number.POSITIVE_INFINITY });
  expect(first.isBehind).toBe(true);
  const some = await report();
  expect(first.count).toBeLessThan(600);
  expect(sum(some)).toBe(first.count);
  expect(Date.parse(some.countedUpTo)).toBe(1764000000000 + first.count);
  const spent = await foldActivity(env, 0, { queries: 100, untilMs: 0 });
  expect(spent).toEqual({ count: 0, isBehind: true });
  expect(await foldActivity(env, 0, ALL)).toEqual({ count: 600 - first.count, isBehind: false });
  const all = await report();
  expect(sum(all)).toBe(600);
  expect(Math.abs(Date.parse(all.countedUpTo) - Date.now())).toBeLessThan(600_000);
  expect(await foldActivity(env, 0, ALL)).toEqual({ count: 0, isBehind: false });
});
