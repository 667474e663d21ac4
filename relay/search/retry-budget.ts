// How many vendor requests of this process may be second tries: one for every ten first ones, and a few per minute
// so that a quiet relay may try again too. Vendors that are all sick at once get a tenth more requests, never twice
// as many. No clock, no I/O.

import { TokenBucket } from '../../shared/token-bucket.ts';

/** What one first request adds. */
const SHARE = 0.1;
/** One every five seconds, however little is asked. */
const FLOOR_PER_SECOND = 0.2;
/** Saved up at most; also what a process starts with. A vendor's restart breaks about this many requests. */
export const RETRY_BURST = 10;

/** One of a process, shared by all its calls. */
export class RetryBudget {
  readonly #bucket: TokenBucket;

  constructor(nowMs: number) {
    this.#bucket = new TokenBucket(FLOOR_PER_SECOND, RETRY_BURST, nowMs);
  }

  /** A first request leaves. */
  earn(): void {
    this.#bucket.give(SHARE);
  }

  /** True when one may be tried again; it is then spent. `nowMs` never goes back. */
  spend(nowMs: number): boolean {
    return this.#bucket.take(nowMs) === 0;
  }
}
