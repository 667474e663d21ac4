// Puts calls to vendors through the hub and gathers what comes back before the deadline. What has not come by then is
// a vendor's time-out, never a longer wait.

import { within } from '../../shared/deadline.ts';
import type { RequestContext } from '../http/http.ts';
import type { CallResult } from '../hub/call-result.ts';
import type { HubSearch } from '../hub/hub-calls.ts';
import { hubFailureOf } from '../hub/hub-failure.ts';
import { hubOf } from '../hub/hub-of.ts';
import type { FanOut } from './answers.ts';
import { Gathering } from './gathering.ts';

/** The calls, and how they are made. */
export interface FanOutOptions extends Omit<HubSearch, 'id'> {
  /** Ends the calls, besides the request's own signal. */
  readonly signal?: AbortSignal;
  /** Receives what is new each time answers arrive. */
  readonly onResults?: (results: readonly CallResult[]) => void;
}

/**
 * When the caller disconnects, the vendor calls made for it are cancelled, unless another search waits for them. Never
 * rejects.
 */
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
  // Without this the runtime drops the request of a caller that has disconnected, and with it the word to cancel.
  waitUntil(running.catch(() => undefined));
  for (const signal of [request.signal, givenUp]) {
    if (signal !== undefined) whenDisconnected(signal, () => void hub.cancel(id));
  }
  const outcome = await within(running, budgetMs + HUB_GRACE_MS, () => 'late' as const).catch(
    // The hub failed in mid-search; what came before stands.
    (cause: unknown) => hubFailureOf(cause).reason,
  );
  if (outcome === 'late') void hub.cancel(id);
  return gathering.finish(outcome);
}

/** Calls `cancel` once when the caller disconnects: at once when it has already. */
export function whenDisconnected(signal: AbortSignal, cancel: () => void): void {
  // An aborted signal fires no listener any more.
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
}

/** The hub ends its searches itself; this is for a hub that cannot (evicted, unreachable). */
const HUB_GRACE_MS = 100;
