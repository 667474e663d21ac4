// One search while relays carry it: hands out the calls, passes answers on, sends what a lost relay left
// unanswered through another, and ends with its budget. Lives in the relay hub's memory.

import type { CallHead, SearchPlan } from '../../shared/link/relay.ts';
import { log } from '../log.ts';
import type { RelayLink } from '../relay-link.ts';
import type { Breakers } from './breakers.ts';
import type { EditorHealth } from './editor-health.ts';
import type { HubEvent, HubListener, HubSearch } from './hub-search.ts';
import { assignCalls, type RelayShare, type SearchCalls } from './plan.ts';

/** What the hop back may take once a relay has spent its budget. */
const HOP_MS = 150;
/** With less left, a vendor could not answer through another relay anyway. */
const WORTH_ANOTHER_RELAY_MS = 300;

const PASSED = { pass: true, isProbe: false } as const;

export interface SearchRunContext {
  /** Relays that can be asked now. */
  readonly links: () => readonly RelayLink[];
  readonly health: EditorHealth;
  readonly breakers: Breakers;
}

export class SearchRun {
  readonly #search: HubSearch;
  readonly #plan: SearchCalls;
  readonly #listener: HubListener;
  readonly #context: SearchRunContext;
  readonly #endMs: number;
  readonly #unanswered: Set<number>;
  readonly #asked = new Set<RelayLink>();
  /** Vendors whose breaker waits for the outcome of our call. */
  readonly #probed = new Set<string>();
  readonly #heard: Promise<unknown>[] = [];
  readonly #ended = Promise.withResolvers<'abandoned' | 'late'>();

  constructor(search: HubSearch, plan: SearchCalls, listener: HubListener, context: SearchRunContext) {
    this.#search = search;
    this.#plan = plan;
    this.#listener = listener;
    this.#context = context;
    this.#endMs = Date.now() + search.budgetMs;
    this.#unanswered = new Set(plan.calls.keys());
  }

  /** Resolves when every call is answered, the budget is spent or nobody waits any more; never rejects. */
  async run(): Promise<void> {
    const { editors, calls } = this.#plan;
    this.#emit({ kind: 'asked', editors: editors.map((row) => this.#context.health.describe(row)), calls });
    const timer = setTimeout(() => this.#ended.resolve('late'), this.#endMs - Date.now());
    const done = this.#carry(this.#askBreakers(), 'relay-absent').then(() => 'done' as const);
    const how = await Promise.race([this.#ended.promise, done]);
    clearTimeout(timer);
    if (how !== 'done') for (const link of this.#asked) link.cancel(this.#search.id);
    for (const editor of this.#probed) this.#context.breakers.forgetProbe(editor, Date.now());
    await Promise.all(this.#heard);
  }

  abandon(): void {
    this.#ended.resolve('abandoned');
  }

  /** Numbers of the calls that may leave; the others are told at once that their vendor is held back. */
  #askBreakers(): number[] {
    const passed: number[] = [];
    const held: number[] = [];
    const verdicts = new Map<string, boolean>();
    for (const [number, { editor }] of this.#plan.calls.entries()) {
      let isPassed = verdicts.get(editor);
      if (isPassed === undefined) {
        const verdict =
          this.#search.explain === undefined ? this.#context.breakers.ask(editor, Date.now()) : PASSED;
        isPassed = verdict.pass;
        if (verdict.pass && verdict.isProbe) this.#probed.add(editor);
        // One call is the probe; the vendor's other calls of this search wait for a closed breaker.
        verdicts.set(editor, verdict.pass && !verdict.isProbe);
      }
      (isPassed ? passed : held).push(number);
    }
    this.#fail(held, 'open');
    return passed;
  }

  /** `why`: what a call that no relay can carry is told. */
  async #carry(numbers: readonly number[], why: 'relay-absent' | 'relay-lost'): Promise<void> {
    const { shares, unserved } = assignCalls(numbers, this.#plan.calls, this.#context.links());
    if (unserved.length > 0) this.#fail(unserved, why);
    await Promise.all(shares.map((share) => this.#ask(share)));
  }

  async #ask(share: RelayShare): Promise<void> {
    const link = this.#context.links().find(({ id }) => id === share.relay);
    if (link === undefined) return this.#fail(share.numbers, 'relay-lost');
    this.#asked.add(link);
    try {
      await link.search(this.#planOf(share), ({ heads, body }) => {
        for (const head of heads) this.#note(head, share);
        this.#emit({ kind: 'answers', numbers: share.numbers, body });
      });
    } catch {
      // The link broke, or the relay broke its word: its other answers stand.
      const left = share.numbers.filter((number) => this.#unanswered.has(number));
      const { id: requestId } = this.#search;
      log('warn', 'search lost its relay', { requestId, relay: share.relay, count: left.length });
      if (this.#endMs - Date.now() < WORTH_ANOTHER_RELAY_MS) this.#fail(left, 'relay-lost');
      else if (left.length > 0) await this.#carry(left, 'relay-lost');
    }
  }

  #planOf(share: RelayShare): SearchPlan {
    const { id, query, gatherMs, explain } = this.#search;
    return {
      id,
      flow: query.flow,
      fromMs: query.window.fromMs,
      toMs: query.window.toMs,
      budgetMs: Math.max(0, this.#endMs - Date.now() - HOP_MS),
      gatherMs,
      ...(explain === undefined ? {} : { trace: true }),
      calls: share.calls,
    };
  }

  #note(head: CallHead, share: RelayShare): void {
    const number = share.numbers[head.call];
    const call = number === undefined ? undefined : this.#plan.calls[number];
    if (number === undefined || call === undefined) return;
    this.#unanswered.delete(number);
    this.#probed.delete(call.editor);
    const nowMs = Date.now();
    this.#context.health.note(call.editor, head.failure === undefined, nowMs);
    this.#context.breakers.note(call.editor, head.failure, head.durationMs, nowMs);
  }

  #fail(calls: readonly number[], reason: 'relay-absent' | 'relay-lost' | 'open'): void {
    if (calls.length > 0) this.#emit({ kind: 'failed', calls, reason });
  }

  #emit(event: HubEvent): void {
    // A Worker that has left (deadline, client gone) no longer listens; that is not an error.
    this.#heard.push(Promise.resolve(this.#listener(event)).catch(() => undefined));
  }
}
