// Calls under way, and who waits for them: one call per vendor and question is shared by every search that wants its
// answer. One that leaves cancels nothing that another waits for; the last one leaving cancels the call. Lives in the
// relay hub's memory.

import type { AnswerFrame } from '../../shared/link/answer-frame.ts';
import type { CallHead, SearchPlan } from '../../shared/link/relay.ts';
import type { Flow, SlotWindow } from '../../shared/sas/query.ts';
import type { RelayLink } from '../relay-link.ts';
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

/** With less time left than this (or than the search itself has), a call is no longer worth joining. */
const WORTH_JOINING_MS = 1_000;

export class Flights {
  readonly #onHead: (editor: string, head: CallHead) => void;
  readonly #flights = new Set<Flight>();

  /** `onHead` hears how each call went, once, however many wait for it. */
  constructor(onHead: (editor: string, head: CallHead) => void) {
    this.#onHead = onHead;
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

  /** Sends a plan to a relay. `isAlone`: no other search may join it. */
  start(
    link: RelayLink,
    plan: SearchPlan,
    endMs: number,
    waiter: FlightWaiter,
    numbers: readonly number[],
    isAlone: boolean,
  ): void {
    const flight = new Flight(link, plan, endMs, isAlone, this.#onHead);
    this.#flights.add(flight);
    flight.run(waiter, numbers).finally(() => this.#flights.delete(flight));
  }

  leave(waiter: FlightWaiter): void {
    for (const flight of this.#flights) flight.leave(waiter);
  }
}

interface FlightCall {
  readonly editor: string;
  readonly subjects: ReadonlySet<string>;
  /** Each waiter's own number for it. Empty: cancelled. */
  readonly waiting: Map<FlightWaiter, number>;
  isAnswered: boolean;
}

/** One plan at one relay. */
class Flight {
  readonly #link: RelayLink;
  readonly #plan: SearchPlan;
  readonly #endMs: number;
  readonly #isAlone: boolean;
  readonly #onHead: (editor: string, head: CallHead) => void;
  readonly #calls: readonly FlightCall[];
  #owner: FlightWaiter | undefined;

  constructor(
    link: RelayLink,
    plan: SearchPlan,
    endMs: number,
    isAlone: boolean,
    onHead: (editor: string, head: CallHead) => void,
  ) {
    this.#link = link;
    this.#plan = plan;
    this.#endMs = endMs;
    this.#isAlone = isAlone;
    this.#onHead = onHead;
    this.#calls = plan.calls.map(({ editor, subjects }) => ({
      editor,
      subjects: new Set(subjects),
      waiting: new Map(),
      isAnswered: false,
    }));
  }

  get open(): number {
    return this.#calls.filter(isOpen).length;
  }

  /** Resolves when the relay is done with it or lost; never rejects. */
  async run(waiter: FlightWaiter, numbers: readonly number[]): Promise<void> {
    this.#owner = waiter;
    for (const [index, call] of this.#calls.entries()) call.waiting.set(waiter, numbers[index] ?? -1);
    let how: 'ended' | 'lost' = 'ended';
    try {
      await this.#link.search(this.#plan, (frame) => this.#land(frame));
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
    const { fromMs, toMs } = this.#plan;
    if (this.#isAlone || flow !== this.#plan.flow || window.fromMs < fromMs || window.toMs > toMs)
      return false;
    if (this.#endMs - nowMs < Math.min(endMs - nowMs, WORTH_JOINING_MS)) return false;
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
      if (wasOpen && !isOpen(call)) forsaken.push(index);
    }
    if (forsaken.length > 0) this.#link.cancel(this.#plan.id, forsaken);
  }

  #land(frame: AnswerFrame): void {
    const hearers = new Map<FlightWaiter, (number | null)[]>();
    for (const head of frame.heads) {
      const call = this.#calls[head.call];
      if (call === undefined || call.isAnswered) continue;
      call.isAnswered = true;
      this.#onHead(call.editor, head);
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
      if (call.isAnswered) continue;
      for (const [waiter, number] of call.waiting) left.set(waiter, [...(left.get(waiter) ?? []), number]);
      call.waiting.clear();
    }
    return left;
  }
}

function isOpen({ waiting, isAnswered }: FlightCall): boolean {
  return !isAnswered && waiting.size > 0;
}
