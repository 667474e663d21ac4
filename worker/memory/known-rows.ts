// The rows this isolate has read, so that D1 need not send them again while their version stands. Bounded by the memory
// they take; the least recently used leaves first, and those past their time with it.

import type { Flow } from '../../shared/sas/query.ts';
import type { KeptRow } from './kept-row.ts';

/** An isolate has 128 MB for everything. */
const BYTES_MAX = 48_000_000;
/** Measured on rows of twenty vendors that said "none": objects and keys, whatever was said. */
const ROW_BYTES = 300;
const PART_BYTES = 250;
/** A character of the text, what it is parsed to, and the Bundle entries written of it (bundle.ts). */
const BYTES_PER_CHARACTER = 10;

interface Remembered {
  readonly row: KeptRow;
  readonly bytes: number;
  readonly untilMs: number;
}

export class KnownRows {
  readonly #bytesMax: number;
  readonly #rows = new Map<string, Remembered>();
  #bytes = 0;

  constructor(bytesMax = BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(flow: Flow, subject: string): KeptRow | undefined {
    return this.#rows.get(keyOf(flow, subject))?.row;
  }

  remember(flow: Flow, row: KeptRow, nowMs: number): void {
    const key = keyOf(flow, row.subject);
    const before = this.#rows.get(key);
    const remembered = before?.row === row ? before : weigh(row);
    this.#forget(key);
    this.#rows.set(key, remembered);
    this.#bytes += remembered.bytes;
    for (const [oldest, { untilMs }] of this.#rows) {
      if (this.#bytes <= this.#bytesMax && untilMs > nowMs) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#rows.get(key)?.bytes ?? 0;
    this.#rows.delete(key);
  }
}

function weigh(row: KeptRow): Remembered {
  const length = row.parts.reduce((sum, { lines }) => sum + lines.length, 0);
  return {
    row,
    bytes: ROW_BYTES + PART_BYTES * row.parts.length + BYTES_PER_CHARACTER * length,
    untilMs: Math.max(0, ...row.parts.map(({ untilMs }) => untilMs)),
  };
}

function keyOf(flow: Flow, subject: string): string {
  return `${flow} ${subject}`;
}
