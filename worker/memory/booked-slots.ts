// Times that vendors report as booked: a slot that overlaps one is shown no longer, whatever the vendor still sends and
// whatever is kept of it. Built from the appointments near the window (booked-slots-table.ts). An appointment that no longer
// takes its time (cancelled, missed, moved) gives it back, and invents no slot: what the vendor said before that may be from
// before the booking, so the slot comes back only with a younger answer. Intervals are half open: an appointment that ends
// at 10:15 takes nothing that begins at 10:15. docs/appointments.md § 6.

import type { SlotQuery } from '../../shared/sas/query.ts';
import { slotKey } from '../../shared/sas/slot-key.ts';
import { bookedRowsIn, bookedStatement, sosBookedStatement, type VendorTest } from './booked-slots-table.ts';

/** An appointment, as far as it takes a vendor's slots. Times in milliseconds since 1970. */
export interface BookedSlot {
  readonly vendor: string;
  /** Prefixed national identifier; absent for SOS appointments without a practitioner. */
  readonly practitioner?: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  /** Keys of the slots that the appointment names (shared/sas/slot-key.ts): taken whatever its times say. */
  readonly slotKeys?: readonly string[] | undefined;
  /** What the appointment calls its place, as in `Place.names`; for SOS also the association's SIRET. */
  readonly places?: readonly string[] | undefined;
  /** The vendor serves associations that were not asked for: an appointment that names none may be theirs. */
  readonly mayBeElsewhere?: boolean;
  /** When it gave its time back, milliseconds; absent while it takes it. */
  readonly liftedMs?: number | undefined;
}

/** From `startMs` until just before `endMs`, milliseconds since 1970. */
export interface Interval {
  readonly startMs: number;
  readonly endMs: number;
}

/** Half open. An appointment without length takes the slot that its instant lies in. */
export function overlaps(booked: Interval, slot: Interval): boolean {
  return booked.startMs < slot.endMs && slot.startMs < Math.max(booked.endMs, booked.startMs + 1);
}

/** Age of an answer that has just come: younger than any cancellation. */
const JUST_SAID_MS = Number.MAX_SAFE_INTEGER;

const NONE: readonly BookedSlot[] = [];

/** The booked slots of one search, by practitioner and by vendor. */
export class BookedSlots {
  readonly #byPractitioner = new Map<string, BookedSlot[]>();
  readonly #byVendor = new Map<string, BookedSlot[]>();

  constructor(booked: readonly BookedSlot[]) {
    for (const one of booked) {
      keep(this.#byVendor, one.vendor, one);
      if (one.practitioner !== undefined)
        keep(this.#byPractitioner, keyOf(one.vendor, one.practitioner), one);
    }
  }

  get isEmpty(): boolean {
    return this.#byVendor.size === 0;
  }

  /** This practitioner's at this vendor that hide slots of an answer given then (`saidMs`). */
  of(vendor: string, practitioner: string, saidMs = JUST_SAID_MS): readonly BookedSlot[] {
    return standing(this.#byPractitioner.get(keyOf(vendor, practitioner)) ?? NONE, saidMs);
  }

  /** All of this vendor's that hide slots of an answer given then. Of an SOS search: only SOS appointments are here. */
  ofVendor(vendor: string, saidMs = JUST_SAID_MS): readonly BookedSlot[] {
    return standing(this.#byVendor.get(vendor) ?? NONE, saidMs);
  }
}

function standing(booked: readonly BookedSlot[], saidMs: number): readonly BookedSlot[] {
  if (booked.length === 0) return booked;
  return booked.filter(({ liftedMs = Number.POSITIVE_INFINITY }) => liftedMs > saidMs);
}

function keep(map: Map<string, BookedSlot[]>, key: string, one: BookedSlot): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [one]);
  else known.push(one);
}

function keyOf(vendor: string, practitioner: string): string {
  return `${vendor} ${practitioner}`;
}

/** Of a search that could not read them. */
export const NO_BOOKED_SLOTS = new BookedSlots([]);

/** No vendor's answer is kept longer (`CACHE_TTL_S`, `cacheTtlS`). */
const KEPT_MS_MAX = 3_600_000;
/** A slot of the window may end after it, in the time of an appointment that begins after it. */
const SLOT_MS_MAX = 24 * 3_600_000;
/** An appointment that names its slot is found when its times are wrong by no more. */
const MISTAKEN_MS_MAX = 24 * 3_600_000;

/** The booked slots that matter to one search. For a batch with other statements; `bookedSlotsOf` reads its result. */
export function bookedSlotsStatement(
  db: D1Database,
  { flow, window, subjects }: SlotQuery,
  nowMs: number,
): D1PreparedStatement {
  // What has started is not shown. An appointment that seems over may still name a slot of the window: a vendor's hours
  // are off by its offset from UTC, or by a day.
  const fromMs = Math.max(window.fromMs, nowMs) - MISTAKEN_MS_MAX;
  const range = { fromMs, toMs: window.toMs + SLOT_MS_MAX, liftedSinceMs: nowMs - KEPT_MS_MAX };
  return flow === 'SOS'
    ? sosBookedStatement(db, range)
    : bookedStatement(db, { practitioners: subjects, ...range });
}

/** Reads the result of `bookedSlotsStatement`. `servingOthers`: vendors known to serve associations that were not asked for. */
export function bookedSlotsOf(result: D1Result, servingOthers: VendorTest): BookedSlots {
  return new BookedSlots(
    bookedRowsIn(result, servingOthers).map(({ slots, ...one }) => ({
      ...one,
      slotKeys: slots?.map(slotKey),
    })),
  );
}
