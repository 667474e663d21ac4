// How fast one caller may ask: so many at once, then so many per second. No clock, no I/O.

export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  /** Earned otherwise than by time; never more than the burst. */
  give(tokens: number): void {
    this.#tokens = Math.min(this.#tokens + tokens, this.#burst);
  }

  /** 0 when there was a place, and it is taken; else the milliseconds until there is one. `nowMs` never goes back. */
  take(nowMs: number): number {
    const gained = ((nowMs - this.#atMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#tokens + gained, this.#burst);
    this.#atMs = nowMs;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000);
  }
}
