// How fast one caller may ask: so many at once, then so many per second. No clock, no I/O.

/** `nowMs` of any clock that does not run back. */
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

  /** How many there are at that moment. */
  left(nowMs: number): number {
    this.#refill(nowMs);
    return this.#tokens;
  }

  /** 0 when there were so many, and they are taken; else the milliseconds until there are. A clock that goes back earns nothing. */
  take(nowMs: number, tokens = 1): number {
    this.#refill(nowMs);
    if (this.#tokens >= tokens) {
      this.#tokens -= tokens;
      return 0;
    }
    return Math.ceil(((tokens - this.#tokens) / this.#perSecond) * 1000);
  }

  #refill(nowMs: number): void {
    const gained = (Math.max(0, nowMs - this.#atMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#tokens + gained, this.#burst);
    this.#atMs = nowMs;
  }
}
