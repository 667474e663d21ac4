// Relays' tokens that have been used: each is good once. In the hub's memory, and in its own storage so that one that starts
// again knows them too; each relay has room of its own, so that no relay uses up another's, and within it its links and each
// of its vendors. Forgotten once they would not be taken anyway.

import type { OneTimeToken } from '../../http/relay-token.ts';
import type { HubStorage } from '../vendors/hub-storage.ts';

/** Of one relay's links, at two and a half minutes each: it dials each hub every few seconds at most. */
export const LINK_TOKENS_MAX = 5_000;
/** Of one vendor: 50 a second, what its port lets through, need 7,500. */
export const VENDOR_TOKENS_MAX = 10_000;
/** Of all vendors of one relay: 670 a second. */
export const RELAY_TOKENS_MAX = 100_000;
/** A vendor has these whatever the others have used: 3 a second. */
export const VENDOR_TOKENS_SURE = 500;

/** Beside the vendors of a relay, none of which can have that id: messages of INT_L02, some ten requests a second. */
export const CARRIER_TOKENS = '/hub-sante';

const PREFIX = 'used-token/';

interface Use {
  /** Names the request that used it. */
  readonly by: string;
  readonly untilMs: number;
  /** The vendor that sent; absent: a link, or before vendors were told apart. */
  readonly editor?: string;
}

/** Of one relay. */
class Uses {
  /** By `jti`, the oldest first. */
  readonly all = new Map<string, Use>();
  /** By vendor; '': links. */
  readonly #counts = new Map<string, number>();

  add(jti: string, use: Use): void {
    this.all.set(jti, use);
    this.#count(use, 1);
  }

  drop(jti: string, use: Use): void {
    if (this.all.delete(jti)) this.#count(use, -1);
  }

  hasRoom(vendor: string | undefined): boolean {
    const links = this.#counts.get('') ?? 0;
    if (vendor === undefined) return links < LINK_TOKENS_MAX;
    const own = this.#counts.get(vendor) ?? 0;
    const isFull = this.all.size - links >= RELAY_TOKENS_MAX;
    return own < (isFull ? VENDOR_TOKENS_SURE : VENDOR_TOKENS_MAX);
  }

  #count({ editor = '' }: Use, by: 1 | -1): void {
    const count = (this.#counts.get(editor) ?? 0) + by;
    if (count === 0) this.#counts.delete(editor);
    else this.#counts.set(editor, count);
  }
}

/** `full`: its links, or its vendor, have used as many as are remembered; later ones are taken again as the first ones end. */
export type TokenVerdict = 'first' | 'used' | 'full';

/** The constructor reads nothing; `load` the storage. */
export class UsedTokens {
  readonly #storage: HubStorage;
  readonly #used = new Map<string, Uses>();

  constructor(storage: HubStorage) {
    this.#storage = storage;
  }

  async load(): Promise<void> {
    for (const [key, use] of await this.#storage.list<Use>(PREFIX)) {
      const end = key.lastIndexOf('/');
      this.#of(key.slice(0, end)).add(key.slice(end + 1), use);
    }
  }

  /**
   * `by`: a request whose call to the hub is made twice uses its token once. `nowMs`: milliseconds since 1970. `vendor`: the
   * one whose share it takes; undefined for a link's.
   */
  take({ relay, jti, untilMs }: OneTimeToken, by: string, nowMs: number, vendor?: string): TokenVerdict {
    const used = this.#of(relay);
    this.#forget(relay, used, nowMs);
    const known = used.all.get(jti);
    if (known !== undefined) return known.by === by ? 'first' : 'used';
    if (!used.hasRoom(vendor)) return 'full';
    const use = { by, untilMs, ...(vendor !== undefined && { editor: vendor }) };
    used.add(jti, use);
    this.#storage.write(new Map([[keyOf(relay, jti), use]]));
    return 'first';
  }

  #of(relay: string): Uses {
    const known = this.#used.get(relay) ?? new Uses();
    this.#used.set(relay, known);
    return known;
  }

  /** The oldest come first; one that lives longer than those behind it keeps them a little longer. */
  #forget(relay: string, used: Uses, nowMs: number): void {
    for (const [jti, use] of used.all) {
      if (use.untilMs >= nowMs) return;
      used.drop(jti, use);
      this.#storage.writeSoon(keyOf(relay, jti), undefined);
    }
  }
}

/** A `jti` has no slash. */
function keyOf(relay: string, jti: string): string {
  return `${PREFIX}${relay}/${jti}`;
}
