// The one search engine behind both faces (FHIR and the SAS front), a pipeline of values: recalls what is kept, plans, asks
// vendors through the hub, settles what they said, selects the slots to show, accounts for every identifier; and keeps,
// after the answer, what was fresh. ARCHITECTURE.md walks through it.

import { GatewayError } from '../../shared/error.ts';
import type { RequestContext } from '../http/http.ts';
import type { CallResult } from '../hub/call-result.ts';
import { HubFailure } from '../hub/hub-failure.ts';
import { trimRenewed } from '../memory/coverage.ts';
import { keepAnswers, keepBroadcast } from '../memory/keep.ts';
import { recall, type SearchMemory } from '../memory/recall.ts';
import { broadcastDone } from '../memory/routing.ts';
import type { Answers, FanOut } from './answers.ts';
import { fanOut } from './fan-out.ts';
import { keepLedger, type Ledger } from './ledger.ts';
import { dividedVendors, type FindOptions, type Plan, planSearch } from './plan.ts';
import { joinParts, type Selection, selectSlots, shownOf } from './selection.ts';

export type { FindOptions } from './plan.ts';

/** How an answer is told. */
export interface FindHow {
  /** Receives what may be shown of each part of the answer, as it arrives: what is kept first. Absent: no part is told. */
  readonly onPart?: (part: Selection) => void;
  /** Ends the calls, besides the request's own signal. */
  readonly signal?: AbortSignal;
}

/** What a search found. */
export interface FoundSlots {
  readonly answers: Answers;
  /** Told by parts: all parts one behind another, a subject once for each part that has slots of it. */
  readonly selection: Selection;
  readonly ledger: Ledger;
  readonly cost: SearchCost;
}

/** What a search cost. */
interface SearchCost {
  /** Calls made for this search, without those it shared with another. */
  readonly calls: number;
  /** Identifiers in those calls. */
  readonly asked: number;
  /** What crossed the link for it, characters. */
  readonly bytes: number;
  /** Rows D1 read for it. */
  readonly rowsRead: number;
}

/** An answer told whole lets vendors' answers travel together; one told by parts does not (0). docs/performance.md. */
const GATHER_MS = 5;

/** @throws GatewayError relay-absent, relay-lost (no vendor answered, nothing is kept), storage-unavailable. */
export async function findSlots(
  context: RequestContext,
  question: FindOptions,
  { onPart, signal }: FindHow = {},
): Promise<FoundSlots> {
  const endMs = Date.now() + question.budgetMs;
  const known = await recall(context, question);
  const plan = planSearch(known, question, context.config, Date.now());
  const parts: Selection[] = [];
  const tell =
    onPart &&
    partTeller(plan, known, (part) => {
      parts.push(part);
      onPart(part);
    });
  if (plan.kept.length > 0) tell?.(plan.kept);
  const asked = await askVendors(context, plan, {
    budgetMs: Math.max(0, endMs - Date.now()),
    isAlone: (question.memory ?? 'used') !== 'used',
    gatherMs: tell === undefined ? GATHER_MS : 0,
    ...(signal && { signal }),
    ...(tell && { onResults: (news) => tell(news.map((result) => trimRenewed(result, plan.renewed))) }),
  });
  const { answers, standing } = settle(plan, asked);
  if (standing.length > 0) tell?.(standing);
  if (question.memory !== 'none') {
    const order = { flow: plan.query.flow, before: known.kept, ...plan };
    context.waitUntil(keepAnswers(context, order, asked.results));
  }
  const told = broadcastDone(plan.route, known.knowledge, answers.results);
  context.waitUntil(keepBroadcast(context, plan.query.flow, told));
  const selection = tell === undefined ? select(plan, known, answers.results) : joinParts(parts);
  return {
    answers,
    selection,
    ledger: keepLedger(plan.query, answers, shownOf(selection), Date.now()),
    cost: costOf(answers, known),
  };
}

function partTeller(plan: Plan, known: SearchMemory, onPart: (part: Selection) => void) {
  const partial = dividedVendors(plan);
  return (results: readonly CallResult[]): void => onPart(select(plan, known, results, partial));
}

/** `partial`: vendors of which more has come or is to come than is in `results`. */
function select(
  { query }: Plan,
  { bookedSlots }: SearchMemory,
  results: readonly CallResult[],
  partial?: ReadonlySet<string>,
): Selection {
  return selectSlots(results, { query, nowMs: Date.now(), bookedSlots, ...(partial && { partial }) });
}

type AskOptions = Pick<
  Parameters<typeof fanOut>[1],
  'budgetMs' | 'isAlone' | 'gatherMs' | 'signal' | 'onResults'
>;

/** Without a call the hub is asked all the same, whether any relay is there, unless kept answers say it all. */
async function askVendors(context: RequestContext, plan: Plan, options: AskOptions): Promise<FanOut> {
  const { query, askedWindow, calls, kept } = plan;
  if (calls.length === 0 && kept.length > 0) return NOTHING_ASKED;
  return fanOut(context, { ...options, flow: query.flow, askedWindow, calls, isTraced: false });
}

const NOTHING_ASKED: FanOut = { results: [], failingSinceMs: {}, linkBytes: 0, outcome: 'done' };

/**
 * What vendors said, now or a moment ago: a kept answer that was asked for again in vain stands. Pure.
 *
 * @throws GatewayError relay-absent, relay-lost: no vendor was reached, and nothing is kept.
 */
function settle(plan: Plan, asked: FanOut): { readonly answers: Answers; readonly standing: CallResult[] } {
  const { kept, renewed, coverage, vendors, switchedOff, skipped } = plan;
  const standing = coverage.standing(asked.results, renewed);
  if (kept.length + standing.length === 0) throwIfUnreached(asked);
  const trimmed = asked.results.map((result) => trimRenewed(result, renewed));
  const answers = {
    vendors: vendors.map(({ id, name }) => {
      const sinceMs = asked.failingSinceMs[id];
      return { id, name, ...(sinceMs !== undefined && { failingSinceMs: sinceMs }) };
    }),
    switchedOff: switchedOff.map(({ id, name }) => ({ id, name })),
    results: [...kept, ...trimmed, ...standing],
    skipped,
    linkBytes: asked.linkBytes,
  };
  return { answers, standing };
}

/** @throws GatewayError when no relay could be asked, or all, or the hub, were lost before any vendor had answered. */
function throwIfUnreached({ results, outcome }: FanOut): void {
  if (outcome === 'hub-lost' || outcome === 'hub-overloaded') {
    const isNothing = results.every(({ failure }) => failure?.reason === outcome);
    if (isNothing) throw new HubFailure(outcome);
  }
  if (outcome === 'no-relay') {
    throw new GatewayError({
      reason: 'relay-absent',
      text: "Aucun relais n'est connecté : aucun éditeur n'a pu être interrogé.",
    });
  }
  if (results.length > 0 && results.every(({ failure }) => failure?.reason === 'relay-lost')) {
    throw new GatewayError({
      reason: 'relay-lost',
      text: "La liaison avec le relais s'est rompue avant toute réponse.",
    });
  }
}

function costOf({ results, linkBytes }: Answers, { rowsRead }: SearchMemory): SearchCost {
  const own = results.filter(({ saidMs, isShared }) => saidMs === undefined && isShared !== true);
  return {
    calls: own.length,
    asked: own.reduce((sum, { call }) => sum + call.subjects.length, 0),
    bytes: linkBytes,
    rowsRead,
  };
}
