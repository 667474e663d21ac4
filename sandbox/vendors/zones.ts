// Local time of the places: offsets come from the zone rules of the runtime, so nights of clock change and
// overseas places are right. Days are counted since 1970 in local time, to be added and compared as numbers.

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
// French zones change their offset on a whole UTC hour; one entry per zone and hour asked for.
const CACHE_ENTRIES_MAX = 20_000;

export type Zone =
  | 'Europe/Paris'
  | 'Indian/Reunion'
  | 'America/Cayenne'
  | 'America/Guadeloupe'
  | 'America/Martinique';

export class ZoneClock {
  readonly #offsets = new Map<string, number>();
  readonly #formats = new Map<Zone, Intl.DateTimeFormat>();

  /** Minutes to add to UTC to get local time at that instant. */
  offsetMinutes(zone: Zone, instantMs: number): number {
    const hour = Math.floor(instantMs / HOUR_MS);
    const key = `${zone}${hour}`;
    const known = this.#offsets.get(key);
    if (known !== undefined) return known;
    if (this.#offsets.size >= CACHE_ENTRIES_MAX) this.#offsets.clear();
    const offset = this.#readOffset(zone, hour * HOUR_MS);
    this.#offsets.set(key, offset);
    return offset;
  }

  /** Local calendar day, counted since 1970-01-01. */
  dayOf(zone: Zone, instantMs: number): number {
    return Math.floor((instantMs + this.offsetMinutes(zone, instantMs) * MINUTE_MS) / DAY_MS);
  }

  /** First instant of a local day: 23, 24 or 25 hours before the first of the next. */
  startOfDay(zone: Zone, day: number): number {
    const utc = day * DAY_MS;
    const guess = utc - this.offsetMinutes(zone, utc) * MINUTE_MS;
    return utc - this.offsetMinutes(zone, guess) * MINUTE_MS;
  }

  /** Local hour and minute as a number of minutes, 0..1439. */
  minuteOfDay(zone: Zone, instantMs: number): number {
    const local = instantMs + this.offsetMinutes(zone, instantMs) * MINUTE_MS;
    return Math.floor((local - Math.floor(local / DAY_MS) * DAY_MS) / MINUTE_MS);
  }

  /** `YYYY-MM-DDThh:mm:ss.SSS±hh:mm`, the only form the guide wants out. */
  format(zone: Zone, instantMs: number): string {
    const offset = this.offsetMinutes(zone, instantMs);
    const local = new Date(instantMs + offset * MINUTE_MS).toISOString().slice(0, -1);
    const size = Math.abs(offset);
    const hours = String(Math.floor(size / 60)).padStart(2, '0');
    return `${local}${offset < 0 ? '-' : '+'}${hours}:${String(size % 60).padStart(2, '0')}`;
  }

  #readOffset(zone: Zone, instantMs: number): number {
    let format = this.#formats.get(zone);
    if (format === undefined) {
      format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'longOffset' });
      this.#formats.set(zone, format);
    }
    const name = format.formatToParts(instantMs).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
    const match = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(name);
    if (match === null) throw new Error(`décalage horaire illisible : ${name}`);
    const minutes = Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
    return match[1] === '-' ? -minutes : minutes;
  }
}
