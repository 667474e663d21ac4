// Calls under way, and the searches that wait for them: one call per vendor and question is shared by every search that
// wants its answer. A search that leaves cancels no call for which another waits; when the last one leaves, the call is
// cancelled. Lives in the relay hub's memory.

import type { AnswerFrame } from '../../shared/link/answer-frame.ts';
import type { Turn } from '../../shared/link/fair-queue.ts';
import type { CallHead, SearchCall, SearchPlan } from '../../shared/link/relay.ts';
import type { Flow, SlotWindow } from '../../shared/sas/query.ts';
import type { RelayLink } from './link/relay-link.ts';
import type { AskedCall } from './memory/plan.ts';
import type { Probe } from './vendors/breaker.ts';

/** A search, as the calls it waits for see it. Numbers are the search's own. */
export interface CallWaiter {
  /** Returns the numbers whose answer was past its vendor's share, and is not taken. */
  readonly answered: (arrival: Arrival) => readonly number[];
  /** The link broke: these calls will not be answered. */
  readonly lost: (numbers: readonly number[], link: RelayLink) => void;
  /** The relay is done with the plan; had it anything to say of these, it has said it. */
  readonly ended: (numbers: readonly number[]) => void;
}

/** Answers to calls that a search waits for. */
export interface Arrival {
  readonly link: RelayLink;
  readonly frame: AnswerFrame;
  /** By the frame's, null for calls it does not wait for. */
  readonly numbers: readonly (number | null)[];
  /** Those of its numbers that another search sent, and waits for too. */
  readonly shared: readonly number[];
}

/** A call that a search wants, and by when. */
export interface CallQuestion {
  readonly flow: Flow;
  readonly askedWindow: SlotWindow;
  readonly call: AskedCall;
  /** When its vendor must have answered, were it asked anew. */
  readonly endMs: number;
  /** A relay whose calls do not count. */
  readonly without: RelayLink | undefined;
  /** No call of this turn is joined: it may stand far behind in its own line. */
  readonly isTooFar: (turn: Turn) => boolean;
}

/** A plan as a search sends it to a relay. */
export interface SentPlan {
  readonly link: RelayLink;
  readonly plan: SearchPlan;
  readonly turn: Turn;
  /** For each call of the plan, its number at the search that sends it. */
  readonly numbers: readonly number[];
  /** By these numbers: calls whose outcome a breaker waits for. */
  readonly probes: ReadonlyMap<number, Probe>;
  /** No other search may join it. */
  readonly isAlone: boolean;
}

/** Is told of each call once, however many searches wait for it. */
export interface CallWatch {
  /** How it went. */
  readonly answered: (vendor: string, head: CallHead, probe: Probe | undefined) => void;
  /** How it went will not be known: every search has left, or its relay is lost. */
  readonly givenUp: (vendor: string, probe: Probe) => void;
  /** It is out at its relay no longer, for whichever reason. */
  readonly over: (vendor: string, turn: Turn) => void;
}

/** All calls under way in this hub. */
export class InFlightCalls {
  readonly #watch: CallWatch;
  readonly #plans = new Set<InFlightPlan>();

  constructor(watch: CallWatch) {
    this.#watch = watch;
  }

  /** Calls for which some search waits. */
  get open(): number {
    let count = 0;
    for (const plan of this.#plans) count += plan.open;
    return count;
  }

  /** True when a call under way answers this one too: `waiter` receives its answer as `number`. */
  join(waiter: CallWaiter, number: number, question: CallQuestion, nowMs: number): boolean {
    for (const plan of this.#plans) if (plan.join(waiter, number, question, nowMs)) return true;
    return false;
  }

  /** Sends a plan to its relay. */
  start(sent: SentPlan, waiter: CallWaiter): void {
    const plan = new InFlightPlan(sent, waiter, this.#watch, Date.now());
    this.#plans.add(plan);
    plan.run().finally(() => this.#plans.delete(plan));
  }

  /** Numbers of the calls it waits for at relays that have said nothing at all since they were asked. */
  unheard(waiter: CallWaiter): number[] {
    return [...this.#plans].flatMap((plan) => plan.unheard(waiter));
  }

  /** The search waits for none of its calls any more. */
  leave(waiter: CallWaiter): void {
    for (const plan of this.#plans) plan.leave(waiter);
  }
}

/** A call is worth joining while this much of its time is left, or half of what a call of one's own would have. */
const WORTH_JOINING_MS = 1_000;

interface InFlightCall {
  readonly vendor: string;
  readonly subjects: ReadonlySet<string>;
  /** When its vendor must have answered. */
  readonly endMs: number;
  readonly probe: Probe | undefined;
  /** Each waiter's own number for it; the first notes and keeps what it brings. Empty: cancelled. */
  readonly waiting: Map<CallWaiter, number>;
  isAnswered: boolean;
  /** Answered, given up or lost. */
  isOver: boolean;
}

interface Delivery {
  readonly numbers: (number | null)[];
  readonly shared: number[];
}

const PAST_SHARE = { reason: 'too-large' } as const;

/** One plan at one relay, and the searches that wait for its calls. */
class InFlightPlan {
  readonly #sent: SentPlan;
  readonly #watch: CallWatch;
  readonly #startedMs: number;
  readonly #calls: readonly InFlightCall[];

  constructor(sent: SentPlan, waiter: CallWaiter, watch: CallWatch, nowMs: number) {
    this.#sent = sent;
    this.#watch = watch;
    this.#startedMs = nowMs;
    const { plan, numbers, probes } = sent;
    this.#calls = plan.calls.map((call, index) => {
      const number = numbers[index] ?? -1;
      return {
        vendor: call.editor,
        subjects: new Set(call.subjects),
        endMs: nowMs + budgetOf(call, plan),
        probe: probes.get(number),
        waiting: new Map([[waiter, number]]),
        isAnswered: false,
        isOver: false,
      };
    });
  }

  /** Calls for which some search waits. */
  get open(): number {
    return this.#calls.filter(isOpen).length;
  }

  /** Resolves when the relay is done with it or lost; never rejects. */
  async run(): Promise<void> {
    const { link, plan } = this.#sent;
    let isLost = false;
    try {
      await link.search(plan, (frame) => this.#deliver(frame));
    } catch {
      // The link broke, or the relay broke the protocol: its other answers stand.
      isLost = true;
    }
    for (const [waiter, numbers] of this.#unanswered()) {
      if (isLost) waiter.lost(numbers, link);
      else waiter.ended(numbers);
    }
  }

  /** True when one of its calls answers the question too. */
  join(waiter: CallWaiter, number: number, question: CallQuestion, nowMs: number): boolean {
    const { plan, isAlone, link, turn } = this.#sent;
    const { flow, askedWindow, call: asked, endMs, without, isTooFar } = question;
    if (isAlone || link === without || flow !== plan.flow || isTooFar(turn)) return false;
    if (askedWindow.fromMs < plan.fromMs || askedWindow.toMs > plan.toMs) return false;
    const enoughMs = Math.min((endMs - nowMs) / 2, WORTH_JOINING_MS);
    const call = this.#calls.find(
      (one) =>
        one.vendor === asked.vendor &&
        isOpen(one) &&
        one.endMs - nowMs >= enoughMs &&
        asked.subjects.every((subject) => one.subjects.has(subject)),
    );
    // A search that wants one call twice over receives its answer once.
    if (call === undefined || call.waiting.has(waiter)) return false;
    call.waiting.set(waiter, number);
    return true;
  }

  unheard(waiter: CallWaiter): number[] {
    if (this.#sent.link.hasSpokenSince(this.#startedMs)) return [];
    return this.#calls.flatMap(({ waiting, isAnswered }) => {
      const number = waiting.get(waiter);
      return isAnswered || number === undefined ? [] : [number];
    });
  }

  leave(waiter: CallWaiter): void {
    const givenUp: number[] = [];
    for (const [index, call] of this.#calls.entries()) {
      const wasOpen = isOpen(call);
      call.waiting.delete(waiter);
      if (!wasOpen || isOpen(call)) continue;
      givenUp.push(index);
      this.#giveUp(call);
    }
    const { link, plan } = this.#sent;
    if (givenUp.length > 0) link.cancel(plan.id, givenUp);
  }

  #deliver(frame: AnswerFrame): void {
    const deliveries = new Map<CallWaiter, Delivery>();
    const good: CallHead[] = [];
    for (const head of frame.heads) {
      const call = this.#calls[head.call];
      if (call === undefined || call.isAnswered) continue;
      call.isAnswered = true;
      this.#end(call);
      // A search that asks again at once asks the breaker first; what looks good may yet be past its share.
      if (head.failure === undefined) good.push(head);
      else this.#note(head);
      let isFirst = true;
      for (const [waiter, number] of call.waiting) {
        const delivery = deliveries.get(waiter) ?? { numbers: this.#calls.map(() => null), shared: [] };
        deliveries.set(waiter, delivery);
        delivery.numbers[head.call] = number;
        if (!isFirst) delivery.shared.push(number);
        isFirst = false;
      }
    }
    const { link } = this.#sent;
    const past = new Set<number>();
    for (const [waiter, { numbers, shared }] of deliveries) {
      const over = waiter.answered({ link, frame, numbers, shared });
      // Of the search that made the call: one that joined it may have less of its share left.
      for (const [call, number] of numbers.entries())
        if (number !== null && over.includes(number) && !shared.includes(number)) past.add(call);
    }
    for (const head of good) this.#note(past.has(head.call) ? { ...head, failure: PAST_SHARE } : head);
  }

  #note(head: CallHead): void {
    const call = this.#calls[head.call];
    if (call !== undefined) this.#watch.answered(call.vendor, head, call.probe);
  }

  #unanswered(): Map<CallWaiter, number[]> {
    const left = new Map<CallWaiter, number[]>();
    for (const call of this.#calls) {
      if (!isOpen(call)) continue;
      this.#giveUp(call);
      for (const [waiter, number] of call.waiting) left.set(waiter, [...(left.get(waiter) ?? []), number]);
      call.waiting.clear();
    }
    return left;
  }

  #giveUp(call: InFlightCall): void {
    if (call.probe !== undefined) this.#watch.givenUp(call.vendor, call.probe);
    this.#end(call);
  }

  #end(call: InFlightCall): void {
    if (call.isOver) return;
    call.isOver = true;
    this.#watch.over(call.vendor, this.#sent.turn);
  }
}

function isOpen({ waiting, isAnswered }: InFlightCall): boolean {
  return !isAnswered && waiting.size > 0;
}

function budgetOf(call: SearchCall, plan: SearchPlan): number {
  return Math.min(call.budgetMs ?? plan.budgetMs, plan.budgetMs);
}
