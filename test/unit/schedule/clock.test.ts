// Times that the schedule has stored, against a clock that jumps: what is due, and what may be forgotten.

import { expect, test } from 'vitest';
import { isLongAgo, lasts } from '../../../worker/base/clock.ts';
import { isPlanned, mayForget, type SeenClock, seeClock } from '../../../worker/schedule/steady-clock.ts';
import { isDue } from '../../../worker/schedule/steps.ts';

const NOW_MS = Date.parse('2026-03-02T08:00:00Z');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

test.each([
  ['a moment ago', -1, false],
  ['in a moment', 1, true],
  ['at its longest', 15 * MINUTE_MS, true],
  ['at its longest, by a clock that is a minute ahead', 16 * MINUTE_MS, true],
  ['further ahead than anything writes', 16 * MINUTE_MS + 1, false],
  ['in weeks', 40 * DAY_MS, false],
])('what ends %s', (_when, inMs, isLasting) => {
  expect(lasts(NOW_MS + inMs, NOW_MS, 15 * MINUTE_MS)).toBe(isLasting);
});

test.each([
  ['an hour ago', -HOUR_MS, true],
  ['just now', 0, false],
  ['by a clock that is a minute ahead', MINUTE_MS, false],
  ['in weeks', 40 * DAY_MS, true],
])('what was done %s', (_when, inMs, isLong) => {
  expect(isLongAgo(NOW_MS + inMs, NOW_MS, HOUR_MS)).toBe(isLong);
});

test.each([10 * MINUTE_MS, 'nightly'] as const)('a step (%s) done in the future is due', (every) => {
  expect(isDue({ every }, NOW_MS, NOW_MS + 40 * DAY_MS)).toBe(true);
  expect(isDue({ every }, NOW_MS, NOW_MS - 1)).toBe(false);
});

/** Runs each minute from one moment to another, by a clock that says so. */
function runs(clock: SeenClock | undefined, fromMs: number, toMs: number): SeenClock | undefined {
  let seen = clock;
  for (let ms = fromMs; ms <= toMs; ms += MINUTE_MS) seen = seeClock(seen, ms);
  return seen;
}

test.each([
  ['two years ahead', 730 * DAY_MS],
  ['two years behind', -730 * DAY_MS],
  ['a night ahead', 12 * HOUR_MS],
])('a clock that is set %s for an hour forgets nothing, and again after a steady day', (_how, jumpMs) => {
  const before = runs(undefined, NOW_MS, NOW_MS + HOUR_MS);
  expect(before !== undefined && mayForget(before)).toBe(true);
  let seen = before;
  for (let ms = NOW_MS + HOUR_MS; ms <= NOW_MS + 2 * HOUR_MS; ms += MINUTE_MS) {
    seen = seeClock(seen, ms + jumpMs);
    expect(mayForget(seen)).toBe(false);
  }
  for (let ms = NOW_MS + 2 * HOUR_MS; ms < NOW_MS + 26 * HOUR_MS; ms += MINUTE_MS) {
    seen = seeClock(seen, ms);
    expect(mayForget(seen)).toBe(false);
  }
  seen = seeClock(seen, NOW_MS + 26 * HOUR_MS);
  expect(mayForget(seen)).toBe(true);
});

test('a night’s stop is none', () => {
  const before = runs(undefined, NOW_MS, NOW_MS + HOUR_MS);
  expect(mayForget(seeClock(before, NOW_MS + 7 * HOUR_MS))).toBe(true);
});

test.each([
  ['nothing', null, false],
  ['in a minute', NOW_MS + MINUTE_MS, true],
  ['a moment ago: it is under way', NOW_MS - 1, true],
  ['in weeks', NOW_MS + 40 * DAY_MS, false],
])('an alarm planned for %s', (_when, plannedMs, isOne) => {
  expect(isPlanned(plannedMs, NOW_MS, MINUTE_MS)).toBe(isOne);
});
