// The one search engine behind both faces (FHIR and the SAS front), a pipeline of values: asks the hub, which plans from
// what it remembers and asks vendors; settles what they said with what is kept, selects the slots to show, accounts for
// every identifier. What it learned is told to the hub by record.ts. ARCHITECTURE.md walks through it.

import { GatewayError } from '../../shared/error.ts';
import type { SlotQuery } from '../../shared/sas/query.ts';
import type { RequestContext } from '../http/http.ts';
import type { CallResult } from '../hub/call-result.ts';
import { HubFailure } from '../hub/hub-failure.ts';
import { renewedBy, type VendorSubjects } from '../hub/memory/coverage.ts';
import type { SearchQuestion } from '../hub/memory/plan.ts';
import type { HubPlan } from '../hub/memory/search-memory.ts';
import { BookedSlots } from '../memory/booked-slots.ts';
import { KeptResults, trimRenewed } from '../memory/kept-results.ts';
import { KnownRows, type RecalledRows } from '../memory/known-rows.ts';
import type { Answers, Asked } from './answers.ts';
import { askHub } from './ask-hub.ts';
import { keepLedger, type Ledger } from './ledger.ts';
import { joinParts, type Selection, selectSlots, shownOf } from './selection.ts';

/** A question to the engine. */
export interface FindOptions extends SearchQuestion {
  /** Milliseconds from now until vendors must have answered. */
  readonly budgetMs: number;
}

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
  /** As the hub brought it; what it teaches is told by record.ts. */
  readonly asked: Asked;
}

/** What a search cost. */
interface SearchCost {
  /** Calls made for this search, without those it shared with another. */
  readonly calls: number;
  /** Identifiers in those calls. */
  readonly asked: number;
  /** What crossed the link for it, characters. */
  readonly bytes: number;
}

/** An answer told whole lets vendors' answers travel together; one told by parts does not (0). docs/performance.md. */
const GATHER_MS = 5;

/** What this isolate has been told of kept answers. */
const knownRows = new KnownRows();

/** @throws GatewayError relay-absent, relay-lost (no vendor answered, nothing is kept), storage-unavailable. */
export async function findSlots(
  context: RequestContext,
  { budgetMs, ...question }: FindOptions,
  { onPart, signal }: FindHow = {},
): Promise<FoundSlots> {
  const { query } = question;
  const recalled = knownRows.recall(query.flow, query.subjects);
  const parts: Selection[] = [];
  const tell = (part: Selection): void => {
    parts.push(part);
    onPart?.(part);
  };
  let begun: PlannedSearch | undefined;
  const asked = await askHub(context, {
    ...question,
    known: recalled.known,
    budgetMs,
    gatherMs: onPart === undefined ? GATHER_MS : 0,
    isTraced: false,
    signal,
    onPlan: (plan) => {
      begun = new PlannedSearch(query, plan, recalled);
      if (onPart !== undefined && begun.kept.length > 0) tell(begun.selectPart(begun.kept));
    },
    ...(onPart && { onResults: (news) => begun && tell(begun.selectNews(news)) }),
  });
  const search = begun ?? new PlannedSearch(query, asked.plan, recalled);
  const { answers, standing } = search.settle(asked);
  if (onPart !== undefined && standing.length > 0) tell(search.selectPart(standing));
  const selection = onPart === undefined ? search.select(answers.results) : joinParts(parts);
  return {
    answers,
    selection,
    ledger: keepLedger(query, answers, shownOf(selection), Date.now()),
    cost: costOf(answers),
    asked,
  };
}

/** A search whose plan is known, while vendors answer and after. */
class PlannedSearch {
  /** Kept answers that are taken, less those asked for again. */
  readonly kept: readonly CallResult[];
  readonly #query: SlotQuery;
  readonly #plan: HubPlan;
  readonly #bookedSlots: BookedSlots;
  readonly #keptResults: KeptResults;
  /** By vendor, subjects asked for again although their kept answer still holds. */
  readonly #renewed: VendorSubjects;

  constructor(query: SlotQuery, plan: HubPlan, recalled: RecalledRows) {
    const { flow, subjects } = query;
    this.#query = query;
    this.#plan = plan;
    this.#bookedSlots = new BookedSlots(plan.booked);
    const covered = new Map(
      plan.covered.map(([vendor, places]) => [vendor, new Set(places.map((place) => subjects[place] ?? ''))]),
    );
    this.#keptResults = new KeptResults(
      covered,
      knownRows.take(flow, subjects, recalled, plan.kept, Date.now()),
    );
    this.#renewed = renewedBy(plan.calls, covered);
    this.kept = this.#keptResults.results(this.#renewed);
  }

  /** Of everything that was answered. */
  select(results: readonly CallResult[]): Selection {
    return selectSlots(results, { query: this.#query, nowMs: Date.now(), bookedSlots: this.#bookedSlots });
  }

  /** Of vendors of which more has come or is to come than is in `results`. */
  selectPart(results: readonly CallResult[]): Selection {
    const partial = dividedVendors(this.kept, this.#plan.calls);
    const about = { query: this.#query, nowMs: Date.now(), bookedSlots: this.#bookedSlots, partial };
    return selectSlots(results, about);
  }

  /** Of answers that have just come. */
  selectNews(news: readonly CallResult[]): Selection {
    return this.selectPart(news.map((result) => trimRenewed(result, this.#renewed)));
  }

  /**
   * What vendors said, now or a moment ago: a kept answer that was asked for again in vain stands (`standing`).
   *
   * @throws GatewayError relay-absent, relay-lost: no vendor was reached, and nothing is kept.
   */
  settle(asked: Asked): { readonly answers: Answers; readonly standing: readonly CallResult[] } {
    const { vendors, switchedOff, skipped } = this.#plan;
    const standing = this.#keptResults.standing(asked.results, this.#renewed);
    if (this.kept.length + standing.length === 0) throwIfUnreached(asked);
    const trimmed = asked.results.map((result) => trimRenewed(result, this.#renewed));
    const answers = {
      vendors: vendors.map(({ id, name }) => {
        const sinceMs = asked.failing[id];
        return { id, name, ...(sinceMs !== undefined && { failingSinceMs: sinceMs }) };
      }),
      switchedOff,
      results: [...this.kept, ...trimmed, ...standing],
      skipped,
      linkBytes: asked.linkBytes,
    };
    return { answers, standing };
  }
}

/** Vendors whose answer comes in more than one part: several calls, or some of it kept. */
function dividedVendors(kept: readonly CallResult[], calls: HubPlan['calls']): ReadonlySet<string> {
  const whole = new Set<string>();
  const divided = new Set<string>();
  for (const vendor of [
    ...new Set(kept.map(({ call }) => call.vendor)),
    ...calls.map((call) => call.vendor),
  ]) {
    (whole.has(vendor) ? divided : whole).add(vendor);
  }
  return divided;
}

/** @throws GatewayError when no relay could be asked, or all, or the hub, were lost before any vendor had answered. */
function throwIfUnreached({ results, ended }: Asked): void {
  if (ended === 'hub-lost' || ended === 'hub-overloaded') {
    const isNothing = results.every(({ failure }) => failure?.reason === ended);
    if (isNothing) throw new HubFailure(ended);
  }
  if (ended === 'no-relay') {
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

function costOf({ results, linkBytes }: Answers): SearchCost {
  const own = results.filter(({ saidMs, isShared }) => saidMs === undefined && isShared !== true);
  return {
    calls: own.length,
    asked: own.reduce((sum, { call }) => sum + call.subjects.length, 0),
    bytes: linkBytes,
  };
}
