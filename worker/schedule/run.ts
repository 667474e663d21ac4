// One run of the schedule: the steps that are due, one after the other, in one budget.

import { GatewayError } from '../../shared/error.ts';
import type { Env } from '../base/env.ts';
import { describeUnexpected, log } from '../base/log.ts';
import { Budget } from '../store/budget.ts';
import type { RunReport } from './scheduler-of.ts';
import { STEPS, type Step } from './steps.ts';

/** Nothing is begun later, so that a run is over before the next, a minute after it. */
const RUN_MS = 50_000;

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
  for (const step of STEPS.filter(isDue)) {
    const { name } = step;
    try {
      const rest = budget.allows(step.needs) ? await step.run(counted, nowMs, budget) : 1;
      if (rest > 0) left[name] = rest;
      else done.push(name);
    } catch (cause) {
      failed.push(name);
      log('error', 'schedule-step-failed', { detail: `${name}: ${describeCause(cause)}` });
    }
  }
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

function describeCause(cause: unknown): string {
  return cause instanceof GatewayError ? cause.reason : describeUnexpected(cause);
}
