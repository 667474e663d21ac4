// Bounded concurrency and a bounded queue for one vendor, in fair turns of callers and searches, urgent before all others.
// Some places are kept for those who have nothing under way, so that who asks for much holds up no small search. What
// waits can give up; what does not fit is refused at once, at the cost of whoever waits for most. No clock, no I/O.

import { FairQueue, type Turn } from '../../shared/link/fair-queue.ts';

/** The queue is full: the vendor is not asked. */
export class GateFull extends Error {}

/** From so many places on, the last is for a search that has nothing under way; from twice as many, the next for a caller. */
const KEPT_FROM = 4;
const NOBODYS_TURN: Turn = { caller: '', search: '' };

interface Waiter {
  readonly turn: Turn;
  readonly enter: () => void;
  readonly fail: (error: unknown) => void;
  readonly giveUp: () => void;
  readonly signal: AbortSignal;
}

/** How many places each has. */
class Held {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string, change: 1 | -1): void {
    const count = this.of(key) + change;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }
}

/** One of a vendor: holds the places of its calls and the calls that wait for one. */
export class Gate {
  readonly #concurrency: number;
  readonly #queueMax: number;
  readonly #waiting = new FairQueue<Waiter>();
  readonly #urgent = new Set<Waiter>();
  readonly #ofCallers = new Held();
  readonly #ofSearches = new Held();
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

  /** A call of this turn that is not urgent fits only if another gives way. */
  isFull(turn = NOBODYS_TURN): boolean {
    return !this.#mayEnter(turn) && this.#waiting.size >= this.#queueMax;
  }

  /**
   * Takes a place, or undefined and a promise of one. Rejects with GateFull, also later when another caller's call needs the
   * room, or with the signal's reason. Each place taken is given back by one `leave` of the same turn. The bound of the queue
   * is not for what is urgent.
   */
  enter(signal: AbortSignal, turn = NOBODYS_TURN, urgent = false): Promise<void> | undefined {
    if (urgent ? this.#running < this.#concurrency : this.#mayEnter(turn)) {
      this.#take(turn);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        turn,
        signal,
        enter: () => {
          signal.removeEventListener('abort', waiter.giveUp);
          this.#take(turn);
          resolve();
        },
        fail: (error) => {
          signal.removeEventListener('abort', waiter.giveUp);
          reject(error);
        },
        giveUp: () => {
          if (urgent) this.#urgent.delete(waiter);
          else this.#waiting.delete(turn, waiter);
          reject(signal.reason);
        },
      };
      signal.addEventListener('abort', waiter.giveUp, { once: true });
      if (urgent) this.#urgent.add(waiter);
      else this.#waiting.push(turn, waiter);
      if (this.#waiting.size > this.#queueMax) this.#waiting.pop()?.fail(new GateFull());
    });
  }

  leave({ caller, search }: Turn = NOBODYS_TURN): void {
    this.#running -= 1;
    this.#ofCallers.add(caller, -1);
    this.#ofSearches.add(search, -1);
    // A caller or search that has nothing under way any more may take a place that was kept: one leaves, two may enter.
    for (let next = this.#next(); next !== undefined; next = this.#next()) next.enter();
  }

  #next(): Waiter | undefined {
    if (this.#running >= this.#concurrency) return undefined;
    for (const waiter of this.#urgent) {
      this.#urgent.delete(waiter);
      return waiter;
    }
    return this.#waiting.shift((turn) => this.#mayEnter(turn));
  }

  #take({ caller, search }: Turn): void {
    this.#running += 1;
    this.#ofCallers.add(caller, 1);
    this.#ofSearches.add(search, 1);
  }

  #mayEnter({ caller, search }: Turn): boolean {
    const free = this.#concurrency - this.#running;
    const isNewCaller = this.#ofCallers.of(caller) === 0;
    const isNewSearch = this.#ofSearches.of(search) === 0;
    const forCallers = this.#concurrency >= 2 * KEPT_FROM ? 1 : 0;
    const forSearches = this.#concurrency >= KEPT_FROM ? 1 : 0;
    if (isNewCaller) return free > 0;
    return free > (isNewSearch ? forCallers : forCallers + forSearches);
  }
}
