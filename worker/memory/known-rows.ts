// The rows of kept answers that this isolate has read, so that D1 need not send them again while their version stands.
// Bounded by the memory they take; the least recently used leaves first, and those past their time with it.
// docs/decisions/0015-lru-cache.md.

import { LRUCache } from 'lru-cache';
import type { Flow } from '../../shared/sas/query.ts';
import type { KeptRow } from './kept-row.ts';

/** An isolate has 128 MB for everything. */
const BYTES_MAX = 48_000_000;
/** Measured on rows of twenty vendors that said "none": objects and keys, whatever was said. */
const ROW_BYTES = 300;
const PART_BYTES = 250;
/** A character of the text, what it is parsed to, and the Bundle entries written of it (bundle.ts). */
const BYTES_PER_CHARACTER = 10;

/** An isolate's copy of rows of the table `availability`. */
export class KnownRows {
  readonly #rows: LRUCache<string, KeptRow>;

  /** `bytesMax`: estimated, of all rows together. */
  constructor(bytesMax = BYTES_MAX) {
    this.#rows = new LRUCache({ maxSize: bytesMax, sizeCalculation: weigh });
  }

  get size(): number {
    return this.#rows.size;
  }

  /** However old; leaves the order of use as it is. */
  get(flow: Flow, subject: string): KeptRow | undefined {
    return this.#rows.peek(keyOf(flow, subject));
  }

  /** As the most recently used; a row larger than the bound is not remembered. */
  remember(flow: Flow, row: KeptRow, nowMs: number): void {
    const key = keyOf(flow, row.subject);
    if (this.#rows.get(key) !== row) this.#rows.set(key, row);
    for (const oldest of this.#rows.rkeys()) {
      if (this.#rows.peek(oldest)?.parts.some(({ untilMs }) => untilMs > nowMs)) break;
      this.#rows.delete(oldest);
    }
  }
}

/** Estimated bytes in memory. */
function weigh({ parts }: KeptRow): number {
  const length = parts.reduce((sum, { lines }) => sum + lines.length, 0);
  return ROW_BYTES + PART_BYTES * parts.length + BYTES_PER_CHARACTER * length;
}

function keyOf(flow: Flow, subject: string): string {
  return `${flow} ${subject}`;
}
