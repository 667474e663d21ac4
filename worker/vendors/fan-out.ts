// Puts one search to every vendor through the hub and gathers what comes back before the deadline. What has
// not come by then is a vendor's time-out, never a longer wait.

import { GatewayError } from '../../shared/error.ts';
import type { CallAnswer } from '../../shared/link/relay.ts';
import type { SlotQuery } from '../../shared/sas/query.ts';
import type { RelayHub } from '../relay-hub.ts';
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

/**
 * @param explain ask this vendor only, with the fate of each slot
 * @throws GatewayError relay-absent, relay-lost (all of them, before any answer), storage-unavailable.
 */
export async function fanOut(
  hub: DurableObjectStub<RelayHub>,
  id: string,
  query: SlotQuery,
  budgetMs: number,
  gatherMs: number,
  explain?: string,
): Promise<FanOut> {
  // A caller may use one request id twice; two searches never share one.
  const runId = `${id}.${crypto.randomUUID().slice(0, 8)}`;
  const gathered: Gathered = { editors: [], calls: [], results: new Map() };
  const running = hub.search(
    { id: runId, query, budgetMs, gatherMs, ...(explain === undefined ? {} : { explain }) },
    (event) => gather(event, gathered),
  );
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

function gather(event: HubEvent, gathered: Gathered): void {
  switch (event.kind) {
    case 'asked':
      gathered.editors = event.editors;
      gathered.calls = event.calls;
      return;
    case 'failed':
      for (const number of event.calls) {
        const call = gathered.calls[number];
        if (call !== undefined) gathered.results.set(number, { call, failure: { reason: event.reason } });
      }
      return;
    case 'answers':
      for (const answer of JSON.parse(event.text) as readonly CallAnswer[]) {
        const number = event.numbers[answer.call];
        const call = number === undefined ? undefined : gathered.calls[number];
        if (number === undefined || call === undefined) continue;
        gathered.results.set(number, {
          call,
          answer,
          ...(answer.failure === undefined ? {} : { failure: answer.failure }),
        });
      }
  }
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
