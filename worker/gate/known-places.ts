// Where names have signed in before, as hashes, in the gate's storage: a brake that an attack from elsewhere has used up
// does not hold there. One record per name that has signed in; forgotten after a month without a sign-in.

import { log } from '../base/log.ts';

/** Of one name, the last network first: hash of the network, when it last signed in there. */
type Places = readonly (readonly [network: string, atMs: number])[];

const PREFIX = 'known ';
const KNOWN_MS = 30 * 24 * 3_600_000;
/** It is written again after this. */
const WRITE_MS = 24 * 3_600_000;
const PLACES_MAX = 32;

/** Call `load` before anything else. */
export class KnownPlaces {
  readonly #storage: DurableObjectStorage;
  readonly #byName = new Map<string, Places>();

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  async load(nowMs: number): Promise<void> {
    for (const [key, places] of await this.#storage.list<Places>({ prefix: PREFIX })) {
      const current = places.filter(([, atMs]) => nowMs - atMs < KNOWN_MS);
      if (current.length > 0) this.#byName.set(key.slice(PREFIX.length), current);
      else await this.#storage.delete(key);
    }
  }

  /** Both are hashes. */
  has(name: string, network: string, nowMs: number): boolean {
    return this.#byName.get(name)?.some(([one, atMs]) => one === network && nowMs - atMs < KNOWN_MS) === true;
  }

  /** It is known from now on, also when it could not be written. */
  async note(name: string, network: string, nowMs: number): Promise<void> {
    const places = this.#byName.get(name) ?? [];
    const last = places.find(([one]) => one === network);
    if (last !== undefined && nowMs - last[1] < WRITE_MS) return;
    const others = places.filter((one) => one !== last);
    const noted: Places = [[network, nowMs] as const, ...others].slice(0, PLACES_MAX);
    this.#byName.set(name, noted);
    await this.#storage.put(PREFIX + name, noted).catch(() => log('warn', 'gate-unwritten'));
  }
}
