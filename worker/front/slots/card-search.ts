// From the cards of the SAS front to what the one search engine finds for them: by which flows and how long. A search
// that fails is told, never thrown: the front must get an answer. docs/guide.md G-903, G-915;
// docs/decisions/0012-front.md.

import { GatewayError, REASONS } from '../../../shared/error.ts';
import { normaliseProfessional, normaliseSiret } from '../../../shared/sas/identifier.ts';
import type { Flow, SlotQuery, SlotWindow } from '../../../shared/sas/query.ts';
import { describeUnexpected, log } from '../../base/log.ts';
import type { RequestContext } from '../../http/http.ts';
import { knownVendors } from '../../memory/remembered-vendors.ts';
import { Deadline } from '../../search/deadline.ts';
import { type FindOptions, type FoundSlots, findSlots } from '../../search/find-slots.ts';
import { recordSearch } from '../../search/record.ts';
import type { VendorRow } from '../../store/editors.ts';
import { knownSosSirets } from '../tables/sos.ts';
import type { Card, Lot } from './cards.ts';
import { lastDayEnds } from './county.ts';
import type { CardSubject } from './places.ts';

/** The front asks lots one after the other while a regulator waits: docs/guide.md G-903. */
const LOT_DEADLINE_MS = 5_000;
const WINDOW_MS_MAX = 72 * 3600 * 1000;

/** One search of the engine. */
interface FlowSearch {
  readonly query: SlotQuery;
  /** Or the reason why nothing could be asked. */
  readonly found: FoundSlots | GatewayError;
}

/** What was found for the cards of one lot. */
export interface CardSearch {
  /** In the order of the cards. */
  readonly subjects: readonly CardSubject[];
  readonly searches: readonly FlowSearch[];
}

/** Never rejects for what a vendor, a relay or the database does. @throws GatewayError too-many-requests */
export async function searchCards(context: RequestContext, lot: Lot): Promise<CardSearch> {
  const [sirets, isPlain] = await Promise.all([sosSirets(context, lot.cards), hasPlainVendors(context)]);
  const isUnread = sirets instanceof GatewayError;
  const cards = cardsBySubject(lot.cards, isUnread ? new Set() : sirets);
  const window = windowOf([...cards.values()].flat(), context.startedMs);
  const questions = questionsOf(context, [...cards.keys()], { window, isPlain });
  const searches = await Promise.all(questions.map((options) => search(context, options)));
  if (isUnread) {
    const subjects = [...cardsBySubject(lot.cards, new Set(siretsOf(lot.cards))).keys()];
    const unread = subjects.filter((subject) => !cards.has(subject));
    searches.push({ query: { flow: 'SOS', window, subjects: unread }, found: sirets });
  }
  const subjects = [...cards].map(([subject, own]) => ({
    subject,
    cards: own,
    found: searches.flatMap(({ found }) =>
      found instanceof GatewayError
        ? []
        : found.selection.subjects.filter((offers) => offers.subject === subject),
    ),
  }));
  return { subjects, searches };
}

/**
 * `8…`, else `0…`, else `3…` when the SIRET is a known association's: pharmacies and the like are not searched. Several
 * cards of one are one search.
 */
export function cardsBySubject(
  cards: readonly Card[],
  sosSiretsKnown: ReadonlySet<string>,
): Map<string, Card[]> {
  const bySubject = new Map<string, Card[]>();
  for (const card of cards) {
    const person = normaliseProfessional(card.rpps) ?? normaliseProfessional(card.adeli);
    const siret = normaliseSiret(card.siret);
    const subject = person ?? (siret !== undefined && sosSiretsKnown.has(siret) ? siret : undefined);
    if (subject === undefined) continue;
    const known = bySubject.get(subject);
    if (known === undefined) bySubject.set(subject, [card]);
    else known.push(card);
  }
  return bySubject;
}

/** From now to the end of the day after next, where that comes last; at most 72 hours. */
export function windowOf(cards: readonly Card[], nowMs: number): SlotWindow {
  const endOf = lastDayEnds(nowMs);
  const ends = cards.map(({ zone }) => endOf(zone));
  return { fromMs: nowMs, toMs: Math.min(nowMs + WINDOW_MS_MAX, Math.max(nowMs, ...ends)) };
}

/** The associations known; the reason when no hub says: then a card that carries only a SIRET is told as unknown. */
async function sosSirets(
  context: RequestContext,
  cards: readonly Card[],
): Promise<ReadonlySet<string> | GatewayError> {
  if (siretsOf(cards).length === 0) return new Set();
  return knownSosSirets(context).catch((cause: unknown) => {
    if (cause instanceof GatewayError) return cause;
    throw cause;
  });
}

function siretsOf(cards: readonly Card[]): string[] {
  return cards.flatMap(({ siret }) => normaliseSiret(siret) ?? []);
}

/** A lot's second has better uses than a hub that hangs: the search itself waits for it once more. */
const EDITOR_LIMITS = { freshMs: 10_000, patienceMs: 150, firstMs: 1_000 };

/** Whether some vendor serves INT_R01 without INT_R04; true while nobody can tell: a search that asks none costs little. */
async function hasPlainVendors(context: RequestContext): Promise<boolean> {
  const vendors = await knownVendors(context, EDITOR_LIMITS).catch(() => undefined);
  const isPlain = ({ flows, takenOutMs }: VendorRow): boolean =>
    takenOutMs === undefined && flows.includes('INT_R01') && !flows.includes('INT_R04');
  return vendors?.some(isPlain) ?? true;
}

/**
 * The front does not say which practitioner is in a CPTS: each vendor is asked by INT_R04, which brings the slots of INT_R01 too, or by
 * INT_R01 when it serves no other.
 */
function questionsOf(
  { config, startedMs }: RequestContext,
  subjects: readonly string[],
  { window, isPlain }: { readonly window: SlotWindow; readonly isPlain: boolean },
): FindOptions[] {
  const deadline = new Deadline(startedMs, Math.min(LOT_DEADLINE_MS, config.deadlineMs));
  const budgetMs = deadline.vendorBudgetMs(Date.now());
  const associations = subjects.filter((subject) => subject.startsWith('3'));
  const people = subjects.filter((subject) => !subject.startsWith('3'));
  const ask = (flow: Flow, asked: readonly string[]): FindOptions => ({
    query: { flow, window, subjects: asked },
    budgetMs,
  });
  const questions = [
    ask('INT_R04', people),
    ...(isPlain ? [{ ...ask('INT_R01', people), withoutFlow: 'INT_R04' as const }] : []),
    ask('SOS', associations),
  ];
  return questions.filter(({ query }) => query.subjects.length > 0);
}

async function search(context: RequestContext, options: FindOptions): Promise<FlowSearch> {
  const { query } = options;
  try {
    const found = await findSlots(context, options);
    recordSearch(context, query, found);
    return { query, found };
  } catch (cause) {
    if (cause instanceof GatewayError && cause.reason === 'too-many-requests') throw cause;
    // One flow's accident costs its own cards, not those of the other flows.
    const error =
      cause instanceof GatewayError
        ? cause
        : new GatewayError({ reason: 'internal', text: '', detail: describeUnexpected(cause), cause });
    const { level, fault } = REASONS[error.reason];
    log(level, 'front-search-failed', {
      requestId: context.requestId,
      flow: query.flow,
      subjects: query.subjects.length,
      reason: error.reason,
      fault,
      ...(error.detail === undefined ? {} : { detail: error.detail }),
    });
    return { query, found: error };
  }
}
