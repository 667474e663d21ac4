// Relays' tokens that have been used: each is good once. In the hub's memory, and in its own storage so that one that starts
// again knows them too; each relay has room of its own, so that no relay uses up another's. Forgotten once they would not be
// taken anyway.

import type { OneTimeToken } from '../../http/relay-token.ts';
import type { HubStorage } from '../vendors/hub-storage.ts';

/** Of one relay at once: 300 a second, at two and a half minutes each. */
export const USED_TOKENS_MAX = 50_000;

const PREFIX = 'used-token/';

interface Use {
  /** Names the request that used it. */
  readonly by: string;
  readonly untilMs: number;
}

/** `full`: its relay has used as many as are remembered; later ones are taken again as the first ones end. */
export type TokenVerdict = 'first' | 'used' | 'full';

/** The constructor reads nothing; `load` the storage. */
export class UsedTokens {
  readonly #storage: HubStorage;
  /** By relay, by `jti`. */
  readonly #used = new Map<string, Map<string, Use>>();

  constructor(storage: HubStorage) {
    this.#storage = storage;
  }

  async load(): Promise<void> {
    for (const [key, use] of await this.#storage.list<Use>(PREFIX)) {
      const end = key.lastIndexOf('/');
      this.#of(key.slice(0, end)).set(key.slice(end + 1), use);
    }
  }

  /** `by`: a request whose call to the hub is made twice uses its token once. `nowMs`: milliseconds since 1970. */
  take({ relay, jti, untilMs }: OneTimeToken, by: string, nowMs: number): TokenVerdict {
    const used = this.#of(relay);
    this.#forget(relay, used, nowMs);
    const known = used.get(jti);
    if (known !== undefined) return known.by === by ? 'first' : 'used';
    if (used.size >= USED_TOKENS_MAX) return 'full';
    const use = { by, untilMs };
    used.set(jti, use);
    this.#storage.write(new Map([[keyOf(relay, jti), use]]));
    return 'first';
  }

  #of(relay: string): Map<string, Use> {
    const known = this.#used.get(relay) ?? new Map<string, Use>();
    this.#used.set(relay, known);
    return known;
  }

  /** The oldest come first; one that lives longer than those behind it keeps them a little longer. */
  #forget(relay: string, used: Map<string, Use>, nowMs: number): void {
    for (const [jti, { untilMs }] of used) {
      if (untilMs >= nowMs) return;
      used.delete(jti);
      this.#storage.writeSoon(keyOf(relay, jti), undefined);
    }
  }
}

/** A `jti` has no slash. */
function keyOf(relay: string, jti: string): string {
  return `${PREFIX}${relay}/${jti}`;
}
