// The Durable Object in front of the doors: what must be counted or known once for all isolates, and has no part in a
// search. It stands apart from the relay hub, so that whoever storms the sign-in slows no search. Names and addresses are
// hashed before they are counted or kept, with a salt of its own.

import { DurableObject } from 'cloudflare:workers';
import { sha256Hex } from '../../shared/hash.ts';
import type { Env } from '../base/env.ts';
import type { ReadKeys } from '../base/issuer-keys.ts';
import { log } from '../base/log.ts';
import { type SavedBrakes, SignInBrakes, type SignInSources, type SignInTry, sourcesOf } from './brakes.ts';
import type { GateCalls } from './gate-of.ts';
import { KnownPlaces } from './known-places.ts';
import { StoreMarks } from './store-marks.ts';
import type { StoreMemory, StoreName } from './stores.ts';

/** The same keys are written again only when what is stored is this old: then an outage is counted from it. */
const WRITE_MS = 3_600_000;
const KEYS = 'issuer-keys';
const SAMU_LRMS = 'samu-lrms';
const SALT = 'salt';
const SPENT = 'spent';
/** So soon after a try is refused what was spent is saved, for all tries until then: a restart forgets no attack. */
const SAVE_MS = 1_000;

interface StoredKeys extends ReadKeys {
  readonly url: string;
}

/** The one gate; its methods are documented in brakes.ts, gate-of.ts, worker/base/issuer-keys.ts and worker/gate/stores.ts. */
export class Gate extends DurableObject<Env> implements GateCalls {
  readonly #brakes = new SignInBrakes();
  readonly #known: KnownPlaces;
  readonly #stores = new StoreMarks(this.ctx.storage);
  #salt = '';
  #isSaving = false;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.#known = new KnownPlaces(context.storage);
    void context.blockConcurrencyWhile(() => this.#load());
  }

  async #load(): Promise<void> {
    const { storage } = this.ctx;
    const salt = await storage.get<string>(SALT);
    this.#salt = salt ?? crypto.randomUUID();
    if (salt === undefined) await storage.put(SALT, this.#salt);
    await this.#known.load(Date.now());
    const spent = await storage.get<SavedBrakes>(SPENT);
    if (spent !== undefined) this.#brakes.restore(spent);
  }

  storeWord(name: StoreName): ReturnType<StoreMemory['storeWord']> {
    return this.#stores.storeWord(name);
  }

  tellStore(...told: Parameters<StoreMemory['tellStore']>): ReturnType<StoreMemory['tellStore']> {
    return this.#stores.tellStore(...told);
  }

  acceptStore(...accepted: Parameters<StoreMemory['acceptStore']>): Promise<void> {
    return this.#stores.acceptStore(...accepted);
  }

  async trySignIn(attempt: SignInTry): Promise<boolean> {
    const sources = await this.#hashed(attempt);
    const nowMs = Date.now();
    const isTaken = this.#brakes.spend(sources, nowMs, this.#isKnown(sources, nowMs));
    if (!isTaken) this.#saveSoon();
    return isTaken;
  }

  async signedIn(attempt: SignInTry): Promise<void> {
    const sources = await this.#hashed(attempt);
    const nowMs = Date.now();
    this.#brakes.giveBack(sources, this.#isKnown(sources, nowMs));
    // Where all callers stand in one place, that place tells nobody apart.
    if (sources.near !== '') await this.#known.note(sources.name, sources.near, nowMs);
  }

  async keepKeys(url: string, { jwks, readMs }: ReadKeys): Promise<void> {
    const stored = await this.ctx.storage.get<StoredKeys>(KEYS);
    if (stored?.url === url) {
      const isSame = stored.jwks === jwks;
      if (readMs - stored.readMs < (isSame ? WRITE_MS : 0)) return;
    }
    await this.ctx.storage.put<StoredKeys>(KEYS, { url, jwks, readMs });
  }

  async keptKeys(url: string): Promise<ReadKeys | undefined> {
    const stored = await this.ctx.storage.get<StoredKeys>(KEYS);
    return stored?.url === url ? { jwks: stored.jwks, readMs: stored.readMs } : undefined;
  }

  async keepSamuLrms(text: string): Promise<void> {
    if ((await this.keptSamuLrms()) !== text) await this.ctx.storage.put(SAMU_LRMS, text);
  }

  keptSamuLrms(): Promise<string | undefined> {
    return this.ctx.storage.get<string>(SAMU_LRMS);
  }

  #isKnown({ name, near }: SignInSources, nowMs: number): boolean {
    return this.#known.has(name, near, nowMs);
  }

  async #hashed(attempt: SignInTry): Promise<SignInSources> {
    const { name, near, wide } = sourcesOf(attempt);
    const hash = async (text: string): Promise<string> =>
      text === '' ? '' : sha256Hex(JSON.stringify([this.#salt, text]));
    const [one = '', two = '', three = ''] = await Promise.all([name, near, wide].map(hash));
    return { name: one, near: two, wide: three };
  }

  /** Behind the answer. */
  #saveSoon(): void {
    if (this.#isSaving) return;
    this.#isSaving = true;
    setTimeout(() => {
      this.#isSaving = false;
      this.ctx.storage
        .put<SavedBrakes>(SPENT, this.#brakes.save(Date.now()))
        .catch(() => log('warn', 'gate-unwritten'));
    }, SAVE_MS);
  }
}
