// GET /r/{slot} and /aggregator/r/{slot}: from a slot to the vendor's booking page, with `origin`, for a browser that
// holds no token. Only to hosts that the vendor declared; whatever else happens is told by a page in French.
// docs/guide.md G-705, G-706; docs/redirect.md.

import { log } from '../../base/log.ts';
import type { RequestContext } from '../../http/http.ts';
import { knownVendors } from '../../memory/remembered-vendors.ts';
import type { VendorRow } from '../../store/editors.ts';
import type { RedirectOutcome } from '../tables/redirects.ts';
import { countClick } from './counts.ts';
import { deadLinkPage } from './pages.ts';
import { isDeclared, readBookingPage, reservationLink } from './reservation-link.ts';
import { readRedirectToken } from './token.ts';

/** A click costs no read, and an outage of D1 stops no booking that was possible a moment ago. */
const LIMITS = { freshMs: 15_000, patienceMs: 1_000, firstMs: 3_000 };

/** 302 to the vendor's page, else a page that says why not. Never throws for what D1 does. */
export async function openSlot(context: RequestContext): Promise<Response> {
  const { parameters, config, requestId, startedMs } = context;
  const target = readRedirectToken(parameters.slot ?? '');
  const page = target === undefined ? undefined : readBookingPage(target.page);
  if (target === undefined || page === undefined) return deadLinkPage({ kind: 'malformed' }, context);
  const vendors = await readVendors(context);
  if (vendors === undefined) return deadLinkPage({ kind: 'unavailable' }, context);
  const { startMs } = target;
  const vendor = vendors.find(({ id, announced }) => id === target.editor && announced);
  // A vendor that no relay announces is a stranger's word: neither counted nor logged.
  if (vendor === undefined) return deadLinkPage({ kind: 'refused' }, context);
  if (!isDeclared(vendor.redirectHosts, page)) {
    note(context, vendor.id, 'refused');
    return deadLinkPage({ kind: 'refused' }, context);
  }
  const link = reservationLink(target.page, config.redirectOrigin);
  if (startMs <= startedMs) {
    note(context, vendor.id, 'expired');
    return deadLinkPage({ kind: 'expired', startMs, link, vendor: vendor.name }, context);
  }
  note(context, vendor.id, 'opened');
  return new Response(null, {
    status: 302,
    headers: {
      Location: link,
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
      'X-Request-Id': requestId,
    },
  });
}

async function readVendors(context: RequestContext): Promise<readonly VendorRow[] | undefined> {
  try {
    return await knownVendors(context, LIMITS);
  } catch {
    log('error', 'booking-hosts-unreadable', { requestId: context.requestId });
    return undefined;
  }
}

/** A HEAD opens nothing. */
function note(context: RequestContext, vendor: string, outcome: RedirectOutcome): void {
  log('info', 'slot-opened', { requestId: context.requestId, editor: vendor, detail: outcome });
  if (context.request.method !== 'HEAD') countClick(context, vendor, outcome);
}
