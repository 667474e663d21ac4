// One plan at one relay, and the searches that wait for its calls. Made by Flights.

import type { AnswerFrame } from '../../shared/link/answer-frame.ts';
import type { SearchCall, SearchPlan } from '../../shared/link/relay.ts';
import type { Probe } from './breaker.ts';
import type { CallWatch, Departure, FlightQuestion, FlightWaiter } from './in-flight-calls.ts';

/** A call is worth joining while this much of its time is left, or half of what a call of one's own would have. */
const WORTH_JOINING_MS = 1_000;

interface FlightCall {
  readonly editor: string;
  readonly subjects: ReadonlySet<string>;
  /** When its vendor must have answered. */
  readonly endMs: number;
  readonly probe: Probe | undefined;
  /** Each waiter's own number for it; the first notes and keeps what it brings. Empty: cancelled. */
  readonly waiting: Map<FlightWaiter, number>;
  isAnswered: boolean;
}

interface Hearing {
  readonly numbers: (number | null)[];
  readonly shared: number[];
}

export class Flight {
  readonly #departure: Departure;
  readonly #watch: CallWatch;
  readonly #startedMs: number;
  readonly #calls: readonly FlightCall[];

  constructor(departure: Departure, waiter: FlightWaiter, watch: CallWatch, nowMs: number) {
    this.#departure = departure;
    this.#watch = watch;
    this.#startedMs = nowMs;
    const { plan, numbers, probes } = departure;
    this.#calls = plan.calls.map((call, index) => {
      const number = numbers[index] ?? -1;
      return {
        editor: call.editor,
        subjects: new Set(call.subjects),
        endMs: nowMs + budgetOf(call, plan),
        probe: probes.get(number),
        waiting: new Map([[waiter, number]]),
        isAnswered: false,
      };
    });
  }

  /** Calls that somebody waits for. */
  get open(): number {
    return this.#calls.filter(isOpen).length;
  }

  /** Resolves when the relay is done with it or lost; never rejects. */
  async run(): Promise<void> {
    const { link, plan } = this.#departure;
    let isLost = false;
    try {
      await link.search(plan, (frame) => this.#land(frame));
    } catch {
      // The link broke, or the relay broke its word: its other answers stand.
      isLost = true;
    }
    for (const [waiter, numbers] of this.#unanswered()) {
      if (isLost) waiter.lost(numbers, link);
      else waiter.ended(numbers);
    }
  }

  /** True when one of its calls answers the question too. */
  join(waiter: FlightWaiter, number: number, question: FlightQuestion, nowMs: number): boolean {
    const { plan, isAlone, link } = this.#departure;
    const { flow, askedWindow, call: asked, endMs, without } = question;
    if (isAlone || link === without || flow !== plan.flow) return false;
    if (askedWindow.fromMs < plan.fromMs || askedWindow.toMs > plan.toMs) return false;
    const enoughMs = Math.min((endMs - nowMs) / 2, WORTH_JOINING_MS);
    const call = this.#calls.find(
      (one) =>
        one.editor === asked.editor &&
        isOpen(one) &&
        one.endMs - nowMs >= enoughMs &&
        asked.subjects.every((subject) => one.subjects.has(subject)),
    );
    // A search that wants one call twice over hears of it once.
    if (call === undefined || call.waiting.has(waiter)) return false;
    call.waiting.set(waiter, number);
    return true;
  }

  unheard(waiter: FlightWaiter): number[] {
    if (this.#departure.link.hasSpokenSince(this.#startedMs)) return [];
    return this.#calls.flatMap(({ waiting, isAnswered }) => {
      const number = waiting.get(waiter);
      return isAnswered || number === undefined ? [] : [number];
    });
  }

  leave(waiter: FlightWaiter): void {
    const forsaken: number[] = [];
    for (const [index, call] of this.#calls.entries()) {
      const wasOpen = isOpen(call);
      call.waiting.delete(waiter);
      if (!wasOpen || isOpen(call)) continue;
      forsaken.push(index);
      this.#forsake(call);
    }
    const { link, plan } = this.#departure;
    if (forsaken.length > 0) link.cancel(plan.id, forsaken);
  }

  #land(frame: AnswerFrame): void {
    const hearings = new Map<FlightWaiter, Hearing>();
    for (const head of frame.heads) {
      const call = this.#calls[head.call];
      if (call === undefined || call.isAnswered) continue;
      call.isAnswered = true;
      this.#watch.answered(call.editor, head, call.probe);
      let isFirst = true;
      for (const [waiter, number] of call.waiting) {
        const hearing = hearings.get(waiter) ?? { numbers: this.#calls.map(() => null), shared: [] };
        hearings.set(waiter, hearing);
        hearing.numbers[head.call] = number;
        if (!isFirst) hearing.shared.push(number);
        isFirst = false;
      }
    }
    const { link } = this.#departure;
    for (const [waiter, hearing] of hearings) waiter.landed({ link, frame, ...hearing });
  }

  #unanswered(): Map<FlightWaiter, number[]> {
    const left = new Map<FlightWaiter, number[]>();
    for (const call of this.#calls) {
      if (!isOpen(call)) continue;
      this.#forsake(call);
      for (const [waiter, number] of call.waiting) left.set(waiter, [...(left.get(waiter) ?? []), number]);
      call.waiting.clear();
    }
    return left;
  }

  #forsake({ editor, probe }: FlightCall): void {
    if (probe !== undefined) this.#watch.forsaken(editor, probe);
  }
}

function isOpen({ waiting, isAnswered }: FlightCall): boolean {
  return !isAnswered && waiting.size > 0;
}

function budgetOf(call: SearchCall, plan: SearchPlan): number {
  return Math.min(call.budgetMs ?? plan.budgetMs, plan.budgetMs);
}
