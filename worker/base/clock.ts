// Stored times, judged against a clock that may have been wrong when they were written, or may be wrong now. A time that
// is further ahead than anything writes it comes from a clock that was ahead: it decides nothing any more. Pure.

/** Two machines' clocks differ by less. */
export const CLOCK_SKEW_MS = 60_000;

/**
 * Whether something that lasts until `untilMs` still lasts. `longestMs`: the longest that the writer gives it; an end that
 * is further ahead is over. Milliseconds since 1970.
 */
export function lasts(untilMs: number, nowMs: number, longestMs: number): boolean {
  return untilMs > nowMs && untilMs <= nowMs + longestMs + CLOCK_SKEW_MS;
}

/** Whether it is so long since `atMs` that it is to be done again: also when `atMs` is still to come, which no clock can know. */
export function isLongAgo(atMs: number, nowMs: number, pauseMs: number): boolean {
  return nowMs - atMs >= pauseMs || atMs > nowMs + CLOCK_SKEW_MS;
}
