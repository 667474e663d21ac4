// What this isolate holds for callers who are slow: answers that they have not read yet, bodies that they have not sent to
// the end. Bounded for each caller and in all; over the bound in all, whoever holds most gives way. No clock but the one
// that is passed in, no I/O.

/** Of an isolate's 128 MB; its code, what it remembers and what it works on take the rest. */
const PENDING_BYTES_MAX = 64 * 1024 * 1024;

/** One answer or body under way. */
export interface Held {
  /** So many more bytes are held for it. */
  readonly add: (bytes: number, nowMs: number) => void;
  /** So many have gone. */
  readonly take: (bytes: number, nowMs: number) => void;
  /** All have. */
  readonly end: () => void;
}

interface Entry {
  readonly caller: string;
  readonly cut: () => void;
  bytes: number;
  movedMs: number;
}

/** All that is held in one isolate. */
export class PendingBytes {
  readonly #max: number;
  readonly #entries = new Set<Entry>();
  #bytes = 0;

  constructor(max = PENDING_BYTES_MAX) {
    this.#max = max;
  }

  get bytes(): number {
    return this.#bytes;
  }

  of(caller: string): number {
    let sum = 0;
    for (const entry of this.#entries) if (entry.caller === caller) sum += entry.bytes;
    return sum;
  }

  /** `cut`: is called at most once, when it has to give way; nothing is held for it then. */
  hold(caller: string, cut: () => void, nowMs: number): Held {
    const entry: Entry = { caller, cut, bytes: 0, movedMs: nowMs };
    this.#entries.add(entry);
    return {
      add: (bytes, atMs) => {
        if (!this.#entries.has(entry)) return;
        this.#move(entry, bytes, atMs);
        this.#makeRoom();
      },
      take: (bytes, atMs) => {
        if (this.#entries.has(entry)) this.#move(entry, -bytes, atMs);
      },
      end: () => this.#drop(entry),
    };
  }

  #move(entry: Entry, bytes: number, nowMs: number): void {
    entry.bytes += bytes;
    entry.movedMs = nowMs;
    this.#bytes += bytes;
  }

  #drop(entry: Entry): void {
    if (!this.#entries.delete(entry)) return;
    this.#bytes -= entry.bytes;
  }

  /** Of the caller for whom most is held, what has not moved for longest. One thing alone may be larger than the bound. */
  #makeRoom(): void {
    while (this.#bytes > this.#max && this.#entries.size > 1) {
      const heaviest = this.#heaviest();
      const [stalest] = [...this.#entries]
        .filter(({ caller, bytes }) => caller === heaviest && bytes > 0)
        .sort((one, other) => one.movedMs - other.movedMs);
      if (stalest === undefined) return;
      this.#drop(stalest);
      stalest.cut();
    }
  }

  #heaviest(): string | undefined {
    const sums = new Map<string, number>();
    for (const { caller, bytes } of this.#entries) sums.set(caller, (sums.get(caller) ?? 0) + bytes);
    return [...sums].reduce<readonly [string, number] | undefined>(
      (most, one) => (most === undefined || one[1] > most[1] ? one : most),
      undefined,
    )?.[0];
  }
}

/** Of this isolate. */
export const pendingBytes = new PendingBytes();
