// GET /admin/activity: appointments by day (Paris) of their start, vendor and status, for the follow-up of the
// service; with `by=territory` also by territory of the regulator. docs/appointments.md § 5.

import { parseQuery } from '../../shared/fhir/search.ts';
import { refuse, unknownParameter } from '../../shared/sas/search-parameters.ts';
import { addDays, type CivilDay, daysBetween, parisDayOf } from '../base/days.ts';
import type { RequestContext } from '../http/http.ts';
import { countActivity, countActivityByTerritory } from './tables/activity.ts';

const DAYS_MAX = 366;
const DAYS_DEFAULT = 30;

export async function reportActivity(context: RequestContext): Promise<Response> {
  const { first, last, days, vendors, isByTerritory } = readPeriod(context, true);
  const count = isByTerritory ? countActivityByTerritory : countActivity;
  const counts = await count(context.env.DB, days, vendors);
  const body = { timeZone: 'Europe/Paris', from: first, to: last, counts };
  return new Response(JSON.stringify(body), {
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Request-Id': context.requestId,
    },
  });
}

export interface Period {
  readonly first: string;
  readonly last: string;
  readonly days: readonly CivilDay[];
  readonly vendors: readonly string[];
  readonly isByTerritory: boolean;
}

/**
 * `from`, `to` (Paris; by default the last 30 days) and `vendor` of a report; `by=territory` where there are any.
 * @throws GatewayError window-invalid, parameter-unknown, query-malformed.
 */
export function readPeriod({ url, startedMs }: RequestContext, hasTerritories = false): Period {
  const parameters = parseQuery(url.search.slice(1));
  if (!parameters.ok) throw refuse('query-malformed', '', 'La requête ne peut être décodée.');
  const today = parisDayOf(startedMs);
  let first: string | undefined;
  let last: string | undefined;
  const vendors: string[] = [];
  let isByTerritory = false;
  for (const { name, value } of parameters.value) {
    if (name === 'from') first = value;
    else if (name === 'to') last = value;
    else if (name === 'vendor') vendors.push(...value.split(',').filter((item) => item !== ''));
    else if (hasTerritories && name === 'by' && value === 'territory') isByTerritory = true;
    else throw unknownParameter(name);
  }
  const end = last ?? (first === undefined || first <= today ? today : first);
  const begin = first ?? addDays(/^\d{4}-\d{2}-\d{2}$/.test(end) ? end : today, -DAYS_DEFAULT);
  const days = daysBetween(begin, end, DAYS_MAX);
  if (days === undefined || days.length > DAYS_MAX) {
    throw refuse(
      'window-invalid',
      'from',
      `from et to sont des dates (AAAA-MM-JJ), dans l'ordre, sur ${DAYS_MAX} jours au plus.`,
    );
  }
  return { first: begin, last: end, days, vendors, isByTerritory };
}
