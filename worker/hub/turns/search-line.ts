// One search's calls in the lines of their vendors: which may leave now, which wait, and which turns have come. Called by
// search-run.ts. No clock, no I/O.

import type { Turn } from '../../../shared/link/fair-queue.ts';
import type { CallLines, WaitingCall } from './call-lines.ts';

/** What a search tells of itself. `A`: how a call is to be asked, kept while it waits. */
interface Liner<A> {
  readonly turn: Turn;
  /** By a call's number. */
  readonly vendorOf: (number: number) => string;
  /** The turn of these has come: their places are taken. */
  readonly onTurn: (numbers: readonly number[], asking: A) => void;
}

/** One of a search, until its `end`. */
export class SearchLine<A> {
  readonly #lines: CallLines;
  readonly #liner: Liner<A>;
  readonly #waiting = new Map<number, WaitingCall>();
  /** Turns that have come just now; they leave together. */
  #called: (readonly [number: number, asking: A])[] = [];
  #isOver = false;

  constructor(lines: CallLines, liner: Liner<A>) {
    this.#lines = lines;
    this.#liner = liner;
  }

  /** Numbers of those that may leave now, with their places taken; the turns of the others come later. */
  enter(numbers: readonly number[], asking: A): number[] {
    const { turn, vendorOf } = this.#liner;
    return numbers.filter((number) => {
      const call = { vendor: vendorOf(number), turn, enter: () => this.#call(number, asking) };
      if (this.#lines.enter(call)) return true;
      this.#waiting.set(number, call);
      return false;
    });
  }

  /** These do not leave, or have no need to. */
  giveBack(numbers: readonly number[]): void {
    for (const number of numbers) this.#lines.leave(this.#liner.vendorOf(number), this.#liner.turn);
  }

  /** Calls that are out before one of this search, were it to wait for a call of that other turn. */
  ahead(vendor: string, turn: Turn): number {
    return this.#lines.ahead(vendor, turn, this.#liner.turn);
  }

  /** Nothing waits any more; the numbers of those that did. */
  end(): number[] {
    this.#isOver = true;
    const numbers = [...this.#waiting.keys()];
    for (const call of this.#waiting.values()) this.#lines.giveUp(call);
    this.#waiting.clear();
    return numbers;
  }

  #call(number: number, asking: A): void {
    this.#waiting.delete(number);
    if (this.#called.length === 0) queueMicrotask(() => this.#tell());
    this.#called.push([number, asking]);
  }

  #tell(): void {
    const called = this.#called;
    this.#called = [];
    for (const [asking, some] of Map.groupBy(called, ([, one]) => one)) {
      const numbers = some.map(([number]) => number);
      if (this.#isOver) this.giveBack(numbers);
      else this.#liner.onTurn(numbers, asking);
    }
  }
}
