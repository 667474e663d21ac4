// What both slot calls of the SAS front share: from its cards to an answer in its shape. Whatever fails behind it, the
// front gets 200 with what there is; a header and the log say what went wrong. front-api.md § 2.3 (errors), U2.

import { jsonResponse, type RequestContext } from '../http.ts';
import { log } from '../log.ts';
import type { CardSubject } from './card-search.ts';
import { searchCards } from './card-search.ts';
import type { Lot } from './cards.ts';
import { lastDayEnds } from './county.ts';
import { frontLedger } from './front-ledger.ts';
import { type FrontSlot, type SlotLister, slotLister } from './front-slots.ts';
import { type FrontHolder, type FrontPlace, readFrontHolder, readFrontPlace } from './places.ts';
import { linkWriter } from './reservation-link.ts';

/** A practitioner or association with slots, read. */
export interface FoundSubject {
  /** Prefixed national identifier. */
  readonly subject: string;
  readonly cards: CardSubject['cards'];
  readonly holder: FrontHolder;
  /** One per vendor and place. */
  readonly places: readonly FrontPlace[];
}

export interface WriteContext {
  readonly counties: Lot['counties'];
  /** The slots of these places within the three days that the front shows on that zone's clock. */
  readonly slotsOf: (places: readonly FrontPlace[], zone: string) => readonly FrontSlot[];
}

export type WriteLot = (found: readonly FoundSubject[], context: WriteContext) => unknown;

/** `nothing`: the answer's shape when not even our own part works. */
export async function answerLot(
  context: RequestContext,
  lot: Lot,
  { write, nothing }: { readonly write: WriteLot; readonly nothing: unknown },
): Promise<Response> {
  let body = nothing;
  let ledger = 'failed="internal"';
  try {
    const search = await searchCards(context, lot);
    ledger = frontLedger(search);
    body = write(search.subjects.flatMap(readFound), {
      counties: lot.counties,
      slotsOf: slotsWithin(slotLister(linkWriter(context)), context.startedMs),
    });
  } catch (cause) {
    log('error', 'front lot failed', {
      requestId: context.requestId,
      reason: 'internal',
      detail: cause instanceof Error ? cause.name : typeof cause,
    });
  }
  log('info', 'front lot answered', {
    requestId: context.requestId,
    count: lot.cards.length,
    detail: lot.searchType === 'filtered' ? 'filtered' : 'not filtered',
    durationMs: Date.now() - context.startedMs,
  });
  const response = jsonResponse(body, context);
  response.headers.set('X-Passerelle-Ledger', ledger);
  return response;
}

function slotsWithin(list: SlotLister, nowMs: number): WriteContext['slotsOf'] {
  const endOf = lastDayEnds(nowMs);
  return (places, zone) =>
    list(
      places.map(({ offer }) => offer),
      endOf(zone),
    );
}

export function readFound({ subject, cards, found }: CardSubject): FoundSubject[] {
  const [first] = found;
  if (first === undefined) return [];
  const places = found.flatMap(({ offers }) => offers.map(readFrontPlace));
  return [{ subject, cards, holder: readFrontHolder(first.holder), places }];
}
