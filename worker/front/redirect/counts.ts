// How often booking pages are opened, expired or refused, per vendor and day, without anything of who asked. Anyone can
// open a link a thousand times, and a misconfigured vendor is met by every search: what is counted is bounded per
// vendor, outcome and isolate, so that neither costs the database its writes. docs/redirect.md.

import { createAllowance } from '../../base/allowance.ts';
import { parisDayOf } from '../../base/calendar/days.ts';
import { log } from '../../base/log.ts';
import type { RequestContext } from '../../http/http.ts';
import { countRedirect, type RedirectOutcome } from '../tables/redirects.ts';

const clicks = createAllowance({ max: 60, everyMs: 1_000 });
const refusals = createAllowance({ max: 1, everyMs: 60_000 });

type Counting = Pick<RequestContext, 'env' | 'requestId' | 'startedMs' | 'waitUntil'>;

/** Somebody followed a link of ours. */
export function countClick(context: Counting, vendor: string, outcome: RedirectOutcome): void {
  if (!clicks.spend(`${vendor} ${outcome}`, context.startedMs)) return;
  count(context, vendor, outcome);
}

/** A search met a page on a host that the vendor has not declared: told once a minute. */
export function countRefusedPage(context: Counting, vendor: string): void {
  if (!refusals.spend(vendor, context.startedMs)) return;
  log('warn', 'booking-page-refused', { requestId: context.requestId, editor: vendor });
  count(context, vendor, 'refused');
}

/** After the answer: what cannot be counted hinders nobody. */
function count({ env, requestId, startedMs, waitUntil }: Counting, vendor: string, outcome: RedirectOutcome) {
  const counting = countRedirect(env.DB, { day: parisDayOf(startedMs), editor: vendor, outcome });
  waitUntil(counting.catch(() => log('warn', 'redirect-not-counted', { requestId, editor: vendor })));
}
