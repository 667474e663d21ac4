// From vendors' pages to what the SAS front's face writes of them, without a network: the relay's reader, the edge's
// selection, then the cards.

import type { Flow } from '../../../shared/sas/query.ts';
import { AnswerReader } from '../../../shared/sas/read/answer-reader.ts';
import { type LinkWriter, reservationLink } from '../../../worker/front/redirect/reservation-link.ts';
import { cardsBySubject } from '../../../worker/front/slots/card-search.ts';
import { readLot } from '../../../worker/front/slots/cards.ts';
import { type FoundSubject, readFound } from '../../../worker/front/slots/places.ts';
import { writeEntries } from '../../../worker/front/slots/practitioner-entries.ts';
import { slotLister } from '../../../worker/front/slots/slot-list.ts';
import type { CallResult } from '../../../worker/hub/call-result.ts';
import { selectSlots } from '../../../worker/search/selection.ts';
import { NOW } from '../samples/vendor-bundle.ts';
import { hash } from './answered.ts';

const WINDOW_MS = 72 * 3_600_000;

/** Of vendors that have declared every host. */
export const DIRECT_LINKS: LinkWriter = (_, page) => (page === undefined ? '' : reservationLink(page, 'sas'));

export interface FoundContext {
  readonly flow?: Flow;
  readonly nowMs?: number;
  /** SIRET that are associations'. */
  readonly sos?: readonly string[];
}

/** By vendor. */
export type Pages = Readonly<Record<string, unknown>>;

export function foundOf(
  pages: Pages,
  lot: unknown,
  { flow = 'INT_R01', nowMs = NOW, sos = [] }: FoundContext = {},
): FoundSubject[] {
  const cards = cardsBySubject(readLot(lot).cards, new Set(sos));
  const subjects = [...cards.keys()];
  const window = { fromMs: nowMs, toMs: nowMs + WINDOW_MS };
  const results = Object.entries(pages).map(([editor, page]): CallResult => {
    const reader = new AnswerReader({ editor, flow, subjects, ...window, nowMs, hash });
    reader.add(page);
    const rest = { durationMs: 0, bytes: 0, pages: 1, noStore: false };
    return { call: { vendor: editor, subjects }, answer: { call: 0, ...reader.finish(), ...rest } };
  });
  const selection = selectSlots(results, { query: { flow, window, subjects }, nowMs });
  return [...cards].flatMap(([subject, own]) =>
    readFound({
      subject,
      cards: own,
      found: selection.subjects.filter((offers) => offers.subject === subject),
    }),
  );
}

/** The answer of PractitionerSlots to that lot. */
export function entriesOf(pages: Pages, lot: unknown, context: FoundContext = {}): Record<string, unknown> {
  const slots = slotLister(DIRECT_LINKS, context.nowMs ?? NOW);
  return writeEntries(foundOf(pages, lot, context), readLot(lot).counties, slots);
}
