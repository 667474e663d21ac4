// GET /r/{slot} and /aggregator/r/{slot}: from a slot to the vendor's booking page, with `origin`, for a browser that
// holds no token. Only to hosts that the vendor declared; whatever else happens is told by a page in French.
// identifiers.md § 8; docs/redirect.md.

import { addDays, parisDayOf } from '../appointments/days.ts';
import type { RequestContext } from '../http.ts';
import { log } from '../log.ts';
import { countRedirect, type RedirectOutcome } from '../store/redirects.ts';
import { type BookingSite, bookingSites, isDeclared } from './redirect-hosts.ts';
import { deadLinkPage } from './redirect-pages.ts';
import { readRedirectToken } from './redirect-token.ts';
import { readBookingPage, reservationLink } from './reservation-link.ts';

const KEPT_DAYS = 400;

export async function openSlot(context: RequestContext): Promise<Response> {
  const { parameters, config, requestId, startedMs } = context;
  const target = readRedirectToken(parameters.slot ?? '');
  const page = target === undefined ? undefined : readBookingPage(target.page);
  if (target === undefined || page === undefined) return deadLinkPage({ kind: 'malformed' }, requestId);
  const sites = await readSites(context);
  if (sites === undefined) return deadLinkPage({ kind: 'unavailable' }, requestId);
  const { editor, startMs } = target;
  const site = sites.get(editor);
  // A vendor that nobody knows is a stranger's word: neither counted nor logged.
  if (site === undefined) return deadLinkPage({ kind: 'refused' }, requestId);
  if (!isDeclared(site, page)) {
    note(context, editor, 'refused');
    return deadLinkPage({ kind: 'refused' }, requestId);
  }
  const link = reservationLink(target.page, config.redirectOrigin);
  if (startMs <= startedMs) {
    note(context, editor, 'expired');
    return deadLinkPage({ kind: 'expired', startMs, link, vendor: site.name }, requestId);
  }
  note(context, editor, 'opened');
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

async function readSites({
  env,
  startedMs,
}: RequestContext): Promise<ReadonlyMap<string, BookingSite> | undefined> {
  try {
    return await bookingSites(env, startedMs);
  } catch {
    log('error', 'booking hosts unreadable');
    return undefined;
  }
}

/** After the answer: what cannot be counted hinders nobody. A HEAD opens nothing. */
function note(
  { env, request, requestId, startedMs, waitUntil }: RequestContext,
  editor: string,
  outcome: RedirectOutcome,
): void {
  log('info', 'slot opened', { requestId, editor, detail: outcome });
  if (request.method === 'HEAD') return;
  const day = parisDayOf(startedMs);
  const counting = countRedirect(env.DB, { day, editor, outcome }, addDays(day, -KEPT_DAYS));
  waitUntil(counting.catch(() => log('warn', 'redirect not counted', { requestId, editor })));
}
