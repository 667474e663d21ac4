// The budgets of one search: the plan's, and the shorter ones some vendors are given. Each call has a controller of
// its own, so that it can be given up alone; calls with the same budget share one timer.

import { GivenUp } from '../base/failure.ts';

interface Hand {
  readonly controllers: AbortController[];
  readonly timer: NodeJS.Timeout;
}

/** One search's timers; `stop` leaves none behind. */
export class SearchClock {
  readonly #hands = new Map<number, Hand>();
  readonly #budgetMs: number;

  /** Starts now. */
  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs;
  }

  /** Aborts with GivenUp('timeout') when the budget is spent; never later than the search's own. */
  end(controller: AbortController, budgetMs = this.#budgetMs): void {
    const endMs = Math.min(budgetMs, this.#budgetMs);
    const hand = this.#hands.get(endMs);
    if (hand !== undefined) {
      hand.controllers.push(controller);
      return;
    }
    const controllers = [controller];
    const timer = setTimeout(() => {
      for (const late of controllers) late.abort(new GivenUp('timeout'));
    }, endMs);
    this.#hands.set(endMs, { controllers, timer });
  }

  stop(): void {
    for (const { timer } of this.#hands.values()) clearTimeout(timer);
  }
}
