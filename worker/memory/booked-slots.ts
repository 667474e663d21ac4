// Times that vendors report as booked: slots that overlap them are shown no longer, whatever the vendor still sends and
// whatever was remembered of it. Built from the appointments near the window (booked-slots-table.ts). One that
// no longer takes its time (cancelled, missed, moved) lifts that, and invents nothing: what the vendor said before it was
// lifted may be from before the booking, so the slot comes back only with a word that is younger. Intervals are half
// open: who leaves at 10:15 is not in the way at 10:15. Pure. docs/appointments.md § 6.

export interface BookedSlot {
  readonly editor: string;
  /** Prefixed national identifier; absent for SOS appointments that name nobody. */
  readonly practitioner?: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  /** Keys of the slots that the appointment names (shared/sas/slot-key.ts): taken whatever its times say. */
  readonly slotKeys?: readonly string[] | undefined;
  /** What the appointment calls its place, as in `Place.names`; for SOS also the association's SIRET. */
  readonly places?: readonly string[] | undefined;
  /** The vendor serves associations that were not asked for: one that names none may be theirs. */
  readonly mayBeElsewhere?: boolean;
  /** When it gave its time back, milliseconds; absent while it takes it. */
  readonly liftedMs?: number | undefined;
}

export interface Interval {
  readonly startMs: number;
  readonly endMs: number;
}

/** Half open. An appointment without length takes the slot that its instant lies in. */
export function overlaps(booked: Interval, slot: Interval): boolean {
  return booked.startMs < slot.endMs && slot.startMs < Math.max(booked.endMs, booked.startMs + 1);
}

/** Of a word that has just come: younger than any cancellation. */
const JUST_SAID_MS = Number.MAX_SAFE_INTEGER;

const NONE: readonly BookedSlot[] = [];

export class Tombstones {
  readonly #byPractitioner = new Map<string, BookedSlot[]>();
  readonly #byEditor = new Map<string, BookedSlot[]>();

  constructor(booked: readonly BookedSlot[]) {
    for (const one of booked) {
      keep(this.#byEditor, one.editor, one);
      if (one.practitioner !== undefined)
        keep(this.#byPractitioner, keyOf(one.editor, one.practitioner), one);
    }
  }

  get isEmpty(): boolean {
    return this.#byEditor.size === 0;
  }

  /** This practitioner's at this vendor that hide slots in a word said then. */
  of(editor: string, practitioner: string, saidMs = JUST_SAID_MS): readonly BookedSlot[] {
    return standing(this.#byPractitioner.get(keyOf(editor, practitioner)) ?? NONE, saidMs);
  }

  /** All of this vendor's. Of an SOS search: only SOS appointments are here. */
  ofEditor(editor: string, saidMs = JUST_SAID_MS): readonly BookedSlot[] {
    return standing(this.#byEditor.get(editor) ?? NONE, saidMs);
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

function keyOf(editor: string, practitioner: string): string {
  return `${editor} ${practitioner}`;
}

export const NO_TOMBSTONES = new Tombstones([]);
