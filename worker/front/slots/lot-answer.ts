// POST /v1/PractitionerSlots and /v1/dashboard/getSlots: from the front's cards to an answer in its shape. Whatever fails
// behind it, the front gets 200 with what there is; a header and the log say what went wrong. docs/guide.md G-906,
// G-908.

import { GatewayError } from '../../../shared/error.ts';
import { describeUnexpected, log } from '../../base/log.ts';
import { readJson } from '../../http/body.ts';
import { jsonResponse, type RequestContext } from '../../http/http.ts';
import { lastVendors } from '../../memory/remembered-vendors.ts';
import { countRefusedPage } from '../redirect/counts.ts';
import { type LinkWriter, linkWriter } from '../redirect/reservation-link.ts';
import { searchCards } from './card-search.ts';
import { type Lot, readDashboard, readLot } from './cards.ts';
import { writePractitioners } from './dashboard-locations.ts';
import { frontLedger } from './lot-ledger.ts';
import { type FoundSubject, readFound } from './places.ts';
import { writeEntries } from './practitioner-entries.ts';
import { type SlotLister, slotLister } from './slot-list.ts';

/** 500 cards take 200 kB. */
const BODY_BYTES_MAX = 1024 * 1024;

/** @throws GatewayError body-*, too-many-subjects, too-many-requests; what else fails behind answers 200. */
export async function answerPractitionerSlots(context: RequestContext): Promise<Response> {
  const lot = readLot(await readJson(context.request, BODY_BYTES_MAX));
  return answerLot(context, lot, writeEntries, {});
}

/** The dashboard's shape of the same. */
export async function answerDashboardSlots(context: RequestContext): Promise<Response> {
  const lot = readDashboard(await readJson(context.request, BODY_BYTES_MAX));
  return answerLot(context, lot, writePractitioners, []);
}

/** The lot has been told the vendors, or goes by those of before: what it shows can be linked to without asking anybody. */
function linksOf(context: RequestContext): LinkWriter {
  const { config, url, env } = context;
  return linkWriter({
    config,
    url,
    editors: lastVendors(env) ?? [],
    onRefused: (vendor) => countRefusedPage(context, vendor),
  });
}

/** `nothing`: the answer when not even our own part works. */
async function answerLot(
  context: RequestContext,
  lot: Lot,
  write: (found: readonly FoundSubject[], counties: Lot['counties'], slots: SlotLister) => unknown,
  nothing: unknown,
): Promise<Response> {
  const { requestId, startedMs } = context;
  let body = nothing;
  let ledger = 'failed="internal"';
  try {
    const search = await searchCards(context, lot);
    ledger = frontLedger(search);
    body = write(search.subjects.flatMap(readFound), lot.counties, slotLister(linksOf(context), startedMs));
  } catch (cause) {
    if (cause instanceof GatewayError && cause.reason === 'too-many-requests') throw cause;
    log('error', 'front-lot-failed', {
      requestId,
      reason: 'internal',
      detail: describeUnexpected(cause),
    });
  }
  log('info', 'front-lot-answered', {
    requestId,
    count: lot.cards.length,
    detail: lot.searchType === 'filtered' ? 'filtered' : 'not filtered',
    durationMs: Date.now() - startedMs,
  });
  const response = jsonResponse(body, context);
  response.headers.set('X-Passerelle-Ledger', ledger);
  return response;
}
