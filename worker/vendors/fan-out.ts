// Puts calls to vendors through the hub and gathers what comes back before the deadline. What has not come by then is
// a vendor's time-out, never a longer wait.

import { readAnswerLines } from '../../shared/link/answer-frame.ts';
import type { CallAnswer } from '../../shared/link/relay.ts';
import type { RequestContext } from '../http.ts';
import { hubOf } from '../relay-hub.ts';
import type { AskedCall, CallFailure, HubEvent, HubOutcome, HubSearch } from './hub-search.ts';

/** One question to one vendor and what became of it. */
export interface CallResult {
  readonly call: AskedCall;
  readonly failure?: { readonly reason: CallFailure; readonly status?: number };
  /** Present also with a failure, when part of the answer came before. */
  readonly answer?: CallAnswer;
  /** When the vendor said it, milliseconds: present on what was kept of an earlier search. */
  readonly saidMs?: number;
  /** Another search made the call, and notes and keeps what it brought. */
  readonly isShared?: boolean;
}

export interface FanOut {
  readonly results: readonly CallResult[];
  /** Since when every call to a vendor has failed, milliseconds. */
  readonly failingSinceMs: Readonly<Record<string, number>>;
  /** What crossed the link for calls of this search's own, characters. */
  readonly linkBytes: number;
  readonly outcome: HubOutcome | 'late' | 'lost';
}

export interface FanOutOptions extends Omit<HubSearch, 'id'> {
  /** Ends the calls, besides the request's own signal. */
  readonly signal?: AbortSignal;
  /** Hears what is new each time something lands. */
  readonly onResults?: (results: readonly CallResult[]) => void;
}

/** A caller who leaves ends the calls made for him, unless another search waits for them. Never rejects. */
export async function fanOut(
  { env, requestId, request, waitUntil }: Pick<RequestContext, 'env' | 'requestId' | 'request' | 'waitUntil'>,
  { signal: givenUp, onResults, ...options }: FanOutOptions,
): Promise<FanOut> {
  const { calls, budgetMs } = options;
  const hub = hubOf(env);
  const gathering = new Gathering(calls);
  // A caller may use one request id twice; two searches never share one.
  const id = `${requestId}.${crypto.randomUUID().slice(0, 8)}`;
  const running = hub.search({ id, ...options }, (event) => {
    const news = gathering.take(event);
    if (news.length > 0) onResults?.(news);
  });
  // Without this the runtime drops a request whose caller has left, and with it the word to cancel.
  waitUntil(running.catch(() => undefined));
  for (const signal of [request.signal, givenUp]) {
    signal?.addEventListener('abort', () => void hub.cancel(id), { once: true });
  }
  const outcome = await within(running, budgetMs);
  if (outcome === 'late') void hub.cancel(id);
  return gathering.finish(outcome);
}

/** Why a call of which nothing was heard has failed. */
const SILENCE = {
  done: 'timeout',
  late: 'timeout',
  lost: 'relay-lost',
  'no-relay': 'relay-absent',
} as const satisfies Record<FanOut['outcome'], CallFailure>;

class Gathering {
  readonly #calls: readonly AskedCall[];
  readonly #results = new Map<number, CallResult>();
  #failingSinceMs: Readonly<Record<string, number>> = {};
  #linkBytes = 0;

  constructor(calls: readonly AskedCall[]) {
    this.#calls = calls;
  }

  /** Keeps what an event brings; returns what is new. */
  take(event: HubEvent): CallResult[] {
    switch (event.kind) {
      case 'failing':
        this.#failingSinceMs = event.sinceMs;
        return [];
      case 'failed':
        return event.calls.flatMap((number) => this.#keep(number, { failure: { reason: event.reason } }));
      case 'answers': {
        const shared = event.isShared ? { isShared: true } : {};
        if (!event.isShared) this.#linkBytes += event.body.length;
        return readAnswerLines(event.body).flatMap((answer) => {
          const failure = answer.failure === undefined ? {} : { failure: answer.failure };
          return this.#keep(event.numbers[answer.call], { answer, ...failure, ...shared });
        });
      }
    }
  }

  finish(outcome: FanOut['outcome']): FanOut {
    const silence = SILENCE[outcome];
    const results = this.#calls.map(
      (call, number): CallResult => this.#results.get(number) ?? { call, failure: { reason: silence } },
    );
    return { results, failingSinceMs: this.#failingSinceMs, linkBytes: this.#linkBytes, outcome };
  }

  #keep(number: number | null | undefined, rest: Omit<CallResult, 'call'>): CallResult[] {
    const call = number === null || number === undefined ? undefined : this.#calls[number];
    if (number === null || number === undefined || call === undefined) return [];
    const result = { call, ...rest };
    this.#results.set(number, result);
    return [result];
  }
}

/** The hub ends its searches itself; this is for a hub that cannot (evicted, unreachable). */
const HUB_GRACE_MS = 100;

/** `lost`: the hub itself went in mid-search; what came before stands. */
async function within(running: Promise<HubOutcome>, budgetMs: number): Promise<FanOut['outcome']> {
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => late.resolve('late'), budgetMs + HUB_GRACE_MS);
  try {
    return await Promise.race([running, late.promise]);
  } catch {
    return 'lost';
  } finally {
    clearTimeout(timer);
  }
}
