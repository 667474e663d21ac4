// Free slots of the agenda that an appointment has taken since. The agenda itself is a pure function and stays so.

import type { AgendaSlot } from './agenda.ts';
import type { Diary } from './directory.ts';

export class TakenSlots {
  readonly #keys = new Set<string>();

  /** Slots with those taken shown busy. */
  mark(slots: readonly AgendaSlot[]): readonly AgendaSlot[] {
    if (this.#keys.size === 0) return slots;
    return slots.map((slot) =>
      this.#keys.has(keyOf(slot.diary, slot.startMs)) ? { ...slot, state: 'busy' } : slot,
    );
  }

  take(diary: Diary, startMs: number): void {
    this.#keys.add(keyOf(diary, startMs));
  }

  free(diary: Diary, startMs: number): void {
    this.#keys.delete(keyOf(diary, startMs));
  }

  clear(): void {
    this.#keys.clear();
  }
}

/** Ids of slots come back after eight days; a calendar and a start do not. */
function keyOf({ key }: Diary, startMs: number): string {
  return `${key} ${startMs}`;
}
