// Puts a search to one hub, in one call: its plan comes back first, then what vendors answer, gathered before the deadline.
// What has not come by then is a vendor's time-out, never a longer wait.

import { within } from '../../shared/deadline.ts';
import { GatewayError } from '../../shared/error.ts';
import type { RequestContext } from '../http/http.ts';
import type { CallResult } from '../hub/call-result.ts';
import type { HubPlan } from '../hub/memory/search-memory.ts';
import type { FailingSince, HubSearch } from '../hub/reach/calls.ts';
import { HubFailure, hubFailureOf } from '../hub/reach/failure.ts';
import { hubAt } from '../hub/reach/hub-of.ts';
import type { Throttled } from '../hub/turns/callers.ts';
import type { Asked, SearchEnd } from './answers.ts';
import { type GatheredEvent, Gathering } from './gathering.ts';

/** What it needs of the request. */
type AskContext = Pick<
  RequestContext,
  'env' | 'requestId' | 'request' | 'waitUntil' | 'callerKey' | 'traceId'
>;

/** The question, and how its answer is told. */
export interface AskOptions extends Omit<HubSearch, 'id' | 'caller'> {
  /** Ends the calls, besides the request's own signal. */
  readonly signal?: AbortSignal | undefined;
  /** Receives the plan, before any result. */
  readonly onPlan?: (plan: HubPlan) => void;
  /** Receives all that is taken, in place of what the plan said, when an appointment was written meanwhile. */
  readonly onBooked?: (booked: HubPlan['booked']) => void;
  /** Receives what is new each time answers arrive. */
  readonly onResults?: (results: readonly CallResult[]) => void;
}

/**
 * When the caller disconnects, the vendor calls made for it are cancelled, unless another search waits for them.
 * @throws GatewayError too-many-requests: the caller exceeds a limit, and no vendor is asked.
 * @throws HubFailure hub-lost, hub-overloaded: the hub failed before it had told its plan.
 */
export async function askHub(
  { env, requestId, request, waitUntil, callerKey, traceId }: AskContext,
  hubIndex: number,
  { signal: givenUp, onPlan, onBooked, onResults, ...search }: AskOptions,
): Promise<Asked> {
  const hub = hubAt(env, hubIndex);
  const startedMs = Date.now();
  let begun: Begun | undefined;
  const begin = (plan: HubPlan, failing: FailingSince): Begun => {
    onPlan?.(plan);
    return { plan, failing, gathering: new Gathering(plan.calls, startedMs) };
  };
  // A caller may use one request id twice; two searches never share one.
  const id = `${requestId}.${crypto.randomUUID().slice(0, 8)}`;
  const running = hub.search(
    {
      id,
      ...(callerKey !== undefined && { caller: callerKey }),
      ...(traceId !== undefined && { traceId }),
      ...search,
    },
    (event) => {
      if (event.kind === 'planned') begun = begin(event.plan, event.failing);
      else if (event.kind === 'booked') onBooked?.(event.booked);
      else tell(begun?.gathering, event, onResults);
    },
  );
  // Without this the runtime drops the request of a caller that has disconnected, and with it the word to cancel.
  waitUntil(running.catch(() => undefined));
  for (const signal of [request.signal, givenUp]) {
    if (signal !== undefined) whenDisconnected(signal, () => void hub.cancel(id));
  }
  const outcome = await within(running, search.budgetMs + HUB_GRACE_MS, () => LATE).catch(failed);
  if (outcome === LATE) void hub.cancel(id);
  if (outcome.kind === 'throttled') throw tooMany(outcome.throttled);
  if (outcome.plan !== undefined) begun ??= begin(outcome.plan, {});
  if (begun === undefined)
    throw new HubFailure(outcome.kind === 'hub-overloaded' ? outcome.kind : 'hub-lost');
  const { plan, failing, gathering } = begun;
  return { plan, failing, ...gathering.finish(outcome.kind) };
}

/** What is gathered once the hub has told its plan. */
interface Begun {
  readonly plan: HubPlan;
  readonly failing: FailingSince;
  readonly gathering: Gathering;
}

interface Ending {
  readonly kind: SearchEnd;
  readonly plan?: HubPlan;
}

const EXCEEDED: Readonly<Record<Throttled['limit'], string>> = {
  searches: 'Trop de recherches à la fois sous ce jeton',
  streams: 'Trop de recherches progressives à la fois sous ce jeton',
  identifiersPerMinute: 'Trop d’identifiants demandés par minute sous ce jeton',
};

/** Told to the caller that exceeds, and to no other. */
function tooMany({ limit, retryAfterS }: Throttled): GatewayError {
  return new GatewayError({
    reason: 'too-many-requests',
    text: `${EXCEEDED[limit]} ; recommencer dans ${retryAfterS} s.`,
    detail: limit,
    headers: { 'Retry-After': String(retryAfterS) },
  });
}

const LATE: Ending = { kind: 'late' };

/** The hub failed in mid-search; what came before stands. */
function failed(cause: unknown): Ending {
  return { kind: hubFailureOf(cause).reason };
}

function tell(
  gathering: Gathering | undefined,
  event: GatheredEvent,
  onResults: AskOptions['onResults'],
): void {
  const news = gathering?.take(event, Date.now()) ?? [];
  if (news.length > 0) onResults?.(news);
}

/** Calls `cancel` once when the caller disconnects: at once when it has already. */
export function whenDisconnected(signal: AbortSignal, cancel: () => void): void {
  // An aborted signal fires no listener any more.
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
}

/** The hub ends its searches itself; this is for a hub that cannot (evicted, unreachable). */
const HUB_GRACE_MS = 100;
