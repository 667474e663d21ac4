// One search while relays carry it: hands out the calls or waits for those under way already, passes answers on, sends
// what a lost relay left unanswered through another, and ends with its budget. Lives in the relay hub's memory.

import type { AnswerFrame } from '../../shared/link/answer-frame.ts';
import type { SearchPlan } from '../../shared/link/relay.ts';
import { log } from '../log.ts';
import type { RelayLink } from '../relay-link.ts';
import type { Probe, Verdict } from './breaker.ts';
import type { Breakers } from './breakers.ts';
import type { EditorHealth } from './editor-health.ts';
import type { Flights, FlightWaiter } from './flights.ts';
import type { HubEvent, HubListener, HubSearch } from './hub-search.ts';
import { assignCalls, type RelayShare } from './plan.ts';

/** What the hop back may take once a relay has spent its budget. */
const HOP_MS = 150;
/** With less left, a vendor could not answer through another relay anyway. */
const WORTH_ANOTHER_RELAY_MS = 300;

const PASSED: Verdict = { pass: true };

export interface SearchRunContext {
  /** Relays that can be asked now. */
  readonly links: () => readonly RelayLink[];
  readonly flights: Flights;
  readonly health: EditorHealth;
  readonly breakers: Breakers;
}

export class SearchRun implements FlightWaiter {
  readonly #search: HubSearch;
  readonly #listener: HubListener;
  readonly #context: SearchRunContext;
  readonly #endMs: number;
  readonly #unanswered: Set<number>;
  /** Calls whose outcome their vendor's breaker waits for. */
  readonly #probes = new Map<number, Probe>();
  readonly #heard: Promise<unknown>[] = [];
  readonly #ended = Promise.withResolvers<'answered' | 'abandoned' | 'late'>();
  #plans = 0;

  constructor(search: HubSearch, listener: HubListener, context: SearchRunContext) {
    this.#search = search;
    this.#listener = listener;
    this.#context = context;
    this.#endMs = Date.now() + search.budgetMs;
    this.#unanswered = new Set(search.calls.keys());
  }

  /** Resolves when every call is answered, the budget is spent or nobody waits any more; never rejects. */
  async run(): Promise<void> {
    const editors = new Set(this.#search.calls.map(({ editor }) => editor));
    this.#emit({ kind: 'failing', sinceMs: this.#context.health.failingSince(editors) });
    const timer = setTimeout(() => this.#ended.resolve('late'), this.#search.budgetMs);
    this.#begin();
    this.#settle([]);
    await this.#ended.promise;
    clearTimeout(timer);
    this.#context.flights.leave(this);
    await Promise.all(this.#heard);
  }

  abandon(): void {
    this.#ended.resolve('abandoned');
  }

  landed(numbers: readonly (number | null)[], { body }: AnswerFrame, isShared: boolean): void {
    const answered = numbers.filter((number) => number !== null);
    this.#emit({ kind: 'answers', numbers, body, isShared });
    this.#settle(answered);
  }

  lost(numbers: readonly number[]): void {
    log('warn', 'search lost its relay', { requestId: this.#search.id, count: numbers.length });
    if (this.#endMs - Date.now() < WORTH_ANOTHER_RELAY_MS) this.#fail(numbers, 'relay-lost');
    else this.#carry(this.#askBreakers(this.#join(numbers)), 'relay-lost');
  }

  ended(numbers: readonly number[]): void {
    this.#settle(numbers);
  }

  #begin(): void {
    const own = this.#join([...this.#search.calls.keys()]);
    this.#carry(this.#askBreakers(own), 'relay-absent');
  }

  /** Numbers of the calls that nobody has under way. */
  #join(numbers: readonly number[]): number[] {
    const { calls, flow, window, isAlone } = this.#search;
    if (isAlone) return [...numbers];
    const question = { flow, window, endMs: this.#endMs };
    const nowMs = Date.now();
    return numbers.filter((number) => {
      const call = calls[number];
      return call !== undefined && !this.#context.flights.join(this, number, call, question, nowMs);
    });
  }

  /** Numbers of the calls that may leave; the others are told at once that their vendor is held back. */
  #askBreakers(numbers: readonly number[]): number[] {
    const passed: number[] = [];
    const held = new Map<number, number[]>();
    for (const number of numbers) {
      const verdict = this.#verdictOn(number);
      if (!verdict.pass) held.set(verdict.sinceMs, [...(held.get(verdict.sinceMs) ?? []), number]);
      else {
        passed.push(number);
        if (verdict.probe !== undefined) this.#probes.set(number, verdict.probe);
      }
    }
    for (const [sinceMs, calls] of held) this.#fail(calls, 'open', sinceMs);
    return passed;
  }

  #verdictOn(number: number): Verdict {
    const { calls, isTraced } = this.#search;
    this.#probes.delete(number);
    return isTraced ? PASSED : this.#context.breakers.ask(calls[number]?.editor ?? '', Date.now());
  }

  /** `why`: what a call that no relay can carry is told. */
  #carry(numbers: readonly number[], why: 'relay-absent' | 'relay-lost'): void {
    const links = this.#context.links();
    const { shares, unserved } = assignCalls(numbers, this.#search.calls, links);
    for (const number of unserved) this.#forgetProbe(number);
    this.#fail(unserved, why);
    const { isAlone, isTraced } = this.#search;
    for (const share of shares) {
      const link = links.find(({ id }) => id === share.relay);
      if (link === undefined) continue;
      const departure = {
        link,
        plan: this.#planOf(share),
        endMs: this.#endMs,
        numbers: share.numbers,
        probes: this.#probes,
        isAlone: isAlone || isTraced,
      };
      this.#context.flights.start(departure, this);
    }
  }

  #forgetProbe(number: number): void {
    const probe = this.#probes.get(number);
    const editor = this.#search.calls[number]?.editor ?? '';
    if (probe !== undefined) this.#context.breakers.forgetProbe(editor, probe, Date.now());
  }

  #planOf(share: RelayShare): SearchPlan {
    const { id, flow, window, gatherMs, isTraced } = this.#search;
    this.#plans += 1;
    return {
      id: `${id}.${this.#plans}`,
      flow,
      fromMs: window.fromMs,
      toMs: window.toMs,
      budgetMs: Math.max(0, this.#endMs - Date.now() - HOP_MS),
      gatherMs,
      ...(isTraced ? { trace: true } : {}),
      calls: share.calls,
    };
  }

  #fail(calls: readonly number[], reason: 'relay-absent' | 'relay-lost' | 'open', sinceMs?: number): void {
    if (calls.length === 0) return;
    this.#emit({ kind: 'failed', calls, reason, ...(sinceMs !== undefined && { sinceMs }) });
    this.#settle(calls);
  }

  #settle(numbers: readonly number[]): void {
    for (const number of numbers) this.#unanswered.delete(number);
    if (this.#unanswered.size === 0) this.#ended.resolve('answered');
  }

  #emit(event: HubEvent): void {
    // A Worker that has left (deadline, client gone) no longer listens; that is not an error.
    this.#heard.push(Promise.resolve(this.#listener(event)).catch(() => undefined));
  }
}
