// Times that vendors report as booked: a slot that overlaps one is shown no longer, whatever the vendor still sends and
// whatever is kept of it. Built from the appointments near the window, as the hub's plan tells them. An appointment that no longer
// takes its time (cancelled, missed, moved) gives it back, and invents no slot: what the vendor said before that may be from
// before the booking, so the slot comes back only with a younger answer. Intervals are half open: an appointment that ends
// at 10:15 takes nothing that begins at 10:15. docs/appointments.md § 6.

import type { BookedSlot } from '../hub/memory/booked-slots-table.ts';

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
  /** Of erased appointments: they take what they name, whose it is. */
  readonly #ofNobody = new Map<string, BookedSlot[]>();

  constructor(booked: readonly BookedSlot[]) {
    for (const one of booked) {
      keep(this.#byVendor, one.vendor, one);
      if (one.practitioner !== undefined)
        keep(this.#byPractitioner, keyOf(one.vendor, one.practitioner), one);
      else keep(this.#ofNobody, one.vendor, one);
    }
  }

  get isEmpty(): boolean {
    return this.#byVendor.size === 0;
  }

  /** This practitioner's at this vendor that hide slots of an answer given then (`saidMs`). */
  of(vendor: string, practitioner: string, saidMs = JUST_SAID_MS): readonly BookedSlot[] {
    const own = this.#byPractitioner.get(keyOf(vendor, practitioner));
    const nobodys = this.#ofNobody.get(vendor);
    if (nobodys === undefined) return standing(own ?? NONE, saidMs);
    return standing([...(own ?? NONE), ...nobodys], saidMs);
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
