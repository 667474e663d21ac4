// What the schedule does, in this order, within one budget: withdrawals and other accounts, the counts of activity,
// messages to LRMs, how full the databases are; then what is exported, and what is forgotten, which has been counted and exported before. A
// step that fails stops no other; what does not fit is due in the next run.

import { purgeErasures, runErasures } from '../accounts/erase.ts';
import { purgeAccounts, runAccounts } from '../accounts/schedule.ts';
import { exportChanges } from '../appointments/export/changes.ts';
import { foldActivity } from '../appointments/fold.ts';
import { purgeExpiredAppointments } from '../appointments/purge.ts';
import { watchQuotas } from '../appointments/quotas.ts';
import { CLOCK_SKEW_MS } from '../base/clock.ts';
import type { Env } from '../base/env.ts';
import { purgeConsole } from '../console/tables/purge.ts';
import { purgeFront } from '../front/operators/purge.ts';
import type { StoreName } from '../gate/stores.ts';
import { forgetReports } from '../hub/reports/table.ts';
import { purgePeople } from '../lrm/people/table.ts';
import { forgetStrays, runOutbox, watchOutbox } from '../lrm/schedule.ts';
import { purgeKeptAnswers, purgeRouting } from '../memory/purge.ts';
import type { Budget } from '../store/budget.ts';
import { forgetMaintenances } from '../store/maintenances.ts';
import { watchDatabases } from '../store/sizes.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** 02:23 UTC: a night begins then, and its steps are due until they are done. */
const NIGHT_MS = (2 * 60 + 23) * MINUTE_MS;
/** Some hundred changes for each seven. */
const FOLD_QUERIES = 140;
/** 1,500 versions for each four. */
const EXPORT_QUERIES = 400;

/** One thing that the schedule does. */
export interface Step {
  readonly name: string;
  /** `nightly`: once a night. Else this often at most, in milliseconds; 0: in each run. */
  readonly every: number | 'nightly';
  /** D1 statements without which it is not begun. */
  readonly needs: number;
  /** It forgets for good what is past its time: not on the word of a clock that has just jumped (steady-clock.ts). */
  readonly forgets?: boolean;
  /** It waits while this database may have lost what it is about: it would purge, export or tell what is not so. */
  readonly rests?: StoreName;
  /**
   * `env`: its databases count in `budget`.
   * @returns how many things are left, as far as is known; 0: it is done.
   */
  readonly run: (env: Env, nowMs: number, budget: Budget) => Promise<number>;
}

/** Of what leaves nothing. */
const whole =
  (work: (env: Env, nowMs: number) => Promise<void>): Step['run'] =>
  async (env, nowMs) => {
    await work(env, nowMs);
    return 0;
  };

/** Of what goes on in the next run when it does not fit. `work` says whether all is done. */
const stretch =
  (work: (env: Env, nowMs: number, budget: Budget) => Promise<boolean>): Step['run'] =>
  async (env, nowMs, budget) =>
    (await work(env, nowMs, budget)) ? 0 : 1;

/** In their order. */
export const STEPS: readonly Step[] = [
  { name: 'accounts', every: 0, needs: 10, rests: 'core', run: runAccounts },
  {
    name: 'activity',
    rests: 'appointments',
    every: 0,
    needs: 7,
    run: async (env, nowMs, budget) => {
      const { isBehind } = await foldActivity(env, nowMs, budget.rest(FOLD_QUERIES));
      return isBehind ? 1 : 0;
    },
  },
  { name: 'lrm', every: 0, needs: 3, rests: 'appointments', run: runOutbox },
  { name: 'erasures', every: 10 * MINUTE_MS, needs: 150, run: runErasures },
  {
    name: 'sizes',
    every: 10 * MINUTE_MS,
    needs: 4,
    run: whole(async (env) => {
      await watchDatabases(env);
      await watchQuotas(env);
    }),
  },
  { name: 'lrm-watch', every: 10 * MINUTE_MS, needs: 1, rests: 'appointments', run: whole(watchOutbox) },
  { name: 'kept-answers', every: 10 * MINUTE_MS, needs: 1, run: whole(purgeKeptAnswers) },
  {
    name: 'export',
    rests: 'appointments',
    every: 'nightly',
    needs: 4,
    run: async (env, nowMs, budget) => {
      const { isBehind } = await exportChanges(env, nowMs, budget.rest(EXPORT_QUERIES));
      return isBehind ? 1 : 0;
    },
  },
  {
    name: 'appointments',
    rests: 'appointments',
    every: 'nightly',
    forgets: true,
    needs: 5,
    run: stretch(purgeExpiredAppointments),
  },
  {
    name: 'regulators',
    every: 'nightly',
    needs: 3,
    rests: 'core',
    forgets: true,
    run: stretch(purgeAccounts),
  },
  {
    name: 'erasure-proofs',
    every: 'nightly',
    needs: 2,
    rests: 'core',
    forgets: true,
    run: stretch(purgeErasures),
  },
  { name: 'console', every: 'nightly', needs: 6, rests: 'core', forgets: true, run: stretch(purgeConsole) },
  {
    name: 'maintenances',
    every: 'nightly',
    needs: 1,
    rests: 'core',
    forgets: true,
    run: stretch(forgetMaintenances),
  },
  {
    name: 'relay-reports',
    every: 'nightly',
    needs: 1,
    rests: 'core',
    forgets: true,
    run: stretch(forgetReports),
  },
  { name: 'front', every: 'nightly', needs: 10, rests: 'core', forgets: true, run: stretch(purgeFront) },
  {
    name: 'lrm-people',
    every: 'nightly',
    needs: 1,
    rests: 'core',
    forgets: true,
    run: stretch(purgePeople),
  },
  {
    name: 'lrm-strays',
    every: 'nightly',
    needs: 1,
    rests: 'appointments',
    forgets: true,
    run: stretch(forgetStrays),
  },
  { name: 'routing', every: 'nightly', needs: 1, run: stretch(purgeRouting) },
];

/** `lastMs`: when it was last done, if ever. A night that was missed is due until it is made up. */
export function isDue({ every }: Pick<Step, 'every'>, nowMs: number, lastMs: number | undefined): boolean {
  // What is said to have been done in the future was done by a clock that was wrong.
  if (lastMs === undefined || lastMs > nowMs + CLOCK_SKEW_MS) return true;
  return every === 'nightly' ? nightOf(nowMs) > nightOf(lastMs) : nowMs - lastMs >= every;
}

function nightOf(ms: number): number {
  return Math.floor((ms - NIGHT_MS) / DAY_MS);
}
