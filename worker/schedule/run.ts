// One run of the schedule: the steps that are due, one after the other, in one budget; beside them it is looked whether the
// databases have all that was acknowledged.

import { within } from '../../shared/deadline.ts';
import { GatewayError } from '../../shared/error.ts';
import type { Env } from '../base/env.ts';
import { describeUnexpected, log } from '../base/log.ts';
import { Budget } from '../store/budget.ts';
import { lossNow, watchStores } from '../store/loss.ts';
import type { RunReport } from './scheduler-of.ts';
import { STEPS, type Step } from './steps.ts';

/** Nothing is begun later, so that a run is over before the next, a minute after it. */
const RUN_MS = 50_000;
/** It is looked each minute, beside the steps. */
const HELD_MS = 600_000;
/** A step that has not ended by then is given up, whatever it waits for: the next run does it again. */
const STEP_ENDS_MS = 90_000;

/** Runs what `isDue` says; never rejects. `nowMs`: what time it is now, for whoever replays another day. */
export async function runSteps(env: Env, nowMs: number, isDue: (step: Step) => boolean): Promise<RunReport> {
  const startedMs = Date.now();
  const budget = new Budget(RUN_MS);
  const counted: Env = {
    ...env,
    DB: budget.counted(env.DB),
    APPOINTMENTS: budget.counted(env.APPOINTMENTS),
    CACHE: budget.counted(env.CACHE),
  };
  const done: string[] = [];
  const left: Record<string, number> = {};
  const failed: string[] = [];
  const watching = watchStores(counted);
  for (const step of STEPS.filter(isDue)) {
    const { name } = step;
    const fail = (why: string): void => {
      failed.push(name);
      log('error', 'schedule-step-failed', { detail: `${name}: ${why}` });
    };
    try {
      const leftMs = Math.min(STEP_ENDS_MS, startedMs + STEP_ENDS_MS - Date.now());
      const isHeld = step.rests !== undefined && (await lossNow(env, step.rests, HELD_MS)) !== undefined;
      const rest =
        !isHeld && budget.allows(step.needs)
          ? await within(step.run(counted, nowMs, budget), leftMs, () => undefined)
          : 1;
      if (rest === undefined) fail('late');
      else if (rest > 0) left[name] = rest;
      else done.push(name);
    } catch (cause) {
      fail(cause instanceof GatewayError ? cause.reason : describeUnexpected(cause));
    }
  }
  await watching;
  const durationMs = Date.now() - startedMs;
  const isLate = Object.keys(left).length > 0;
  log(isLate ? 'warn' : 'debug', 'schedule-ran', {
    durationMs,
    calls: budget.used,
    failed: failed.length,
    ...(isLate && { detail: `left: ${Object.keys(left).join(' ')}` }),
  });
  return { atMs: nowMs, durationMs, queries: budget.used, done, left, failed };
}
