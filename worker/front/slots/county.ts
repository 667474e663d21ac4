// What a French postal code says: the département; and when a card's days end on its clock. Pure. docs/guide.md G-915, G-917.

import { offsetMs } from '../../base/calendar/zones.ts';

const DAY_MS = 24 * 3600 * 1000;

/** `42`, `2A`, `974`; empty for what is no postal code. */
export function countyOfPostalCode(postalCode: string): string {
  if (!/^\d{5}$/.test(postalCode)) return '';
  if (postalCode.startsWith('97') || postalCode.startsWith('98')) return postalCode.slice(0, 3);
  if (/^20[01]/.test(postalCode)) return '2A';
  return /^20[26]/.test(postalCode) ? '2B' : postalCode.slice(0, 2);
}

/** Last millisecond of the day after next, for each zone, as that zone counts its days at `nowMs`. */
export function lastDayEnds(nowMs: number): (zone: string) => number {
  const known = new Map<string, number>();
  return (zone) => {
    let endMs = known.get(zone);
    if (endMs === undefined) {
      const today = Math.floor((nowMs + offsetMs(zone, nowMs)) / DAY_MS);
      endMs = startOfDay(zone, today + 3) - 1;
      known.set(zone, endMs);
    }
    return endMs;
  };
}

/** Days since 1970-01-01 on the zone's calendar; they last 23, 24 or 25 hours. */
function startOfDay(zone: string, day: number): number {
  const local = day * DAY_MS;
  const guess = local - offsetMs(zone, local);
  return local - offsetMs(zone, guess);
}
