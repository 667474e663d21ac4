// The agenda: every slot of a calendar on a local day is a pure function of (seed, calendar, day), so that it is
// the same whenever it is asked. Free slots go on in the night for one calendar in three. No I/O; "now" comes in.

import type { Diary } from './directory.ts';
import { draw, pick } from './random.ts';
import type { ZoneClock } from './zones.ts';

export type SlotKind = 'PUBLIC' | 'PRO' | 'SNP' | 'CPTS';
type Consultation = 'AMB' | 'HH' | 'VR';
type SlotState = 'free' | 'busy' | 'busy-unavailable' | 'busy-tentative';

export interface AgendaSlot {
  readonly id: string;
  readonly diary: Diary;
  readonly startMs: number;
  readonly endMs: number;
  readonly state: SlotState;
  readonly kinds: readonly SlotKind[];
  readonly consultations: readonly Consultation[];
  readonly reason: string | undefined;
  readonly walkIn: boolean;
  /** Some walk-in slots have no booking page. */
  readonly bookable: boolean;
}

export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Days with free slots, today included. */
export const HORIZON_DAYS = 5;

const MINUTE_MS = 60_000;
// Numbers of a day's slots: at most 100 on a 25-hour day cut in quarters. Eight days keep the horizon apart.
const SLOTS_PER_DAY_MAX = 120;
const DAYS_NUMBERED = 8;
const CACHE_DAYS_MAX = 1_000;
const FREE_SHARE = { day: 0.2, extended: 0.16, continuous: 0.12 } as const;
const OPENING_MINUTES = { day: [480, 1200], extended: [420, 1380], continuous: [0, 1440] } as const;

const HOURS = ['day', 'extended', 'continuous'] as const;

const KINDS: readonly [readonly SlotKind[], ...(readonly SlotKind[])[]] = [
  ['PUBLIC'],
  ['PUBLIC'],
  ['PUBLIC', 'SNP'],
  ['SNP'],
  ['PRO'],
  ['PUBLIC', 'PRO', 'SNP'],
];
const COMMUNITY_KINDS: readonly [readonly SlotKind[], ...(readonly SlotKind[])[]] = [
  ['PUBLIC', 'CPTS'],
  ['CPTS'],
  ['PUBLIC'],
  ['CPTS', 'SNP'],
  ['PUBLIC', 'PRO', 'SNP', 'CPTS'],
];
const CONSULTATIONS: readonly [readonly Consultation[], ...(readonly Consultation[])[]] = [
  ['AMB'],
  ['AMB'],
  ['AMB', 'VR'],
  ['VR'],
  ['HH'],
  ['AMB', 'HH'],
];
const REASONS: readonly [string | undefined, ...(string | undefined)[]] = [
  undefined,
  undefined,
  'Consultation de suivi',
  'Première consultation',
  'Vaccination',
  'Renouvellement de traitement',
];

export class Agenda {
  readonly #seed: number;
  readonly #clock: ZoneClock;
  readonly #days = new Map<string, readonly AgendaSlot[]>();

  constructor(seed: number, clock: ZoneClock) {
    this.#seed = seed;
    this.#clock = clock;
  }

  /** Slots of every state whose start is inside the interval, bounds included, before the horizon, in order. */
  list(diary: Diary, within: Interval, nowMs: number, communities: boolean): readonly AgendaSlot[] {
    const { zone } = diary.place.town;
    const lastDay = this.#clock.dayOf(zone, nowMs) + HORIZON_DAYS - 1;
    const to = Math.min(this.#clock.dayOf(zone, within.toMs), lastDay);
    const from = Math.max(this.#clock.dayOf(zone, within.fromMs), lastDay - HORIZON_DAYS);
    const found: AgendaSlot[] = [];
    for (let day = from; day <= to; day += 1) {
      for (const slot of this.#listDay(diary, day, communities)) {
        if (slot.startMs >= within.fromMs && slot.startMs <= within.toMs) found.push(slot);
      }
    }
    return found;
  }

  /** Exactly `count` free slots inside the interval, spread over it and over the calendars. For measurements. */
  spread(diaries: readonly [Diary, ...Diary[]], within: Interval, count: number): readonly AgendaSlot[] {
    if (within.toMs < within.fromMs) return [];
    // On whole minutes when there are enough, as agendas are.
    const fromMinute = Math.ceil(within.fromMs / MINUTE_MS);
    const minutes = Math.floor(within.toMs / MINUTE_MS) - fromMinute + 1;
    const whole = minutes >= count;
    const firstMs = whole ? fromMinute * MINUTE_MS : within.fromMs;
    const spanMs = whole ? minutes * MINUTE_MS : within.toMs - within.fromMs;
    return Array.from({ length: count }, (_, rank) => {
      const offsetMs = Math.floor((rank * spanMs) / count);
      const startMs = firstMs + (whole ? Math.floor(offsetMs / MINUTE_MS) * MINUTE_MS : offsetMs);
      return this.#makeSpreadSlot(diaries[rank % diaries.length] ?? diaries[0], startMs, rank);
    });
  }

  #makeSpreadSlot(diary: Diary, startMs: number, rank: number): AgendaSlot {
    return {
      id: `slot-${diary.key}-${(startMs / 1000).toString(36).replace('.', '-')}-${rank}`,
      diary,
      startMs,
      endMs: startMs + 15 * MINUTE_MS,
      state: 'free',
      kinds: KINDS[rank % KINDS.length] ?? KINDS[0],
      consultations: CONSULTATIONS[rank % CONSULTATIONS.length] ?? CONSULTATIONS[0],
      reason: REASONS[rank % REASONS.length],
      walkIn: false,
      bookable: true,
    };
  }

  #listDay(diary: Diary, day: number, communities: boolean): readonly AgendaSlot[] {
    const key = `${diary.key}:${day}`;
    const known = this.#days.get(key);
    if (known !== undefined) return known;
    if (this.#days.size >= CACHE_DAYS_MAX) this.#days.clear();
    const slots = this.#makeDay(diary, day, communities);
    this.#days.set(key, slots);
    return slots;
  }

  #makeDay(diary: Diary, day: number, communities: boolean): readonly AgendaSlot[] {
    const { zone } = diary.place.town;
    const hours = pick(HOURS, this.#seed, 'hours', diary.key);
    // 1970-01-01 was a Thursday: day 3 is a Sunday.
    if (hours === 'day' && day % 7 === 3) return [];
    const stepMs = pick([15, 20, 30], this.#seed, 'step', diary.key) * MINUTE_MS;
    const [opens, closes] = OPENING_MINUTES[hours];
    const end = this.#clock.startOfDay(zone, day + 1);
    const slots: AgendaSlot[] = [];
    let rank = 0;
    // Steps are made in elapsed time: the night of a clock change has 23 or 25 hours of slots.
    for (let startMs = this.#clock.startOfDay(zone, day); startMs < end; startMs += stepMs) {
      const minute = this.#clock.minuteOfDay(zone, startMs);
      if (minute < opens || minute >= closes) continue;
      rank += 1;
      const free = !diary.full && draw(this.#seed, diary.key, day, rank, 'free') < FREE_SHARE[hours];
      slots.push(this.#makeSlot(diary, day, rank, startMs, stepMs, free, communities));
    }
    return slots;
  }

  #makeSlot(
    diary: Diary,
    day: number,
    rank: number,
    startMs: number,
    stepMs: number,
    free: boolean,
    communities: boolean,
  ): AgendaSlot {
    const name = [this.#seed, diary.key, day, rank] as const;
    const number = (day % DAYS_NUMBERED) * SLOTS_PER_DAY_MAX + rank;
    const walkIn = draw(...name, 'walk-in') < 0.1;
    return {
      id:
        diary.ordinal === undefined
          ? `slot-${diary.key}-${number}`
          : `slot-${diary.ordinal * DAYS_NUMBERED * SLOTS_PER_DAY_MAX + number}`,
      diary,
      startMs,
      endMs: startMs + stepMs,
      state: free ? 'free' : pick(['busy', 'busy', 'busy-unavailable', 'busy-tentative'], ...name, 'state'),
      kinds: pick(communities ? COMMUNITY_KINDS : KINDS, ...name, 'kinds'),
      consultations: pick(CONSULTATIONS, ...name, 'consultation'),
      reason: pick(REASONS, ...name, 'reason'),
      walkIn,
      bookable: !walkIn || draw(...name, 'bookable') < 0.5,
    };
  }
}
