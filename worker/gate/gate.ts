// The Durable Object in front of the doors: what must be counted or known once for all isolates, and has no part in a
// search. It stands apart from the relay hub, so that whoever storms the sign-in slows no search.

import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../base/env.ts';
import type { ReadKeys } from '../base/issuer-keys.ts';
import { SignInBrakes, type SignInTry } from './brakes.ts';
import type { GateCalls } from './gate-of.ts';

/** The same keys are written again only when what is stored is this old: then an outage is counted from it. */
const WRITE_MS = 3_600_000;
const KEYS = 'issuer-keys';

interface StoredKeys extends ReadKeys {
  readonly url: string;
}

/** The one gate; its methods are documented in brakes.ts and worker/base/issuer-keys.ts. */
export class Gate extends DurableObject<Env> implements GateCalls {
  /** In memory, bounded: a restart forgets who tried, and nothing else. */
  readonly #brakes = new SignInBrakes();

  async trySignIn(attempt: SignInTry): Promise<boolean> {
    return this.#brakes.spend(attempt, Date.now());
  }

  async signedIn(attempt: SignInTry): Promise<void> {
    this.#brakes.giveBack(attempt);
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
}
