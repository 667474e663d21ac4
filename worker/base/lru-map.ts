// A map that stays bounded, by count or by weight: the entry that was used least recently gives way. For what an isolate or a hub
// remembers per vendor or per person asked for. No clock, no timer: times are values. docs/decisions/0015-lru-cache.md.

/** Its bounds. */
export interface LruBounds<K, V> {
  /** Entries; without it their count is not bounded. */
  readonly max?: number;
  /** Of all weights together; without it they are not bounded. A value that weighs more alone is not taken. */
  readonly maxWeight?: number;
  /** Asked once for each value that is set. */
  readonly weigh?: (value: V) => number;
  /** Hears of each key that gives way to others; not of one that is deleted or set anew. */
  readonly onEvicted?: (key: K) => void;
}

interface Entry<V> {
  readonly value: V;
  readonly weight: number;
}

/** Keys in the order of their last use; V is never undefined. */
export class LruMap<K, V extends {}> {
  readonly #bounds: LruBounds<K, V>;
  /** Least recently used first. */
  readonly #entries = new Map<K, Entry<V>>();
  #weight = 0;

  constructor(bounds: LruBounds<K, V>) {
    this.#bounds = bounds;
  }

  /** How many entries. */
  get size(): number {
    return this.#entries.size;
  }

  /** Of all entries together. */
  get weight(): number {
    return this.#weight;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  /** The value, which stays where it is in the order. */
  peek(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** The value, which is the most recently used from then on. */
  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** In place of what was there, as the most recently used; others give way until the bounds hold. */
  set(key: K, value: V): void {
    const {
      max = Number.POSITIVE_INFINITY,
      maxWeight = Number.POSITIVE_INFINITY,
      weigh,
      onEvicted,
    } = this.#bounds;
    this.delete(key);
    const weight = weigh?.(value) ?? 0;
    if (weight > maxWeight) return;
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= max && this.#weight <= maxWeight) return;
      this.delete(oldest);
      onEvicted?.(oldest);
    }
  }

  delete(key: K): void {
    this.#weight -= this.#entries.get(key)?.weight ?? 0;
    this.#entries.delete(key);
  }

  /** Least recently used first; the key that is told may be deleted meanwhile. */
  keys(): MapIterator<K> {
    return this.#entries.keys();
  }

  /** Each entry, least recently used first. */
  forEach(tell: (value: V, key: K) => void): void {
    for (const [key, { value }] of this.#entries) tell(value, key);
  }
}
