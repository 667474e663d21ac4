// Runs the plans the edge sends: all calls of a plan at once, answers gathered and handed to the sink, all of it
// over when the budget is. A vendor that hangs costs its own answer only. Called by the link's session, one per
// connection; knows the vendors, not the socket.

import type { VendorFailure } from '../../shared/failure.ts';
import type { SearchPlan } from '../../shared/link/relay.ts';
import { GivenUp } from '../base/failure.ts';
import { answerNothing, type WrittenAnswer, writeAnswer } from '../reading/answer-reading.ts';
import type { VendorClient } from '../vendor/vendor-client.ts';
import { SearchClock } from './clock.ts';
import type { RetryBudget } from './retry-budget.ts';
import { SearchShare } from './search-share.ts';
import { callVendor, type Exchanged } from './vendor-call.ts';
import { cutFrames, type Frame } from './write-frames.ts';

/** Hands answers over; false when they cannot arrive any more. */
export type Sink = (frame: Frame) => boolean;

export type Vendors = ReadonlyMap<string, VendorClient>;

export interface SearchSettings {
  readonly vendors: () => Vendors;
  readonly retryBudget: RetryBudget;
  /** `givenUp`: nobody waited for it any more, so its failure is no vendor's. */
  readonly onExchange: (plan: SearchPlan, exchanged: Exchanged, givenUp: boolean) => void;
  readonly onInternalError: (error: unknown, plan: SearchPlan) => void;
}

/** All searches of this process. */
export class Searches {
  readonly #settings: SearchSettings;
  readonly #running = new Set<Search>();
  #draining: PromiseWithResolvers<void> | undefined;

  constructor(settings: SearchSettings) {
    this.#settings = settings;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Resolves when every call has been handed to the sink, or the search was given up. Never rejects. */
  async run(plan: SearchPlan, sink: Sink, owner: object): Promise<void> {
    const search = new Search(plan, sink, owner, this.#settings);
    this.#running.add(search);
    try {
      await search.run(this.#draining !== undefined);
    } finally {
      this.#running.delete(search);
      if (this.#running.size === 0) this.#draining?.resolve();
    }
  }

  /** Only the connection that asked may cancel: these calls, or the whole. What is unknown is ignored. */
  cancel(id: string, owner: object, calls?: readonly number[]): void {
    for (const search of this.#running) {
      if (search.id !== id || search.owner !== owner) continue;
      if (calls === undefined) search.giveUp();
      else search.giveUpCalls(calls);
    }
  }

  /** Its link is lost: nobody reads the answers. */
  abandon(owner: object): void {
    for (const search of this.#running) if (search.owner === owner) search.giveUp();
  }

  /** From now on plans are answered with `draining`; resolves when those that run are over. */
  drain(): Promise<void> {
    this.#draining ??= Promise.withResolvers();
    if (this.#running.size === 0) this.#draining.resolve();
    return this.#draining.promise;
  }
}

class Search {
  readonly owner: object;
  readonly #plan: SearchPlan;
  readonly #sink: Sink;
  readonly #settings: SearchSettings;
  readonly #clock: SearchClock;
  readonly #share = new SearchShare();
  readonly #done = Promise.withResolvers<void>();
  /** What ends each call that has not landed yet. */
  readonly #open: Map<number, AbortController>;
  #gathered: WrittenAnswer[] = [];
  #over = false;
  #flushTimer: NodeJS.Timeout | undefined;
  #flushSoon: NodeJS.Immediate | undefined;

  constructor(plan: SearchPlan, sink: Sink, owner: object, settings: SearchSettings) {
    this.owner = owner;
    this.#plan = plan;
    this.#sink = sink;
    this.#settings = settings;
    this.#clock = new SearchClock(plan.budgetMs);
    this.#open = new Map(plan.calls.map((_call, index) => [index, new AbortController()]));
  }

  get id(): string {
    return this.#plan.id;
  }

  run(draining: boolean): Promise<void> {
    if (this.#plan.calls.length === 0) return Promise.resolve();
    const vendors = this.#settings.vendors();
    for (const [index, call] of this.#plan.calls.entries()) {
      const client = vendors.get(call.editor);
      if (draining) this.#landNothing(index, 'draining');
      else if (client?.editor.flows.includes(this.#plan.flow)) this.#ask(client, index, call.budgetMs);
      else this.#landNothing(index, 'not-served');
    }
    return this.#done.promise;
  }

  giveUp(): void {
    this.#gathered = [];
    this.#end();
    for (const index of this.#open.keys()) this.#abort(index);
  }

  giveUpCalls(calls: readonly number[]): void {
    for (const index of calls) this.#abort(index);
    if (this.#open.size > 0 || this.#over) return;
    this.#flush();
    this.#end();
  }

  /** Nothing for a call that has landed, or that the plan has not. */
  #abort(index: number): void {
    const controller = this.#open.get(index);
    this.#open.delete(index);
    controller?.abort(new GivenUp('internal'));
  }

  #ask(client: VendorClient, index: number, budgetMs: number | undefined): void {
    const controller = this.#open.get(index);
    if (controller === undefined) return;
    this.#clock.end(controller, budgetMs);
    callVendor(client, this.#plan, index, controller.signal, this.#settings.retryBudget).then(
      (exchanged) => {
        const answer = this.#share.take(client.editor.id, exchanged.answer);
        this.#settings.onExchange(this.#plan, { ...exchanged, answer }, !this.#open.has(index));
        this.#land(answer);
      },
      (error: unknown) => {
        this.#settings.onInternalError(error, this.#plan);
        this.#landNothing(index, 'internal');
      },
    );
  }

  #landNothing(call: number, reason: VendorFailure): void {
    this.#land(writeAnswer(answerNothing(call, { reason })));
  }

  #land(answer: WrittenAnswer): void {
    if (!this.#open.delete(answer.facts.call)) return;
    this.#gathered.push(answer);
    if (this.#open.size === 0) {
      this.#flush();
      this.#end();
    } else if (this.#plan.gatherMs > 0) {
      this.#flushTimer ??= setTimeout(this.#flush, this.#plan.gatherMs);
    } else {
      // At once, but together with what the same turn of the event loop brought.
      this.#flushSoon ??= setImmediate(this.#flush);
    }
  }

  readonly #flush = (): void => {
    this.#cancelFlush();
    const gathered = this.#gathered;
    this.#gathered = [];
    // The link keeps order, so nothing waits here for the edge to say that it has read them.
    for (const frame of cutFrames(gathered)) {
      if (this.#sink(frame)) continue;
      this.giveUp();
      break;
    }
  };

  #cancelFlush(): void {
    clearTimeout(this.#flushTimer);
    clearImmediate(this.#flushSoon);
    this.#flushTimer = undefined;
    this.#flushSoon = undefined;
  }

  #end(): void {
    this.#over = true;
    this.#cancelFlush();
    this.#clock.stop();
    this.#done.resolve();
  }
}
