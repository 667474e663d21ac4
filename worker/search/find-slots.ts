// The one search engine behind both faces (FHIR and the SAS front), a pipeline of values: asks the hub (each hub, when there
// are several), which plans from what it remembers and asks vendors; settles what they said with what is kept, selects the
// slots to show, accounts for every identifier. What it learned is told to the hub by record.ts. ARCHITECTURE.md walks
// through it.

import { ANSWER_LENGTH_MAX } from '../../shared/limits.ts';
import type { RequestContext } from '../http/http.ts';
import type { Concerned, SearchQuestion } from '../hub/memory/plan.ts';
import type { CallFailure } from '../hub/reach/calls.ts';
import { HubFailure } from '../hub/reach/failure.ts';
import { hubIndexOf } from '../hub/reach/hub-index.ts';
import { BookedSlots } from '../memory/booked-slots.ts';
import { type Claims, readClaims } from '../memory/claims.ts';
import { rowsKnownOf } from '../memory/known-rows.ts';
import type { Answers, Asked } from './answers.ts';
import { askHub } from './ask-hub.ts';
import { keepLedger, type Ledger } from './ledger.ts';
import { PlannedSearch, type SettledPart } from './planned-search.ts';
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
  /** Told once a hub has let the search in. */
  readonly onBegun?: () => void;
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
  /** As each hub brought it; what it teaches is told by record.ts. */
  readonly parts: readonly HubPart[];
}

/** What one hub brought of a search. */
interface HubPart {
  readonly hub: number;
  readonly asked: Asked;
  /** Of the hub's own vendors. */
  readonly answers: Answers;
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

/** @throws GatewayError too-many-requests; relay-absent, relay-lost, hub-lost, hub-overloaded: no vendor answered, and nothing is kept. */
export async function findSlots(
  context: RequestContext,
  asked: FindOptions,
  { onPart, onBegun, signal }: FindHow = {},
): Promise<FoundSlots> {
  const { query } = asked;
  const startedMs = Date.now();
  const claims = await claimsOf(context, asked);
  const question = { ...asked, budgetMs: Math.max(0, asked.budgetMs - (Date.now() - startedMs)) };
  const told: Selection[] = [];
  const tell =
    onPart &&
    ((part: Selection): void => {
      told.push(part);
      onPart(part);
    });
  const { hubs } = context.config;
  // What one hub refuses is asked of none.
  const refused = new AbortController();
  const how = {
    tell,
    onBegun,
    claims,
    signal: AbortSignal.any([refused.signal, ...(signal ? [signal] : [])]),
  };
  const asking = Array.from({ length: hubs }, (_, hub) => askOne(context, question, { ...how, hub }));
  const ended = await Promise.all(asking).catch((cause: unknown) => {
    refused.abort();
    throw cause;
  });
  const parts = ended.flatMap((part) => ('failure' in part ? [] : [part]));
  const lost = ended.flatMap((part) => ('failure' in part ? [part] : []));
  throwIfUnreached(parts, lost);
  if (tell !== undefined) {
    for (const { search, standing } of parts) if (standing.length > 0) tell(search.selectPart(standing));
  }
  const answers = joinAnswers(parts, lost, question);
  const bookedSlots = new BookedSlots(parts.flatMap(({ search }) => search.booked));
  const selection =
    tell === undefined
      ? selectSlots(answers.results, { query, nowMs: Date.now(), bookedSlots, claims })
      : joinParts(told);
  return {
    answers,
    selection,
    ledger: keepLedger(query, answers, shownOf(selection), Date.now(), selection.withheld),
    cost: costOf(answers),
    parts,
  };
}

/** Undefined: a vendor may speak of anybody. Associations declare none. */
async function claimsOf(
  context: RequestContext,
  { query, budgetMs }: FindOptions,
): Promise<Claims | undefined> {
  if (!context.config.areClaimsStrict || query.flow === 'SOS') return undefined;
  return readClaims(context, query.subjects, budgetMs / 4);
}

/** One hub's part of it, and how it went. */
interface EndedPart extends SettledPart, HubPart {
  readonly search: PlannedSearch;
}

/** A hub of which no plan came. */
interface LostPart {
  readonly hub: number;
  readonly failure: HubFailure;
}

interface AskHow {
  readonly hub: number;
  readonly tell: ((part: Selection) => void) | undefined;
  readonly onBegun: (() => void) | undefined;
  readonly signal: AbortSignal | undefined;
  readonly claims: Claims | undefined;
}

async function askOne(
  context: RequestContext,
  { budgetMs, ...question }: FindOptions,
  { hub, tell, onBegun, signal, claims }: AskHow,
): Promise<EndedPart | LostPart> {
  const { query } = question;
  const { hubs } = context.config;
  const rows = rowsKnownOf(hub, hubs);
  const recalled = rows.recall(query.flow, query.subjects);
  const held = { rows, recalled };
  const shown = { room: ANSWER_LENGTH_MAX / hubs, claims };
  let begun: PlannedSearch | undefined;
  try {
    const asked = await askHub(context, hub, {
      ...question,
      known: recalled.known,
      budgetMs,
      gatherMs: tell === undefined ? GATHER_MS : 0,
      isTraced: false,
      ...(hubs > 1 && { share: { index: hub, of: hubs } }),
      signal,
      onPlan: (plan) => {
        begun = new PlannedSearch(query, plan, held, shown);
        onBegun?.();
        if (begun.kept.length > 0) tell?.(begun.selectPart(begun.kept));
      },
      onBooked: (booked) => begun?.noteBooked(booked),
      ...(tell && { onResults: (news) => begun && tell(begun.selectNews(news)) }),
    });
    const search = begun ?? new PlannedSearch(query, asked.plan, held, shown);
    return { hub, asked, search, ...search.settle(asked) };
  } catch (cause) {
    // A mistake of ours is no lost hub.
    if (!(cause instanceof HubFailure)) throw cause;
    return { hub, failure: cause };
  }
}

/** @throws GatewayError when no vendor of any hub was reached, and nothing is kept. */
function throwIfUnreached(parts: readonly EndedPart[], lost: readonly LostPart[]): void {
  if (parts.some(({ unreached }) => unreached === undefined)) return;
  throw lost[0]?.failure ?? parts[0]?.unreached;
}

/** Of all hubs. What no hub has planned and another names was not asked: its hub is lost, or knows no relay of it yet. */
function joinAnswers(
  parts: readonly EndedPart[],
  lost: readonly LostPart[],
  { query }: FindOptions,
): Answers {
  const [only, ...others] = parts;
  if (only !== undefined && others.length + lost.length === 0) return only.answers;
  const all = parts.map(({ answers }) => answers);
  // Two hubs may name one, as they both do who never read the registry.
  const vendors = [...new Map(all.flatMap((one) => one.vendors).map((one) => [one.id, one])).values()];
  const switchedOff = all.flatMap((one) => one.switchedOff ?? []);
  const planned = new Set([...vendors, ...switchedOff].map(({ id }) => id));
  const elsewhere = parts.flatMap(({ search }) => search.plan.elsewhere ?? []);
  const missing = (of: (one: Concerned) => Concerned['vendors']): Concerned['vendors'] => [
    ...new Map(elsewhere.flatMap(of).map((one) => [one.id, one]))
      .values()
      .filter(({ id }) => !planned.has(id)),
  ];
  const unasked = missing((one) => one.vendors);
  const why = (vendor: string): CallFailure => {
    const hub = hubIndexOf(vendor, parts.length + lost.length);
    return lost.find((one) => one.hub === hub)?.failure.reason ?? 'relay-absent';
  };
  return {
    vendors: [...vendors, ...unasked].sort(byId),
    switchedOff: [...switchedOff, ...missing((one) => one.switchedOff)].sort(byId),
    results: [
      ...all.flatMap(({ results }) => results),
      ...unasked.map(({ id }) => ({
        call: { vendor: id, subjects: query.subjects },
        failure: { reason: why(id) },
      })),
    ],
    skipped: {
      vendors: sum(all.map(({ skipped }) => skipped.vendors)),
      subjects: Math.min(sum(all.map(({ skipped }) => skipped.subjects)), query.subjects.length),
    },
    linkBytes: sum(all.map(({ linkBytes }) => linkBytes)),
  };
}

function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : 1;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

function costOf({ results, linkBytes }: Answers): SearchCost {
  const own = results.filter(({ saidMs, isShared }) => saidMs === undefined && isShared !== true);
  return {
    calls: own.length,
    asked: own.reduce((sum, { call }) => sum + call.subjects.length, 0),
    bytes: linkBytes,
  };
}
