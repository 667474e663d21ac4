// Where the milliseconds of one vendor call go, over all its pages and both tries: the call is in exactly one phase at any
// moment, so that the phases add up to the call. No I/O; its clock is the caller's.

import type { CallTiming } from '../../shared/sas/answer.ts';

/** In the order in which a page passes them. */
export type Phase = 'queue' | 'connection' | 'firstByte' | 'body' | 'reading';

/** One call's; used once. */
export class CallTimer {
  readonly #nowMs: () => number;
  readonly #spentMs: Record<Phase, number> = { queue: 0, connection: 0, firstByte: 0, body: 0, reading: 0 };
  #phase: Phase = 'queue';
  #sinceMs: number;

  /** `nowMs`: milliseconds that never go back. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#sinceMs = nowMs();
  }

  /** What has passed until now belongs to the phase that ends here. */
  enter(phase: Phase): void {
    const now = this.#nowMs();
    this.#spentMs[this.#phase] += now - this.#sinceMs;
    this.#sinceMs = now;
    this.#phase = phase;
  }

  /**
   * Whole milliseconds. `durationMs`: of the call, as its reader counts it. What the other phases leave of it is reading:
   * the way back from a reader thread to this one is nobody's.
   */
  tell(durationMs: number): CallTiming {
    this.enter('reading');
    const { queue, connection, firstByte, body } = this.#spentMs;
    const reading = Math.max(0, durationMs - queue - connection - firstByte - body);
    return {
      queue: Math.round(queue),
      connection: Math.round(connection),
      firstByte: Math.round(firstByte),
      body: Math.round(body),
      reading: Math.round(reading),
    };
  }
}
