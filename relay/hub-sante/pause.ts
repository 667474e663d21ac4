// A wait that may be cut short, and how long to wait after a failure.

/** One waiter at a time; a wake that comes while nobody waits counts for the next wait. */
export class Pause {
  #isDue = false;
  #wake: (() => void) | undefined;

  /** Resolves after `ms` milliseconds, or when woken. */
  async wait(ms: number): Promise<void> {
    if (!this.#isDue) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, ms);
      this.#wake = resolve;
      await promise;
      clearTimeout(timer);
      this.#wake = undefined;
    }
    this.#isDue = false;
  }

  wake(): void {
    this.#isDue = true;
    this.#wake?.();
  }
}

interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** Milliseconds after the nth failure (from 1 on); full jitter, so that relays do not all come back at once. */
export function backoffMs(failures: number, { baseMs, maxMs }: Backoff): number {
  return Math.round(Math.random() * Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 16)));
}

/** Of requests to the edge: it is asked again soon, since appointments wait. */
export const EDGE_BACKOFF: Backoff = { baseMs: 500, maxMs: 15_000 };

/** From one request to the edge to the next of its kind while few things come: what comes meanwhile goes together. */
export const TOGETHER_MS = 100;
