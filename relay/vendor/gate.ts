// Bounded concurrency and a bounded queue for one vendor, first come first served, urgent before all others. What
// waits can give up; what does not fit is refused at once. No clock, no I/O.

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
  readonly #urgent = new Set<Waiter>();
  #running = 0;

  constructor(concurrency: number, queueMax: number) {
    this.#concurrency = concurrency;
    this.#queueMax = queueMax;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size + this.#urgent.size;
  }

  /** A call that is not urgent would be refused now. */
  get isFull(): boolean {
    return this.#running >= this.#concurrency && this.#waiting.size >= this.#queueMax;
  }

  /**
   * Takes a place, or undefined and a promise of one. Rejects with GateFull, or with the signal's reason.
   * Each place taken is given back by one `leave`. The bound of the queue is not for what is urgent.
   */
  enter(signal: AbortSignal, urgent = false): Promise<void> | undefined {
    if (this.#running < this.#concurrency) {
      this.#running += 1;
      return undefined;
    }
    const queue = urgent ? this.#urgent : this.#waiting;
    if (!urgent && queue.size >= this.#queueMax) return Promise.reject(new GateFull());
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        signal,
        enter: resolve,
        giveUp: () => {
          queue.delete(waiter);
          reject(signal.reason);
        },
      };
      queue.add(waiter);
      signal.addEventListener('abort', waiter.giveUp, { once: true });
    });
  }

  leave(): void {
    const queue = this.#urgent.size > 0 ? this.#urgent : this.#waiting;
    for (const waiter of queue) {
      queue.delete(waiter);
      waiter.signal.removeEventListener('abort', waiter.giveUp);
      waiter.enter();
      return;
    }
    this.#running -= 1;
  }
}
