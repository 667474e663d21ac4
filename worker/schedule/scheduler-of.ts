// The one way from the rest of the Worker to the scheduler, and what it says of itself.

import { lasts } from '../base/clock.ts';
import type { Env } from '../base/env.ts';
import { describeUnexpected, log } from '../base/log.ts';
import { objectOf } from '../base/objects.ts';

/** What one run did. Times in milliseconds, `atMs` since 1970. */
export interface RunReport {
  readonly atMs: number;
  readonly durationMs: number;
  /** D1 statements and calls to the hub. */
  readonly queries: number;
  /** Names of steps (steps.ts). */
  readonly done: readonly string[];
  /** By step, how many things are left to the next run, as far as is known. */
  readonly left: Readonly<Record<string, number>>;
  readonly failed: readonly string[];
}

/** How the schedule stands. Times in milliseconds since 1970. */
export interface ScheduleDescription {
  /** Undefined: nothing is planned. */
  readonly nextMs: number | undefined;
  readonly last: RunReport | undefined;
  /** When each step was last done. */
  readonly steps: Readonly<Record<string, number>>;
}

/** The scheduler as the rest of the Worker calls it. Every call rejects when it cannot be reached. */
export interface ScheduleCalls {
  /** Plans the next run, unless one is planned. */
  start(): Promise<void>;
  describe(): Promise<ScheduleDescription>;
  /** Runs now, as if it were that time: everything, or what is not kept for the night. */
  runNow(atMs: number, isWhole: boolean): Promise<RunReport>;
}

/** The scheduler's stub. */
export function schedulerOf(env: Env): ScheduleCalls {
  // The class implements ScheduleCalls; naming it here would have every caller import all that it runs.
  return objectOf(env, env.SCHEDULER, SCHEDULER_NAME) as unknown as ScheduleCalls;
}

/** The one scheduler's. */
export const SCHEDULER_NAME = 'schedule';

/** By the environment of each isolate, when it may ask again. */
const quietUntilMs = new WeakMap<Env, number>();
const ASK_AGAIN_MS = 10 * 60_000;
const AFTER_FAILURE_MS = 10_000;

/**
 * Sees to it that the schedule runs: at the first request of an isolate, be it a relay's link, and now and then after it.
 * Undefined as a rule: there is nothing to wait for. Never rejects.
 */
export function keepScheduleRunning(env: Env): Promise<void> | undefined {
  const nowMs = Date.now();
  if (lasts(quietUntilMs.get(env) ?? 0, nowMs, ASK_AGAIN_MS)) return undefined;
  quietUntilMs.set(env, nowMs + ASK_AGAIN_MS);
  return Promise.resolve()
    .then(() => schedulerOf(env).start())
    .catch((cause: unknown) => {
      quietUntilMs.set(env, nowMs + AFTER_FAILURE_MS);
      log('error', 'schedule-not-started', { detail: describeUnexpected(cause) });
    });
}
