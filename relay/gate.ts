// Bounded concurrency and a bounded queue for one vendor, first come first served. What waits can give up;
// what does not fit is refused at once. No clock, no I/O.

export class GateFull extends Error {}

interface Waiter {
  readonly enter: () => void;
  readonly giveUp: () => void;
  readonly signal: AbortSignal;
}

export class Gate {
  readonly #concurrency: number;
  readonly #queueMax: number;
  readonly #waiting = new Set<Waiter>();
  #running = 0;

  constructor(concurrency: number, queueMax: number) {
    this.#concurrency = concurrency;
    this.#queueMax = queueMax;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Takes a place, or undefined and a promise of one. Rejects with GateFull, or with the signal's reason.
   * Each place taken is given back by one `leave`.
   */
  enter(signal: AbortSignal): Promise<void> | undefined {
    if (this.#running < this.#concurrency) {
      this.#running += 1;
      return undefined;
    }
    if (this.#waiting.size >= this.#queueMax) return Promise.reject(new GateFull());
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        signal,
        enter: resolve,
        giveUp: () => {
          this.#waiting.delete(waiter);
          reject(signal.reason);
        },
      };
      this.#waiting.add(waiter);
      signal.addEventListener('abort', waiter.giveUp, { once: true });
    });
  }

  leave(): void {
    for (const waiter of this.#waiting) {
      this.#waiting.delete(waiter);
      waiter.signal.removeEventListener('abort', waiter.giveUp);
      waiter.enter();
      return;
    }
    this.#running -= 1;
  }
}
