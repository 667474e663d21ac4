// How many vendor requests of this process may be second tries: one for every ten first ones, and a few per minute
// so that a quiet relay may try again too. Vendors that are all sick at once get a tenth more requests, never twice
// as many. No clock, no I/O.

/** What one first request adds. */
const SHARE = 0.1;
/** One every five seconds, however little is asked. */
const FLOOR_PER_SECOND = 0.2;
/** Saved up at most; also what a process starts with. A vendor's restart breaks about this many requests. */
export const RETRY_BURST = 10;

export class RetryBudget {
  #tokens = RETRY_BURST;
  #atMs: number;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** A first request leaves. */
  earn(): void {
    this.#tokens = Math.min(this.#tokens + SHARE, RETRY_BURST);
  }

  /** True when one may be tried again; it is then spent. `nowMs` never goes back. */
  spend(nowMs: number): boolean {
    const gained = ((nowMs - this.#atMs) / 1000) * FLOOR_PER_SECOND;
    this.#tokens = Math.min(this.#tokens + gained, RETRY_BURST);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
