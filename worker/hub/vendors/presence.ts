// Since when no connected relay can be asked for a vendor. In the hub's memory: a hub that has just begun says so of
// itself. No I/O, no clock.

import { LRUCache } from 'lru-cache';
import { VENDORS_REMEMBERED_MAX } from './health.ts';

/** Since when each vendor is out of reach. */
export class Presence {
  readonly #startedMs: number;
  readonly #absentSinceMs = new LRUCache<string, number>({ max: VENDORS_REMEMBERED_MAX });
  #present: ReadonlySet<string> = new Set();

  /** Before `startedMs`, the hub knows of no relay. */
  constructor(startedMs: number) {
    this.#startedMs = startedMs;
  }

  /** `present`: vendors that a relay can be asked for now. */
  update(present: ReadonlySet<string>, nowMs: number): void {
    for (const vendor of this.#present) {
      if (!present.has(vendor)) this.#absentSinceMs.set(vendor, nowMs);
    }
    for (const vendor of present) this.#absentSinceMs.delete(vendor);
    this.#present = present;
  }

  /** Milliseconds; undefined: a relay can be asked for it. */
  absentSinceMs(vendor: string): number | undefined {
    return this.#present.has(vendor) ? undefined : (this.#absentSinceMs.peek(vendor) ?? this.#startedMs);
  }
}
