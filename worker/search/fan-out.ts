// Puts calls to vendors through the hub and gathers what comes back before the deadline. What has not come by then is
// a vendor's time-out, never a longer wait.

import type { CallAnswer } from '../../shared/sas/answer.ts';
import type { RequestContext } from '../http/http.ts';
import type { AskedCall, HubOutcome, HubSearch } from '../hub/hub-calls.ts';
import { hubOf } from '../hub/relay-hub.ts';
import { Gathering } from './gathering.ts';
import { whenLeft } from './leaving.ts';
import type { LedgerFailure } from './ledger.ts';

/** One question to one vendor and what became of it. */
export interface CallResult {
  readonly call: AskedCall;
  /** `sinceMs`: since when, where the failure itself says so. */
  readonly failure?: { readonly reason: LedgerFailure; readonly status?: number; readonly sinceMs?: number };
  /** Present also with a failure, when part of the answer came before. Of those whom the call asks for, no other. */
  readonly answer?: CallAnswer;
  /** When the answer arrived at the Worker, milliseconds: present on what was just asked and answered. */
  readonly landedMs?: number;
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
  const gathering = new Gathering(calls, Date.now());
  // A caller may use one request id twice; two searches never share one.
  const id = `${requestId}.${crypto.randomUUID().slice(0, 8)}`;
  const running = hub.search({ id, ...options }, (event) => {
    const news = gathering.take(event, Date.now());
    if (news.length > 0) onResults?.(news);
  });
  // Without this the runtime drops a request whose caller has left, and with it the word to cancel.
  waitUntil(running.catch(() => undefined));
  for (const signal of [request.signal, givenUp]) {
    if (signal !== undefined) whenLeft(signal, () => void hub.cancel(id));
  }
  const outcome = await within(running, budgetMs);
  if (outcome === 'late') void hub.cancel(id);
  return gathering.finish(outcome);
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
