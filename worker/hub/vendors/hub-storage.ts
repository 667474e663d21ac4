// The hub's own storage, written behind. The platform holds back every message of an object, to relays and Workers alike,
// until what the object has written is on disk, unless the write says `allowUnconfirmed`. Nothing written here is worth
// that wait: what a crash of the machine loses is said again by the relays, read from D1, a minute of a vendor's health, or
// tokens used just before: such a one could be used once more in its last two minutes (link/used-tokens.ts). https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/

import { log } from '../../base/log.ts';

const UNCONFIRMED = { allowUnconfirmed: true } as const;
/** What changes often is written so much later, all in one commit. */
const GATHER_MS = 250;
/** The platform's bound on the keys of one call. */
const KEYS_PER_CALL_MAX = 128;

/** Writes that no message waits for. Values are what the platform can clone, 2 MB at most each. */
export class HubStorage {
  readonly #storage: DurableObjectStorage;
  /** Undefined: to be deleted. */
  #gathered = new Map<string, unknown>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** By the rest of its key, each value whose key begins so. */
  async list<T>(prefix: string): Promise<Map<string, T>> {
    const found = await this.#storage.list<T>({ prefix });
    return new Map([...found].map(([key, value]) => [key.slice(prefix.length), value]));
  }

  /** At once; undefined deletes. */
  write(entries: ReadonlyMap<string, unknown>): void {
    const kept = [...entries].filter(([, value]) => value !== undefined);
    const gone = [...entries].filter(([, value]) => value === undefined).map(([key]) => key);
    for (const some of inLotsOf(kept, KEYS_PER_CALL_MAX)) {
      this.#watch(this.#storage.put(Object.fromEntries(some), UNCONFIRMED));
    }
    for (const some of inLotsOf(gone, KEYS_PER_CALL_MAX)) {
      this.#watch(this.#storage.delete([...some], UNCONFIRMED));
    }
  }

  /** A moment later, together with what else changes; the last value counts, undefined deletes. */
  writeSoon(key: string, value: unknown): void {
    this.#gathered.set(key, value);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const gathered = this.#gathered;
      this.#gathered = new Map();
      this.write(gathered);
    }, GATHER_MS);
  }

  #watch(written: Promise<unknown>): void {
    written.catch((cause: unknown) => {
      log('error', 'hub-storage-not-written', { detail: cause instanceof Error ? cause.name : 'unknown' });
    });
  }
}

function* inLotsOf<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
