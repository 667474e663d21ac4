// Whether the clock may be believed that so much time has passed that something is to be forgotten. A clock that was set
// two years ahead for an hour would forget all appointments; so nothing is forgotten until the runs of a whole day have
// followed each other, without a jump either way. Pure.

import { CLOCK_SKEW_MS, lasts } from '../base/clock.ts';

/** What the scheduler remembers of its clock. Milliseconds since 1970. */
export interface SeenClock {
  /** Of the last run. */
  readonly seenMs: number;
  /** Of the first run since the clock last jumped; 0: it never did. */
  readonly steadySinceMs: number;
}

/** A run that comes so late is taken for a jump: nobody knows what the clock did meanwhile. */
const GAP_MS_MAX = 6 * 3600 * 1000;
const STEADY_MS = 24 * 3600 * 1000;

/** After a run at `nowMs`. */
export function seeClock(before: SeenClock | undefined, nowMs: number): SeenClock {
  if (before === undefined) return { seenMs: nowMs, steadySinceMs: 0 };
  const isSteady = nowMs >= before.seenMs - CLOCK_SKEW_MS && nowMs <= before.seenMs + GAP_MS_MAX;
  return { seenMs: nowMs, steadySinceMs: isSteady ? before.steadySinceMs : nowMs };
}

/** What is past its time may be forgotten. */
export function mayForget({ seenMs, steadySinceMs }: SeenClock): boolean {
  return seenMs - steadySinceMs >= STEADY_MS;
}

/** Whether a run is planned, or late; one planned for a day that only a wrong clock could name is none. */
export function isPlanned(plannedMs: number | null, nowMs: number, pauseMs: number): boolean {
  return plannedMs !== null && (plannedMs <= nowMs || lasts(plannedMs, nowMs, pauseMs));
}
