// Puts one search to every vendor through the hub and gathers what comes back before the deadline. What has
// not come by then is a vendor's time-out, never a longer wait.

import { GatewayError } from '../../shared/error.ts';
import { readAnswerLines } from '../../shared/link/answer-frame.ts';
import type { CallAnswer } from '../../shared/link/relay.ts';
import type { SlotQuery } from '../../shared/sas/query.ts';
import type { RequestContext } from '../http.ts';
import { hubOf } from '../relay-hub.ts';
import type { AskedCall, AskedEditor, CallFailure, HubEvent, HubOutcome } from './hub-search.ts';

/** One call and what became of it. */
export interface CallResult {
  readonly call: AskedCall;
  readonly failure?: { readonly reason: CallFailure; readonly status?: number };
  /** Present also with a failure, when part of the answer came before. */
  readonly answer?: CallAnswer;
}

export interface FanOut {
  readonly editors: readonly AskedEditor[];
  readonly results: readonly CallResult[];
}

interface Gathered {
  editors: readonly AskedEditor[];
  calls: readonly AskedCall[];
  readonly results: Map<number, CallResult>;
}

/**
 * A search's answers travel together unless somebody waits for each: then pass 0.
 * Measured in docs/performance.md.
 */
export const GATHER_MS = 5;

export interface FanOutOptions {
  readonly query: SlotQuery;
  readonly budgetMs: number;
  readonly gatherMs: number;
  /** Ask this vendor only, with the fate of each slot. */
  readonly explain?: string;
  /** Ends the calls, besides the request's own signal. */
  readonly signal?: AbortSignal;
  /** Hears what is new each time something lands. */
  readonly onResults?: (results: readonly CallResult[]) => void;
}

/**
 * A caller who leaves ends the calls made for him.
 * @throws GatewayError relay-absent, relay-lost (all of them, before any answer), storage-unavailable.
 */
export async function fanOut(
  { env, requestId, request, waitUntil }: Pick<RequestContext, 'env' | 'requestId' | 'request' | 'waitUntil'>,
  options: FanOutOptions,
): Promise<FanOut> {
  const { query, budgetMs, gatherMs, explain, onResults } = options;
  const hub = hubOf(env);
  // A caller may use one request id twice; two searches never share one.
  const runId = `${requestId}.${crypto.randomUUID().slice(0, 8)}`;
  const gathered: Gathered = { editors: [], calls: [], results: new Map() };
  const running = hub.search(
    { id: runId, query, budgetMs, gatherMs, ...(explain === undefined ? {} : { explain }) },
    (event) => {
      const news = gather(event, gathered);
      if (news.length > 0) onResults?.(news);
    },
  );
  // Without this the runtime drops a request whose caller has left, and with it the word to cancel.
  waitUntil(running.catch(() => undefined));
  for (const signal of [request.signal, options.signal]) {
    signal?.addEventListener('abort', () => void hub.cancel(runId), { once: true });
  }
  const outcome = await within(running, budgetMs);
  if (outcome === 'late') void hub.cancel(runId);
  if (outcome === 'no-relay') {
    throw new GatewayError({
      reason: 'relay-absent',
      text: "Aucun relais n'est connecté : aucun éditeur n'a pu être interrogé.",
    });
  }
  if (outcome === 'no-registry') {
    throw new GatewayError({
      reason: 'storage-unavailable',
      text: 'Le registre des éditeurs ne peut être lu.',
    });
  }
  const results = gathered.calls.map(
    (call, number): CallResult => gathered.results.get(number) ?? { call, failure: { reason: 'timeout' } },
  );
  if (results.length > 0 && results.every(({ failure }) => failure?.reason === 'relay-lost')) {
    throw new GatewayError({
      reason: 'relay-lost',
      text: "La liaison avec le relais s'est rompue avant toute réponse.",
    });
  }
  return { editors: gathered.editors, results };
}

/** Keeps what an event brings; returns what is new. */
function gather(event: HubEvent, gathered: Gathered): CallResult[] {
  const news: CallResult[] = [];
  const keep = (number: number | undefined, rest: Omit<CallResult, 'call'>): void => {
    const call = number === undefined ? undefined : gathered.calls[number];
    if (number === undefined || call === undefined) return;
    const result = { call, ...rest };
    gathered.results.set(number, result);
    news.push(result);
  };
  switch (event.kind) {
    case 'asked':
      gathered.editors = event.editors;
      gathered.calls = event.calls;
      break;
    case 'failed':
      for (const number of event.calls) keep(number, { failure: { reason: event.reason } });
      break;
    case 'answers':
      for (const answer of readAnswerLines(event.body)) {
        const failure = answer.failure === undefined ? {} : { failure: answer.failure };
        keep(event.numbers[answer.call], { answer, ...failure });
      }
  }
  return news;
}

/** The hub ends its searches itself; this is for a hub that cannot (evicted, unreachable). */
const HUB_GRACE_MS = 100;

async function within(running: Promise<HubOutcome>, budgetMs: number): Promise<HubOutcome | 'late'> {
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => late.resolve('late'), budgetMs + HUB_GRACE_MS);
  try {
    return await Promise.race([running, late.promise]);
  } catch (cause) {
    throw new GatewayError({
      reason: 'relay-lost',
      text: "L'aiguillage des relais s'est interrompu.",
      cause,
    });
  } finally {
    clearTimeout(timer);
  }
}
