// What a French postal code says: the département, and the clock that a card's days are counted on. Pure but for the
// formats of time zones. docs/guide.md G-915, G-917.

const DAY_MS = 24 * 3600 * 1000;
const PARIS = 'Europe/Paris';

/** Overseas départements and territories; all others live by the clock of Paris. */
const ZONES: ReadonlyMap<string, string> = new Map([
  ['971', 'America/Guadeloupe'],
  ['972', 'America/Martinique'],
  ['973', 'America/Cayenne'],
  ['974', 'Indian/Reunion'],
  ['975', 'America/Miquelon'],
  ['976', 'Indian/Mayotte'],
  // Saint-Barthélemy and Saint-Martin, when not written 971.
  ['977', 'America/Guadeloupe'],
  ['978', 'America/Guadeloupe'],
  ['986', 'Pacific/Wallis'],
  ['987', 'Pacific/Tahiti'],
  ['988', 'Pacific/Noumea'],
]);

/** `42`, `2A`, `974`; empty for what is no postal code. */
export function countyOfPostalCode(postalCode: string): string {
  if (!/^\d{5}$/.test(postalCode)) return '';
  if (postalCode.startsWith('97') || postalCode.startsWith('98')) return postalCode.slice(0, 3);
  if (/^20[01]/.test(postalCode)) return '2A';
  return /^20[26]/.test(postalCode) ? '2B' : postalCode.slice(0, 2);
}

/** A département's time zone, Europe/Paris by default. */
export function zoneOfCounty(county: string): string {
  return ZONES.get(county) ?? PARIS;
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

const formats = new Map<string, Intl.DateTimeFormat>();

/** East of UTC. */
function offsetMs(zone: string, ms: number): number {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
  }
  const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign = '+', hours = '0', minutes = '0'] = /([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
