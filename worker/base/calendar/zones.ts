// The clocks of France: which time zone a département lives by, and how far it is from UTC. Pure but for the formats of
// time zones.

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

/** A département's time zone, Europe/Paris by default. */
export function zoneOfCounty(county: string): string {
  return ZONES.get(county) ?? PARIS;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds that the zone is east of UTC at that instant. */
export function offsetMs(zone: string, ms: number): number {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
  }
  const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign = '+', hours = '0', minutes = '0'] = /([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
