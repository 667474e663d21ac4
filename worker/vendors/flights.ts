// Calls under way, and who waits for them: one call per vendor and question is shared by every search that wants its
// answer. One that leaves cancels nothing that another waits for; the last one leaving cancels the call. Lives in the
// relay hub's memory.

import type { AnswerFrame } from '../../shared/link/answer-frame.ts';
import type { CallHead, SearchPlan } from '../../shared/link/relay.ts';
import type { Flow, SlotWindow } from '../../shared/sas/query.ts';
import type { RelayLink } from '../relay-link.ts';
import type { Probe } from './breaker.ts';
import type { AskedCall } from './hub-search.ts';

/** A search, as the calls it waits for see it. Numbers are the search's own. */
export interface FlightWaiter {
  /** `numbers`: by the frame's, null for calls it does not wait for. */
  readonly landed: (numbers: readonly (number | null)[], frame: AnswerFrame, isShared: boolean) => void;
  /** The link broke: nobody will answer these. */
  readonly lost: (numbers: readonly number[]) => void;
  /** The relay is done with the plan; had it anything to say of these, it has said it. */
  readonly ended: (numbers: readonly number[]) => void;
}

export interface FlightQuestion {
  readonly flow: Flow;
  readonly window: SlotWindow;
  /** When the search that asks must be answered. */
  readonly endMs: number;
}

/** A plan on its way to a relay. */
export interface Departure {
  readonly link: RelayLink;
  readonly plan: SearchPlan;
  /** When the search that sends it must be answered. */
  readonly endMs: number;
  /** For each call of the plan, its number at the search that sends it. */
  readonly numbers: readonly number[];
  /** By these numbers: calls whose outcome a breaker waits for. */
  readonly probes: ReadonlyMap<number, Probe>;
  /** No other search may join it. */
  readonly isAlone: boolean;
}

/** Hears of each call once, however many wait for it. */
export interface CallWatch {
  /** How it went. */
  readonly answered: (editor: string, head: CallHead, probe: Probe | undefined) => void;
  /** Nobody will hear how it went: all have left, or its relay is lost. */
  readonly forsaken: (editor: string, probe: Probe) => void;
}

/** With less time left than this (or than the search itself has), a call is no longer worth joining. */
const WORTH_JOINING_MS = 1_000;

export class Flights {
  readonly #watch: CallWatch;
  readonly #flights = new Set<Flight>();

  constructor(watch: CallWatch) {
    this.#watch = watch;
  }

  /** Calls under way that somebody waits for. */
  get open(): number {
    let count = 0;
    for (const flight of this.#flights) count += flight.open;
    return count;
  }

  /** True when a call under way answers this one too: `waiter` will hear of it. */
  join(
    waiter: FlightWaiter,
    number: number,
    call: AskedCall,
    question: FlightQuestion,
    nowMs: number,
  ): boolean {
    for (const flight of this.#flights) if (flight.join(waiter, number, call, question, nowMs)) return true;
    return false;
  }

  /** Sends a plan to its relay. */
  start(departure: Departure, waiter: FlightWaiter): void {
    const flight = new Flight(departure, waiter, this.#watch);
    this.#flights.add(flight);
    flight.run().finally(() => this.#flights.delete(flight));
  }

  leave(waiter: FlightWaiter): void {
    for (const flight of this.#flights) flight.leave(waiter);
  }
}

interface FlightCall {
  readonly editor: string;
  readonly subjects: ReadonlySet<string>;
  readonly probe: Probe | undefined;
  /** Each waiter's own number for it. Empty: cancelled. */
  readonly waiting: Map<FlightWaiter, number>;
  isAnswered: boolean;
}

/** One plan at one relay. */
class Flight {
  readonly #departure: Departure;
  readonly #owner: FlightWaiter;
  readonly #watch: CallWatch;
  readonly #calls: readonly FlightCall[];

  constructor(departure: Departure, owner: FlightWaiter, watch: CallWatch) {
    this.#departure = departure;
    this.#owner = owner;
    this.#watch = watch;
    const { plan, numbers, probes } = departure;
    this.#calls = plan.calls.map(({ editor, subjects }, index) => {
      const number = numbers[index] ?? -1;
      return {
        editor,
        subjects: new Set(subjects),
        probe: probes.get(number),
        waiting: new Map([[owner, number]]),
        isAnswered: false,
      };
    });
  }

  get open(): number {
    return this.#calls.filter(isOpen).length;
  }

  /** Resolves when the relay is done with it or lost; never rejects. */
  async run(): Promise<void> {
    const { link, plan } = this.#departure;
    let how: 'ended' | 'lost' = 'ended';
    try {
      await link.search(plan, (frame) => this.#land(frame));
    } catch {
      // The link broke, or the relay broke its word: its other answers stand.
      how = 'lost';
    }
    for (const [one, left] of this.#unanswered()) one[how](left);
  }

  join(
    waiter: FlightWaiter,
    number: number,
    { editor, subjects }: AskedCall,
    { flow, window, endMs }: FlightQuestion,
    nowMs: number,
  ): boolean {
    const { plan, isAlone, endMs: ownEndMs } = this.#departure;
    const { fromMs, toMs } = plan;
    if (isAlone || flow !== plan.flow || window.fromMs < fromMs || window.toMs > toMs) return false;
    if (ownEndMs - nowMs < Math.min(endMs - nowMs, WORTH_JOINING_MS)) return false;
    const call = this.#calls.find(
      (one) => one.editor === editor && isOpen(one) && subjects.every((subject) => one.subjects.has(subject)),
    );
    // A search that wants one call twice over hears of it once.
    if (call === undefined || call.waiting.has(waiter)) return false;
    call.waiting.set(waiter, number);
    return true;
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
    const hearers = new Map<FlightWaiter, (number | null)[]>();
    for (const head of frame.heads) {
      const call = this.#calls[head.call];
      if (call === undefined || call.isAnswered) continue;
      call.isAnswered = true;
      this.#watch.answered(call.editor, head, call.probe);
      for (const [waiter, number] of call.waiting) {
        const numbers = hearers.get(waiter) ?? this.#calls.map(() => null);
        hearers.set(waiter, numbers);
        numbers[head.call] = number;
      }
    }
    for (const [waiter, numbers] of hearers) waiter.landed(numbers, frame, waiter !== this.#owner);
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
