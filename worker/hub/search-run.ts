// One search while relays carry it: hands out the calls or waits for those under way already, passes answers on, calls
// once more what a relay left undone or a joined call cut short, and ends with its budget. Lives in the relay hub's
// memory.

import { within } from '../../shared/deadline.ts';
import type { Turn } from '../../shared/link/fair-queue.ts';
import type { SearchPlan } from '../../shared/link/relay.ts';
import { log } from '../base/log.ts';
import { assignCalls, type RelayShare } from './assign-calls.ts';
import type { Arrival, CallWaiter, InFlightCalls } from './in-flight-calls.ts';
import { type AwaitedRelays, waitEndMs } from './link/awaited-relays.ts';
import type { RelayLink } from './link/relay-link.ts';
import { SearchShares } from './link/search-shares.ts';
import { type PlannedCalls, planFor } from './planned-calls.ts';
import type { CallFailure, HubEvent, HubListener } from './reach/calls.ts';
import type { CallLines } from './turns/call-lines.ts';
import { SearchLine } from './turns/search-line.ts';
import type { Probe, Verdict } from './vendors/breaker.ts';
import type { Breakers } from './vendors/breakers.ts';

/** What the hop back may take once a relay has spent its budget. */
const HOP_MS = 150;
/** With less left, a vendor could not answer through another relay anyway. */
const WORTH_ANOTHER_RELAY_MS = 300;
/** With less left, a search that joined a call that timed out does not make its own. */
const WORTH_ANOTHER_CALL_MS = 1_000;

const PASSED: Verdict = { pass: true };

/** A search waits for another's calls to a vendor rather than make its own while no more of them are out, or fewer than its own. */
const JOINED_AMONG_MAX = 4;

/** What of the hub a search uses. */
export interface SearchRunContext {
  /** Relays that can be asked now. */
  readonly links: () => readonly RelayLink[];
  /** Relays that a hub which has just begun waits for. */
  readonly awaited: AwaitedRelays;
  readonly inFlight: InFlightCalls;
  readonly lines: CallLines;
  readonly breakers: Breakers;
}

/** Why some calls are asked, and what they are told when no relay can carry them. */
interface Asking {
  readonly why: 'relay-absent' | 'relay-lost';
  readonly without?: RelayLink | undefined;
}

/** One search in the hub, from its calls to its end. */
export class SearchRun implements CallWaiter {
  readonly #search: PlannedCalls;
  readonly #listener: HubListener;
  readonly #context: SearchRunContext;
  readonly #startedMs: number;
  readonly #endMs: number;
  /** Until when a call waits for a relay that may yet come. */
  readonly #waitEndMs: number;
  readonly #unanswered: Set<number>;
  /** Calls that another search had under way. */
  readonly #joined = new Set<number>();
  /** Calls that have had their second try. */
  readonly #calledAgain = new Set<number>();
  /** Calls whose time began later than the search. */
  readonly #askedMs = new Map<number, number>();
  /** Calls whose outcome their vendor's breaker waits for. */
  readonly #probes = new Map<number, Probe>();
  readonly #line: SearchLine<Asking>;
  readonly #shares: SearchShares;
  readonly #delivered: Promise<unknown>[] = [];
  readonly #ended = Promise.withResolvers<'answered' | 'abandoned' | 'late'>();
  #plans = 0;
  #isOver = false;

  constructor(search: PlannedCalls, listener: HubListener, context: SearchRunContext) {
    this.#search = search;
    this.#listener = listener;
    this.#context = context;
    this.#shares = new SearchShares(search.calls);
    this.#startedMs = Date.now();
    this.#endMs = this.#startedMs + search.budgetMs;
    this.#waitEndMs = waitEndMs(this.#startedMs, search.budgetMs);
    this.#unanswered = new Set(search.calls.keys());
    this.#line = new SearchLine(context.lines, {
      turn: search.turn,
      vendorOf: (number) => this.#vendorOf(number),
      onTurn: (numbers, asking) => this.#askInTurn(numbers, asking),
    });
  }

  /**
   * `first`, if any, is told before anything else. Resolves when every call is answered, the budget is spent or the caller has
   * disconnected; never rejects.
   */
  async run(first?: HubEvent): Promise<void> {
    if (first !== undefined) this.#emit(first);
    const ended = within(this.#ended.promise, this.#search.budgetMs, () => 'late' as const);
    this.#ask([...this.#search.calls.keys()]);
    this.#settle([]);
    const how = await ended;
    this.#isOver = true;
    // Of these we know only that their relay is gone: their vendors may be well.
    if (how === 'late') this.#fail(this.#context.inFlight.unheard(this), 'relay-lost');
    this.#fail(this.#line.end(), 'overloaded');
    this.#context.inFlight.leave(this);
    await Promise.all(this.#delivered);
  }

  abandon(): void {
    this.#ended.resolve('abandoned');
  }

  answered({ link, frame, numbers, shared }: Arrival): readonly number[] {
    const undelivered: number[] = [];
    const tooShort: number[] = [];
    for (const { call, failure } of frame.heads) {
      const number = numbers[call];
      if (typeof number !== 'number') continue;
      if (failure?.reason === 'draining' && this.#canGoThroughAnother(number, link)) undelivered.push(number);
      if (failure?.reason === 'timeout' && this.#canCallItself(number)) tooShort.push(number);
    }
    const again = new Set([...undelivered, ...tooShort]);
    const wanted = numbers.map((number) => (number === null || again.has(number) ? null : number));
    const { body, over } = this.#shares.give(frame, wanted);
    const taken = wanted.map((number) => (number === null || over.includes(number) ? null : number));
    const answered = taken.filter((number) => number !== null);
    if (answered.length > 0) this.#emit({ kind: 'answers', numbers: taken, body, shared });
    this.#settle(answered);
    this.#cut(over);
    this.#handOver(undelivered, link);
    this.#callAgain(tooShort);
    return over;
  }

  /** Past its vendor's share of this search. */
  #cut(over: readonly number[]): void {
    for (const number of over) {
      const vendor = this.#search.calls[number]?.vendor ?? '';
      log('warn', 'vendor-past-its-share', { requestId: this.#search.id, editor: vendor });
    }
    this.#fail(over, 'too-large');
  }

  lost(numbers: readonly number[], link: RelayLink): void {
    log('warn', 'search-lost-its-relay', { requestId: this.#search.id, count: numbers.length });
    const again = new Set(numbers.filter((number) => this.#hasTimeForAnother(number)));
    this.#fail(
      numbers.filter((number) => !again.has(number)),
      'relay-lost',
    );
    this.#handOver([...again], link);
  }

  ended(numbers: readonly number[]): void {
    this.#settle(numbers);
  }

  /** For the first time, or once more for want of a relay. */
  #ask(numbers: readonly number[], asking: Asking = { why: 'relay-absent' }): void {
    this.#send(this.#line.enter(this.#join(numbers, asking.without), asking), asking);
  }

  /** Their turn has come: meanwhile another search may have asked the same, or the time may be spent. */
  #askInTurn(numbers: readonly number[], asking: Asking): void {
    const isLate = this.#endMs - Date.now() < WORTH_ANOTHER_RELAY_MS;
    if (isLate) this.#fail(numbers, 'overloaded');
    this.#beginAnew(numbers);
    const own = new Set(isLate ? [] : this.#join(numbers, asking.without));
    this.#line.giveBack(numbers.filter((number) => !own.has(number)));
    this.#send([...own], asking);
  }

  /** Their vendors have all their time before them. */
  #beginAnew(numbers: readonly number[]): void {
    for (const number of numbers) this.#askedMs.set(number, Date.now());
  }

  /** These have their places. */
  #send(numbers: readonly number[], asking: Asking): void {
    const passed = new Set(this.#askBreakers(numbers));
    this.#line.giveBack(numbers.filter((number) => !passed.has(number)));
    this.#carry([...passed], asking);
  }

  #vendorOf(number: number): string {
    return this.#search.calls[number]?.vendor ?? '';
  }

  /** Asks these when a relay has come back. */
  async #askLater(numbers: readonly number[]): Promise<void> {
    await this.#context.awaited.nextUntil(this.#waitEndMs);
    if (this.#isOver) return;
    this.#beginAnew(numbers);
    this.#ask(numbers);
  }

  /** No relay can carry this call now, and one that a restarted hub knew may yet come. */
  #isWaitedFor(number: number): boolean {
    return Date.now() < this.#waitEndMs && this.#context.awaited.mayCome(this.#search.calls[number]?.vendor);
  }

  #hasTimeForAnother(number: number): boolean {
    return !this.#calledAgain.has(number) && this.#endMs - Date.now() >= WORTH_ANOTHER_RELAY_MS;
  }

  #canGoThroughAnother(number: number, than: RelayLink): boolean {
    const others = this.#context.links().filter((link) => link !== than);
    return (
      this.#hasTimeForAnother(number) && others.some(({ vendors }) => vendors.has(this.#vendorOf(number)))
    );
  }

  /** A search that joined a call had less of its time than a call of its own would have given it. */
  #canCallItself(number: number): boolean {
    const leftMs = this.#vendorEndMs(number) - Date.now();
    return this.#joined.has(number) && !this.#calledAgain.has(number) && leftMs >= WORTH_ANOTHER_CALL_MS;
  }

  /** Through another relay than the one that failed before it reached the vendors. */
  #handOver(numbers: readonly number[], failed: RelayLink): void {
    this.#beginAnew(numbers);
    this.#callAgain(numbers, failed);
  }

  #callAgain(numbers: readonly number[], without?: RelayLink): void {
    if (numbers.length === 0) return;
    for (const number of numbers) this.#calledAgain.add(number);
    this.#ask(numbers, { why: 'relay-lost', without });
  }

  /** When the vendor of a call must have answered. */
  #vendorEndMs(number: number): number {
    const endMs = this.#endMs - HOP_MS;
    const budgetMs = this.#search.calls[number]?.budgetMs;
    const askedMs = this.#askedMs.get(number) ?? this.#startedMs;
    return budgetMs === undefined ? endMs : Math.min(endMs, askedMs + budgetMs);
  }

  /** Joins in-flight calls; returns the numbers of the calls that no search has under way. */
  #join(numbers: readonly number[], without?: RelayLink): number[] {
    const { calls, flow, askedWindow, isAlone } = this.#search;
    if (isAlone) return [...numbers];
    const nowMs = Date.now();
    return numbers.filter((number) => {
      const call = calls[number];
      if (call === undefined) return false;
      const isTooFar = (turn: Turn): boolean => this.#isTooFar(call.vendor, turn);
      const question = { flow, askedWindow, call, endMs: this.#vendorEndMs(number), without, isTooFar };
      if (!this.#context.inFlight.join(this, number, question, nowMs)) return true;
      this.#joined.add(number);
      return false;
    });
  }

  /** Another search's calls to this vendor may wait for their turns longer than a call of one's own. */
  #isTooFar(vendor: string, turn: Turn): boolean {
    const ahead = this.#line.ahead(vendor, turn);
    return (
      ahead > JOINED_AMONG_MAX && ahead > this.#search.calls.filter((call) => call.vendor === vendor).length
    );
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
    this.#probes.delete(number);
    return this.#search.isTraced ? PASSED : this.#context.breakers.ask(this.#vendorOf(number), Date.now());
  }

  #carry(numbers: readonly number[], { why, without }: Asking): void {
    const links = this.#context.links().filter((link) => link !== without);
    const { shares, unserved } = assignCalls(numbers, this.#search.calls, links);
    for (const number of unserved) this.#forgetProbe(number);
    this.#line.giveBack(unserved);
    const waiting = new Set(why === 'relay-absent' ? unserved.filter((one) => this.#isWaitedFor(one)) : []);
    if (waiting.size > 0) void this.#askLater([...waiting]);
    const left = unserved.filter((number) => !waiting.has(number));
    // A vendor that a relay names and whose entry there is broken, and that no other relay serves.
    const isBroken = (number: number): boolean =>
      why === 'relay-absent' && links.some(({ outOfOrder }) => outOfOrder.has(this.#vendorOf(number)));
    this.#fail(left.filter(isBroken), 'out-of-order');
    this.#fail(
      left.filter((number) => !isBroken(number)),
      why,
    );
    const { isAlone, isTraced } = this.#search;
    for (const share of shares) {
      const link = links.find(({ id }) => id === share.relay);
      if (link === undefined) continue;
      const sent = {
        link,
        plan: this.#planOf(share),
        turn: this.#search.turn,
        numbers: share.numbers,
        probes: this.#probes,
        isAlone: isAlone || isTraced,
      };
      this.#context.inFlight.start(sent, this);
    }
  }

  #forgetProbe(number: number): void {
    const probe = this.#probes.get(number);
    if (probe !== undefined) this.#context.breakers.forgetProbe(this.#vendorOf(number), probe, Date.now());
  }

  #planOf(share: RelayShare): SearchPlan {
    this.#plans += 1;
    const nowMs = Date.now();
    return planFor(this.#search, share, {
      count: this.#plans,
      budgetMs: Math.max(0, this.#endMs - nowMs - HOP_MS),
      // A call of one's own after a joined one has the rest of what its vendor is given, not the whole again.
      callMs: (number) => Math.max(0, this.#vendorEndMs(number) - nowMs),
    });
  }

  #fail(calls: readonly number[], reason: CallFailure, sinceMs?: number): void {
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
    this.#delivered.push(Promise.resolve(this.#listener(event)).catch(() => undefined));
  }
}
