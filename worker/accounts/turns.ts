// The Worker chooses whose account it tells a vendor next, over all vendors, within the budget of one invocation: withdrawals
// before all else, the one that has waited longest since its right ended first, people whom no vendor was ever told of after
// all others. Places are few, so that order counts, and more than one vendor can hold, so that no slow one holds the others.

import type { Budget } from '../store/budget.ts';

/** A vendor that never answers holds three at most (withdraw.ts). */
const PLACES = 32;
/** D1 statements and hub calls of one delivery (deliver.ts, converse.ts): as a rule, and what is held for one that begins. */
const DELIVERY_USUAL = 5;
const DELIVERY_HELD = 12;

interface Asked {
  readonly rank: Rank;
  readonly sinceMs: number;
}

/** Withdrawals of accounts, withdrawals of people whom no vendor was ever told of, anything else. */
type Rank = 0 | 1 | 2;

/** A withdrawal that asks for its turn. `sinceMs`: since when the right has ended. */
export interface AskedWithdrawal {
  readonly sinceMs: number;
  readonly isUnknown: boolean;
}

/** `decide` gets what is to be called at the end, or nothing: it is left. */
interface Waiting extends Asked {
  readonly decide: (end: (() => void) | undefined) => void;
}

/** Of a budget, what deliveries leave to whatever comes after them. */
export interface KeptBack {
  readonly queries: number;
  readonly ms: number;
}

/** The turns of one invocation. */
export class Turns {
  readonly #budget: Budget;
  readonly #keptBack: KeptBack;
  readonly #waiting: Waiting[] = [];
  #underWay = 0;
  #expected = 0;
  #refused = 0;

  constructor(budget: Budget, keptBack: KeptBack = { queries: 0, ms: 0 }) {
    this.#budget = budget;
    this.#keptBack = keptBack;
  }

  /** How many had to be left, for want of queries or time. */
  get refused(): number {
    return this.#refused;
  }

  /** So many withdrawals are to come, or will not come after all: nothing else takes what they need. */
  expect(withdrawals: number): void {
    this.#expected += withdrawals;
    this.#decide();
  }

  /** A withdrawal that was expected. Undefined: it is left. */
  async withdraw<T extends object>(
    { sinceMs, isUnknown }: AskedWithdrawal,
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    return this.#take({ rank: isUnknown ? 1 : 0, sinceMs }, work);
  }

  /** Anything else. Undefined: it is left. `sinceMs`: since when it is due. */
  async other<T extends object>(sinceMs: number, work: () => Promise<T>): Promise<T | undefined> {
    return this.#take({ rank: 2, sinceMs }, work);
  }

  async #take<T>(asked: Asked, work: () => Promise<T>): Promise<T | undefined> {
    const end = await new Promise<(() => void) | undefined>((decide) => {
      const behind = this.#waiting.findIndex((other) => isBefore(asked, other));
      this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, { ...asked, decide });
      this.#decide();
    });
    if (end === undefined) return undefined;
    try {
      return await work();
    } finally {
      end();
    }
  }

  #decide(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const isGranted = this.#allows(first);
      // What is under way gives back what is held for it, as a rule nearly all.
      if (!isGranted && this.#underWay > 0 && this.#hasTime()) return;
      if (isGranted && this.#underWay >= PLACES) return;
      this.#waiting.shift();
      if (first.rank < 2) this.#expected = Math.max(0, this.#expected - 1);
      if (!isGranted) this.#refused += 1;
      first.decide(isGranted ? this.#begin() : undefined);
    }
  }

  #allows({ rank }: Asked): boolean {
    const before = rank < 2 ? 0 : this.#expected * DELIVERY_USUAL;
    return this.#hasTime() && this.#budget.allows(this.#keptBack.queries + before + DELIVERY_HELD);
  }

  #hasTime(): boolean {
    return this.#budget.hasTime(this.#keptBack.ms);
  }

  #begin(): () => void {
    const release = this.#budget.hold(DELIVERY_HELD);
    this.#underWay += 1;
    return () => {
      release();
      this.#underWay -= 1;
      this.#decide();
    };
  }
}

function isBefore(a: Asked, b: Asked): boolean {
  return a.rank === b.rank ? a.sinceMs < b.sinceMs : a.rank < b.rank;
}
