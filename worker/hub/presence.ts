// Since when no connected relay can be asked for a vendor. In the hub's memory: a hub that has just begun says so of
// itself. No I/O, no clock.

import { dropOldest, EDITORS_REMEMBERED_MAX } from './drop-oldest.ts';

export class Presence {
  readonly #startedMs: number;
  readonly #absentSinceMs = new Map<string, number>();
  #present: ReadonlySet<string> = new Set();

  /** Before `startedMs`, the hub knows of no relay. */
  constructor(startedMs: number) {
    this.#startedMs = startedMs;
  }

  /** `present`: vendors that a relay can be asked for now. */
  update(present: ReadonlySet<string>, nowMs: number): void {
    for (const editor of this.#present) {
      if (present.has(editor)) continue;
      dropOldest(this.#absentSinceMs, EDITORS_REMEMBERED_MAX);
      this.#absentSinceMs.set(editor, nowMs);
    }
    for (const editor of present) this.#absentSinceMs.delete(editor);
    this.#present = present;
  }

  /** Milliseconds; undefined: a relay can be asked for it. */
  absentSinceMs(editor: string): number | undefined {
    return this.#present.has(editor) ? undefined : (this.#absentSinceMs.get(editor) ?? this.#startedMs);
  }
}
