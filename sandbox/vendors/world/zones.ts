// Local time of the places: offsets come from the zone rules of the runtime, so nights of clock change and
// overseas places are right. Days are counted since 1970 in local time, to be added and compared as numbers.

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
// Per zone, one entry for each hour asked for.
const CACHE_ENTRIES_MAX = 5_000;

export type Zone =
  | 'Europe/Paris'
  | 'Indian/Reunion'
  | 'America/Cayenne'
  | 'America/Guadeloupe'
  | 'America/Martinique';

interface LocalHour {
  readonly offsetMinutes: number;
  /** `YYYY-MM-DDThh:` */
  readonly prefix: string;
  /** `±hh:mm` */
  readonly suffix: string;
}

export class ZoneClock {
  readonly #hours = new Map<Zone, Map<number, LocalHour>>();
  readonly #formats = new Map<Zone, Intl.DateTimeFormat>();

  /** Minutes to add to UTC to get local time at that instant. */
  offsetMinutes(zone: Zone, instantMs: number): number {
    return this.#localHour(zone, Math.floor(instantMs / HOUR_MS)).offsetMinutes;
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
    const hour = Math.floor(instantMs / HOUR_MS);
    const { prefix, suffix } = this.#localHour(zone, hour);
    const restMs = instantMs - hour * HOUR_MS;
    const minute = Math.floor(restMs / MINUTE_MS);
    const digits = `${minute < 10 ? '0' : ''}${minute}`;
    const seconds = restMs % MINUTE_MS;
    return seconds === 0
      ? `${prefix}${digits}:00.000${suffix}`
      : `${prefix}${digits}:${(seconds / 1000).toFixed(3).padStart(6, '0')}${suffix}`;
  }

  /** French zones are whole hours from UTC, so an hour of one is an hour of the other. */
  #localHour(zone: Zone, hour: number): LocalHour {
    let hours = this.#hours.get(zone);
    if (hours === undefined) {
      hours = new Map();
      this.#hours.set(zone, hours);
    }
    const known = hours.get(hour);
    if (known !== undefined) return known;
    if (hours.size >= CACHE_ENTRIES_MAX) hours.clear();
    const offsetMinutes = this.#readOffset(zone, hour * HOUR_MS);
    const sign = offsetMinutes < 0 ? '-' : '+';
    const local = {
      offsetMinutes,
      prefix: new Date(hour * HOUR_MS + offsetMinutes * MINUTE_MS).toISOString().slice(0, 14),
      suffix: `${sign}${String(Math.abs(offsetMinutes) / 60).padStart(2, '0')}:00`,
    };
    hours.set(hour, local);
    return local;
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
