// Civil days in Paris: of 23, 24 or 25 hours. No I/O.

import { parisOffsetMinutes, parseInstant } from '../../../shared/time.ts';

/** Inclusive bounds. */
export interface CivilDay {
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly fromMs: number;
  readonly toMs: number;
}

const DAY_MS = 24 * 3600 * 1000;

/** The day in Paris at that instant. */
export function parisDayOf(ms: number): string {
  return new Date(ms + parisOffsetMinutes(ms) * 60_000).toISOString().slice(0, 10);
}

/** The day so many days after that one. */
export function addDays(day: string, count: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * DAY_MS).toISOString().slice(0, 10);
}

/** Both days and all between; undefined when one is no real day, or the last is before the first. */
export function daysBetween(first: string, last: string, max: number): CivilDay[] | undefined {
  const days: CivilDay[] = [];
  if (![first, last].every((day) => /^\d{4}-\d{2}-\d{2}$/.test(day) && parseInstant(day) !== undefined)) {
    return undefined;
  }
  for (let day = first; day <= last && days.length <= max; day = addDays(day, 1)) {
    const bounds = parseInstant(day);
    if (bounds !== undefined) days.push({ day, fromMs: bounds.ms, toMs: bounds.lastMs });
  }
  return days.length === 0 ? undefined : days;
}
