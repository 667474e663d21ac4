// Slots that vendors report as booked: they are shown no longer, whatever the vendor still sends and whatever
// was remembered of it. Built from the appointments of the window (store/appointments.ts); a cancelled one is not
// in it, so its slot comes back only if the vendor sends it. Pure.

export interface BookedSlot {
  readonly editor: string;
  /** Prefixed national identifier; absent for SOS appointments, which name nobody. */
  readonly practitioner?: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
}

export class Tombstones {
  readonly #named = new Set<string>();
  readonly #unnamed = new Map<string, number>();

  constructor(booked: readonly BookedSlot[]) {
    for (const { editor, practitioner, startMs, endMs } of booked) {
      if (practitioner !== undefined) this.#named.add(`${editor} ${practitioner} ${startMs} ${endMs}`);
      else {
        const key = `${editor} ${startMs} ${endMs}`;
        this.#unnamed.set(key, (this.#unnamed.get(key) ?? 0) + 1);
      }
    }
  }

  get isEmpty(): boolean {
    return this.#named.size === 0 && this.#unnamed.size === 0;
  }

  /** Is this practitioner's slot booked at this vendor? */
  isBooked(editor: string, subject: string, startMs: number, endMs: number): boolean {
    return this.#named.has(`${editor} ${subject} ${startMs} ${endMs}`);
  }

  /**
   * How many appointments without practitioner stand at these times. They do not say which of an association's
   * places they took, so a slot is hidden only where there are at least as many as slots: a slot shown once too
   * often costs a click, one hidden wrongly costs a patient.
   */
  unnamedAt(editor: string, startMs: number, endMs: number): number {
    return this.#unnamed.get(`${editor} ${startMs} ${endMs}`) ?? 0;
  }
}

export const NO_TOMBSTONES = new Tombstones([]);
