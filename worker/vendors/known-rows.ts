// The rows this isolate has read, so that D1 need not send them again while their version stands. Bounded by the length
// of their texts; the least recently used leaves first.

import type { Flow } from '../../shared/sas/query.ts';
import type { KeptRow } from './kept-row.ts';

const LENGTH_MAX = 8_000_000;

interface Remembered {
  readonly row: KeptRow;
  readonly length: number;
}

export class KnownRows {
  readonly #lengthMax: number;
  readonly #rows = new Map<string, Remembered>();
  #length = 0;

  constructor(lengthMax = LENGTH_MAX) {
    this.#lengthMax = lengthMax;
  }

  get(flow: Flow, subject: string): KeptRow | undefined {
    return this.#rows.get(keyOf(flow, subject))?.row;
  }

  remember(flow: Flow, row: KeptRow): void {
    const key = keyOf(flow, row.subject);
    const length = row.parts.reduce((sum, { lines }) => sum + lines.length, 0) + key.length;
    this.#forget(key);
    this.#rows.set(key, { row, length });
    this.#length += length;
    for (const oldest of this.#rows.keys()) {
      if (this.#length <= this.#lengthMax) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#length -= this.#rows.get(key)?.length ?? 0;
    this.#rows.delete(key);
  }
}

function keyOf(flow: Flow, subject: string): string {
  return `${flow} ${subject}`;
}
