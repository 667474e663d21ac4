// The public keys of the token issuer, as worker/http/auth.ts verifies with them. Read from AUTH_JWKS_URL they are kept
// by each isolate: renewed behind the requests, and known on while their issuer is away (AUTH_JWKS_OUTAGE_S). A key that
// the issuer takes away stops being good within a minute. One answer is never wrong: "nobody knows" is not "no".

import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { readBounded } from '../../shared/bounded-bytes.ts';
import { within } from '../../shared/deadline.ts';
import { GatewayError } from '../../shared/error.ts';
import { asObject } from '../../shared/fhir/json.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { log } from './log.ts';

/** From the question to the last byte of the issuer's answer. */
const READ_MS = 3_000;
/** Keys read this long ago are good, and read again behind the request. */
const BEHIND_MS = 30_000;
/** Keys asked for this long ago are read again in front of the request: with READ_MS, less than a minute in all. */
const FRONT_MS = 50_000;
/** An issuer that is away is asked again after this: behind the request when keys are known, else in front of it. */
const RETRY_MS = 10_000;
const RETRY_UNKNOWING_MS = 1_000;
/** How often tokens of unknown keys, which anybody can make, may have the issuer asked by one isolate. */
const UNKNOWN_KEY_MS = 5_000;
/** How often the store hears that keys are still the same. */
const TELL_MS = 600_000;
const STORE_MS = 1_000;
const JWKS_BYTES_MAX = 256 * 1024;

/** A key set as it was read. */
export interface ReadKeys {
  /** JSON text of a JWKS with one usable key at least. */
  readonly jwks: string;
  /** When the issuer last said so. */
  readonly readMs: number;
}

/** Keeps the last key set for isolates that begin while the issuer is away. */
export interface KeyStore {
  /** Passes over keys that are older than those it has. */
  keepKeys(url: string, keys: ReadKeys): Promise<void>;
  keptKeys(url: string): Promise<ReadKeys | undefined>;
}

/** What one request lends to reading. */
export interface KeyReading {
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Called when the store is needed: its stub belongs to one request. */
  readonly store: () => KeyStore;
}

/** The keys of one issuer. */
export interface IssuerKeys {
  /** The set to verify with; the same object as long as the issuer says the same. @throws GatewayError issuer-unavailable. */
  current(reading: KeyReading): Promise<JWTVerifyGetKey>;
  /**
   * For a token of which `set` does not have the key: a set that the issuer has given since. `same`: the issuer was
   * asked a moment ago, and has no other. `away`: nobody can tell.
   */
  newerThan(set: JWTVerifyGetKey, reading: KeyReading): Promise<JWTVerifyGetKey | 'same' | 'away'>;
}

/** The issuer's keys are not known: whether a token is good cannot be told. */
export function issuerUnavailable(): GatewayError {
  return new GatewayError({
    reason: 'issuer-unavailable',
    text: "Les clés de l'émetteur des jetons ne peuvent être lues.",
  });
}

/** Keys that a setting holds: they change with it only. */
export function fixedKeys(jwks: JSONWebKeySet): IssuerKeys {
  const set = createLocalJWKSet(jwks);
  return { current: async () => set, newerThan: async () => 'same' };
}

/** Keys that their issuer serves. One per isolate and issuer; requests share what it reads. */
export class RemoteKeys implements IssuerKeys {
  readonly #url: string;
  readonly #outageMs: number;
  readonly #now: () => number;
  #known: (ReadKeys & { readonly set: JWTVerifyGetKey }) | undefined;
  #triedMs = Number.NEGATIVE_INFINITY;
  #toldMs = Number.NEGATIVE_INFINITY;
  #isAway = false;
  #read: Promise<void> | undefined;

  /** `outageMs`: how long keys stay good without a word of the issuer. */
  constructor(url: string, outageMs: number, now: () => number = Date.now) {
    this.#url = url;
    this.#outageMs = outageMs;
    this.#now = now;
  }

  async current(reading: KeyReading): Promise<JWTVerifyGetKey> {
    const sinceMs = this.#now() - this.#triedMs;
    if (this.#good() === undefined) {
      if (this.#read !== undefined || !this.#isAway || sinceMs >= RETRY_UNKNOWING_MS)
        await this.#ask(reading);
    } else if (sinceMs >= FRONT_MS) await this.#ask(reading);
    else if (sinceMs >= (this.#isAway ? RETRY_MS : BEHIND_MS)) void this.#ask(reading);
    const good = this.#good();
    if (good !== undefined) return good.set;
    throw issuerUnavailable();
  }

  async newerThan(set: JWTVerifyGetKey, reading: KeyReading): Promise<JWTVerifyGetKey | 'same' | 'away'> {
    if (this.#read !== undefined || this.#now() - this.#triedMs >= UNKNOWN_KEY_MS) await this.#ask(reading);
    const good = this.#good();
    if (good !== undefined && good.set !== set) return good.set;
    return this.#isAway ? 'away' : 'same';
  }

  #good(): (ReadKeys & { readonly set: JWTVerifyGetKey }) | undefined {
    const known = this.#known;
    return known !== undefined && this.#now() - known.readMs < this.#outageMs ? known : undefined;
  }

  /** One reading at a time, which whoever needs it waits for. Never rejects. */
  async #ask(reading: KeyReading): Promise<void> {
    const read = this.#read ?? this.#begin(reading);
    // A reading that the platform ended with its request says nothing any more.
    await within(read, READ_MS + STORE_MS, () => this.#end(read));
  }

  #begin(reading: KeyReading): Promise<void> {
    this.#triedMs = this.#now();
    const read = this.#readOnce(reading).finally(() => this.#end(read));
    this.#read = read;
    // It goes on when the caller who began it has gone: others wait for it, and it ends by itself.
    reading.waitUntil(read);
    return read;
  }

  #end(read: Promise<void>): void {
    if (this.#read === read) this.#read = undefined;
  }

  async #readOnce({ waitUntil, store }: KeyReading): Promise<void> {
    const read = await fetchKeys(this.#url);
    if (!read.ok) {
      if (!this.#isAway) log('error', 'issuer-keys-unread', { detail: read.error });
      this.#isAway = true;
      if (this.#good() === undefined) await this.#takeKept(store());
      return;
    }
    if (this.#isAway) log('info', 'issuer-keys-read', {});
    this.#isAway = false;
    const keys = { jwks: read.value, readMs: this.#now() };
    const isSame = keys.jwks === this.#known?.jwks;
    this.#take(keys);
    if (isSame && keys.readMs - this.#toldMs < TELL_MS) return;
    this.#toldMs = keys.readMs;
    // The store is for bad days; a bad day of its own costs nothing.
    waitUntil(
      store()
        .keepKeys(this.#url, keys)
        .catch(() => undefined),
    );
  }

  async #takeKept(store: KeyStore): Promise<void> {
    const kept = await within(store.keptKeys(this.#url), STORE_MS, () => undefined).catch(() => undefined);
    if (kept !== undefined) this.#take(kept);
  }

  #take({ jwks, readMs }: ReadKeys): void {
    const known = this.#known;
    const set = known?.jwks === jwks ? known.set : createLocalJWKSet(JSON.parse(jwks) as JSONWebKeySet);
    this.#known = { jwks, readMs, set };
  }
}

/**
 * What the issuer says, as JSON text of the keys that can verify; else what came instead, in our own words. An empty list
 * is no word of an issuer: it would shut everybody out.
 */
async function fetchKeys(url: string): Promise<Result<string, string>> {
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      cache: 'no-store',
      headers: { Accept: 'application/json, application/jwk-set+json' },
      signal: AbortSignal.timeout(READ_MS),
    });
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel();
      return err(`status ${response.status}`);
    }
    const bytes = await readBounded(response.body, JWKS_BYTES_MAX);
    if (bytes === undefined) return err('too large');
    const json = JSON.parse(new TextDecoder().decode(bytes)) as { readonly keys?: unknown } | null;
    const keys = Array.isArray(json?.keys) ? json.keys.filter(canVerify) : [];
    return keys.length === 0 ? err('no keys') : ok(JSON.stringify({ keys }));
  } catch (cause) {
    return err(cause instanceof Error ? cause.name : 'unknown');
  }
}

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
};

/** A public key, whole, and not for encryption. */
function canVerify(key: unknown): boolean {
  const members = asObject(key);
  const { kty, use = 'sig', d } = members ?? {};
  const needed = typeof kty === 'string' && Object.hasOwn(MEMBERS, kty) ? MEMBERS[kty] : undefined;
  const isWhole = needed?.every((name) => typeof members?.[name] === 'string') === true;
  return isWhole && use === 'sig' && d === undefined;
}
