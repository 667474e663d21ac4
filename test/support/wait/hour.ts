// Full hours, at which a day ends in one zone or another.

import { until } from './until.ts';

const HOUR_MS = 3_600_000;
/** More than one test needs, also on a busy machine. */
const LASTS_MS = 20_000;

/** Waits past a full hour that is close: what was asked before it is compared with another day after it. */
export const untilHourLasts = (): Promise<true> =>
  until('the hour to last', () => HOUR_MS - (Date.now() % HOUR_MS) > LASTS_MS);
