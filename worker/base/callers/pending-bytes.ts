// What this isolate holds for callers who are slow: answers that they have not read yet, bodies that they have not sent to
// the end. Bounded for each caller and in all; over the bound in all, what has stopped moving gives way, and what moves only
// over a higher one. No clock but the one that is passed in, no I/O.

/** Over it, what does not move gives way. */
const PENDING_BYTES_ROOM = 64 * 1024 * 1024;
/** Over it, what moves gives way too. Of an isolate's 128 MB; its code and what it works on take the rest. */
const PENDING_BYTES_MAX = 96 * 1024 * 1024;
/** What nobody has taken from, or added to, for so long does not move. */
const STILL_MS = 2_000;

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
  readonly #room: number;
  readonly #max: number;
  readonly #entries = new Set<Entry>();
  #bytes = 0;

  /** Bytes in all: over `room` what stands still gives way, over `max` what moves too. */
  constructor(room = PENDING_BYTES_ROOM, max = PENDING_BYTES_MAX) {
    this.#room = room;
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
        this.#makeRoom(atMs);
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

  /** One thing alone may be larger than the bounds. */
  #makeRoom(nowMs: number): void {
    while (this.#bytes > this.#room && this.#entries.size > 1) {
      const held = [...this.#entries].filter(({ bytes }) => bytes > 0);
      const still = held.filter(({ movedMs }) => nowMs - movedMs >= STILL_MS);
      const next =
        stalestOfHeaviest(still) ?? (this.#bytes > this.#max ? stalestOfHeaviest(held) : undefined);
      if (next === undefined) return;
      this.#drop(next);
      next.cut();
    }
  }
}

/** Of the caller for whom most of these is held, what has not moved for longest. */
function stalestOfHeaviest(entries: readonly Entry[]): Entry | undefined {
  const sums = new Map<string, number>();
  for (const { caller, bytes } of entries) sums.set(caller, (sums.get(caller) ?? 0) + bytes);
  const [heaviest] = [...sums].sort(([, one], [, other]) => other - one)[0] ?? [];
  return entries
    .filter(({ caller }) => caller === heaviest)
    .sort((one, other) => one.movedMs - other.movedMs)[0];
}

/** Of this isolate. */
export const pendingBytes = new PendingBytes();
