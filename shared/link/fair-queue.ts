// Items wait for a place in fair turns: one caller after the other, each by its weight, and within a caller one search
// after the other. A caller that brings a thousand items waits for them itself. Used by the hub (calls not handed to a relay yet)
// and by the relay (one vendor's calls). No clock, no I/O.

/** Whose turn something takes. Both keys are opaque: no person can be read from them. */
export interface Turn {
  readonly caller: string;
  readonly search: string;
  /** How many things the caller may take in one round of all callers; default 1. */
  readonly weight?: number;
}

interface Line<T> {
  readonly searches: Map<string, Set<T>>;
  weight: number;
  size: number;
  /** In this round. */
  taken: number;
}

/** Items wait until they are taken or removed; it bounds nothing. */
export class FairQueue<T> {
  /** In the order of their next turns. */
  readonly #lines = new Map<string, Line<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** An item waits once. */
  push({ caller, search, weight = 1 }: Turn, item: T): void {
    const line = this.#lines.get(caller) ?? { searches: new Map(), weight, size: 0, taken: 0 };
    this.#lines.set(caller, line);
    line.weight = weight;
    const items = line.searches.get(search) ?? new Set();
    line.searches.set(search, items);
    items.add(item);
    line.size += 1;
    this.#size += 1;
  }

  /** Takes the next one; with `may`, the next one whose turn it allows: the turns of the others are kept. */
  shift(may?: (turn: Turn) => boolean): T | undefined {
    for (const [caller, line] of this.#lines) {
      for (const [search, items] of line.searches) {
        if (may !== undefined && !may({ caller, search })) continue;
        for (const item of items) {
          this.#take(caller, search, item);
          this.#endTurn(caller, search);
          return item;
        }
      }
    }
    return undefined;
  }

  /** False when it does not wait. */
  delete({ caller, search }: Turn, item: T): boolean {
    if (this.#lines.get(caller)?.searches.get(search)?.has(item) !== true) return false;
    this.#take(caller, search, item);
    return true;
  }

  /** Takes what came last of the longest search of the caller for whom most waits, measured by its weight. */
  pop(): T | undefined {
    let longest: readonly [caller: string, line: Line<T>] | undefined;
    for (const entry of this.#lines) {
      const [, line] = entry;
      if (longest === undefined || line.size / line.weight >= longest[1].size / longest[1].weight)
        longest = entry;
    }
    if (longest === undefined) return undefined;
    const [caller, line] = longest;
    const [search, items] = [...line.searches].reduce((one, other) =>
      other[1].size >= one[1].size ? other : one,
    );
    const item = [...items].at(-1);
    if (item !== undefined) this.#take(caller, search, item);
    return item;
  }

  #take(caller: string, search: string, item: T): void {
    const line = this.#lines.get(caller);
    const items = line?.searches.get(search);
    if (line === undefined || items === undefined) return;
    items.delete(item);
    line.size -= 1;
    this.#size -= 1;
    if (items.size === 0) line.searches.delete(search);
    if (line.size === 0) this.#lines.delete(caller);
  }

  /** The search goes behind the caller's others and, when the caller has had its round, the caller behind all. */
  #endTurn(caller: string, search: string): void {
    const line = this.#lines.get(caller);
    if (line === undefined) return;
    const items = line.searches.get(search);
    if (items !== undefined) {
      line.searches.delete(search);
      line.searches.set(search, items);
    }
    line.taken += 1;
    if (line.taken < line.weight) return;
    line.taken = 0;
    this.#lines.delete(caller);
    this.#lines.set(caller, line);
  }
}
