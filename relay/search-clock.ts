// The budgets of one search: the plan's, and the shorter ones some vendors are given. Calls with the same budget
// share one timer and one signal.

import { GivenUp } from './failure.ts';

interface Hand {
  readonly controller: AbortController;
  readonly timer: NodeJS.Timeout;
}

export class SearchClock {
  readonly #hands = new Map<number, Hand>();
  readonly #budgetMs: number;

  /** Starts now. */
  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs;
  }

  /** Aborts with GivenUp('timeout') when the budget is spent; never later than the search's own. */
  signal(budgetMs = this.#budgetMs): AbortSignal {
    const endMs = Math.min(budgetMs, this.#budgetMs);
    let hand = this.#hands.get(endMs);
    if (hand === undefined) {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(new GivenUp('timeout')), endMs);
      hand = { controller, timer };
      this.#hands.set(endMs, hand);
    }
    return hand.controller.signal;
  }

  stop(): void {
    for (const { timer } of this.#hands.values()) clearTimeout(timer);
  }

  /** Ends every wait at once. */
  abort(reason: GivenUp): void {
    this.stop();
    for (const { controller } of this.#hands.values()) controller.abort(reason);
  }
}
