// Slots that vendors report as booked: they are shown no longer, whatever the vendor still sends and whatever
// was remembered of it. Built from the appointments of the window (store/appointments-tombstones.ts). One that no longer
// takes its slot (cancelled, missed) lifts that, and invents nothing: what the vendor said before it was lifted may be
// from before the booking, so the slot comes back only with a word that is younger. Pure.

export interface BookedSlot {
  readonly editor: string;
  /** Prefixed national identifier; absent for SOS appointments, which name nobody. */
  readonly practitioner?: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  /** When it gave its slot back, milliseconds; absent while it takes it. */
  readonly liftedMs?: number | undefined;
}

/** Of a word that has just come: younger than any cancellation. */
const JUST_SAID_MS = Number.MAX_SAFE_INTEGER;

export class Tombstones {
  /** By slot, until when a vendor's word of it is not taken: for good while it is booked. */
  readonly #named = new Map<string, number>();
  /** The same, an item for each appointment. */
  readonly #unnamed = new Map<string, number[]>();

  constructor(booked: readonly BookedSlot[]) {
    for (const { editor, practitioner, startMs, endMs, liftedMs = Number.POSITIVE_INFINITY } of booked) {
      if (practitioner === undefined) {
        const key = `${editor} ${startMs} ${endMs}`;
        this.#unnamed.set(key, [...(this.#unnamed.get(key) ?? []), liftedMs]);
      } else {
        const key = `${editor} ${practitioner} ${startMs} ${endMs}`;
        this.#named.set(key, Math.max(liftedMs, this.#named.get(key) ?? 0));
      }
    }
  }

  get isEmpty(): boolean {
    return this.#named.size === 0 && this.#unnamed.size === 0;
  }

  /** Is this practitioner's slot at this vendor one that is not to be shown? `saidMs`: of the vendor's word. */
  isBooked(editor: string, subject: string, startMs: number, endMs: number, saidMs = JUST_SAID_MS): boolean {
    return (this.#named.get(`${editor} ${subject} ${startMs} ${endMs}`) ?? 0) > saidMs;
  }

  /**
   * How many appointments without practitioner stand at these times. They do not say which of an association's
   * places they took, so a slot is hidden only where there are at least as many as slots: a slot shown once too
   * often costs a click, one hidden wrongly costs a patient.
   */
  unnamedAt(editor: string, startMs: number, endMs: number, saidMs = JUST_SAID_MS): number {
    const untilMs = this.#unnamed.get(`${editor} ${startMs} ${endMs}`) ?? [];
    return untilMs.filter((one) => one > saidMs).length;
  }
}

export const NO_TOMBSTONES = new Tombstones([]);
