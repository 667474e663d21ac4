// The pages of one vendor call, with at most one second try in the whole call: where it may help, while there is time
// for it, through a free place of the vendor's queue, and within the budget of all calls of this process. For searches
// only: they change nothing at the vendor. docs/relay.md, "Seconds essais".

import { setTimeout as pause } from 'node:timers/promises';
import type { Turn } from '../../shared/link/fair-queue.ts';
import type { Result } from '../../shared/result.ts';
import type { SentPage } from '../reading/answer-reading.ts';
import type { Holding } from '../vendor/holding.ts';
import type { ExchangePhase, PageFailure, VendorClient } from '../vendor/vendor-client.ts';
import type { CallTimer } from './call-timing.ts';
import type { RetryBudget } from './retry-budget.ts';

/** Enough for a vendor's front server to pick another machine; by chance, so that callers do not come back at once. */
const PAUSE_MS_MIN = 25;
const PAUSE_MS_MAX = 125;
/** A try that is given less is lost beforehand. */
const TRY_MS_MIN = 250;

/** What became of the wish for a second try; `no-…`: it was not made, for want of that. */
export type RetryOutcome = 'answered' | 'failed' | 'no-budget' | 'no-time' | 'no-place';

type PageResult = Result<SentPage, PageFailure>;

/** One call's pages, in their order; used once. */
export class CallPages {
  /** Absent when no page failed in a way that a second try may mend. */
  retry: RetryOutcome | undefined;
  /** Milliseconds until its pages had their turns at the vendor: our queue, which says nothing of the vendor. */
  waitedMs = 0;
  readonly #client: VendorClient;
  readonly #budget: RetryBudget;
  readonly #endMs: number;
  readonly #turn: Turn;
  readonly #timer: CallTimer;
  readonly #traceId: string | undefined;

  /** `endMs` on the clock of `performance.now()`: when the call's own budget is spent. */
  constructor(
    client: VendorClient,
    budget: RetryBudget,
    endMs: number,
    turn: Turn,
    timer: CallTimer,
    traceId?: string,
  ) {
    this.#client = client;
    this.#budget = budget;
    this.#endMs = endMs;
    this.#turn = turn;
    this.#timer = timer;
    this.#traceId = traceId;
  }

  /** As `VendorClient.fetchPage`. The failure of the second try counts, when one was made. */
  async fetch(path: string, bytesMax: number, holding: Holding, signal: AbortSignal): Promise<PageResult> {
    const startedMs = performance.now();
    this.#budget.earn();
    const first = await this.#ask(path, bytesMax, holding, signal);
    if (first.ok || this.retry !== undefined || !mayHelp(first.error)) return first;
    // The pause is no vendor's.
    this.#timer.enter('queue');
    const pauseMs = pauseOf(first.error);
    this.retry = this.#obstacle(startedMs, pauseMs);
    if (this.retry !== undefined) return first;
    if (!(await waited(pauseMs, signal))) {
      this.retry = 'no-time';
      return first;
    }
    const second = await this.#ask(path, bytesMax, holding, signal);
    if (!second.ok && second.error.reason === 'overloaded') {
      this.retry = 'no-place';
      return first;
    }
    this.retry = second.ok ? 'answered' : 'failed';
    return second;
  }

  #ask(path: string, bytesMax: number, holding: Holding, signal: AbortSignal): Promise<PageResult> {
    const askedMs = performance.now();
    this.#timer.enter('queue');
    const onPhase = (phase: ExchangePhase): void => {
      if (phase === 'connection') this.waitedMs += performance.now() - askedMs;
      this.#timer.enter(phase);
    };
    return this.#client.fetchPage(path, bytesMax, holding, signal, this.#turn, onPhase, this.#traceId);
  }

  /** The second try may take as long as the first did. The budget is spent last: only on a try that is made. */
  #obstacle(startedMs: number, pauseMs: number): RetryOutcome | undefined {
    const nowMs = performance.now();
    const tookMs = nowMs - startedMs;
    if (this.#endMs - nowMs < pauseMs + Math.max(tookMs, TRY_MS_MIN)) return 'no-time';
    if (this.#client.isFull(this.#turn)) return 'no-place';
    return this.#budget.spend(nowMs) ? undefined : 'no-budget';
  }
}

/**
 * Refused or broken connections, and what a proxy says when it found no program behind it (502, 504, 503 without
 * Retry-After). Not what would come out the same or cost as much again: a timeout, TLS, 4xx, the program's own 500, an
 * answer that came whole and is wrong. Not 429 nor 503 with Retry-After: they ask for rest.
 */
export function mayHelp({ reason, status, retryAfterS, code }: PageFailure): boolean {
  switch (reason) {
    case 'reset':
      return true;
    case 'connect':
      return code === 'ECONNREFUSED' || code === 'EAI_AGAIN';
    case 'error':
      return (status === 502 || status === 504) && retryAfterS === undefined;
    case 'busy':
      return status === 503 && retryAfterS === undefined;
    default:
      return false;
  }
}

/** None for a kept connection that was found closed: the vendor has not seen the question. */
function pauseOf({ isStale }: PageFailure): number {
  return isStale === true ? 0 : PAUSE_MS_MIN + Math.random() * (PAUSE_MS_MAX - PAUSE_MS_MIN);
}

/** False when the call is over first. */
async function waited(pauseMs: number, signal: AbortSignal): Promise<boolean> {
  if (pauseMs === 0) return !signal.aborted;
  return pause(pauseMs, true, { signal }).catch(() => false);
}
