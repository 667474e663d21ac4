// The period that a report of the operators is about: `from`, `to`, `vendor`. Appointments' activity and the
// redirects' counts share it. No I/O.

import { refuse, unknownParameter } from '../../shared/sas/search-parameters.ts';
import { addDays, type CivilDay, daysBetween, parisDayOf } from '../base/calendar/days.ts';
import type { RequestContext } from './http.ts';
import { readQuery } from './query.ts';

const DAYS_MAX = 366;
const DAYS_DEFAULT = 30;

/** The days and vendors that a report is about. */
export interface Period {
  /** YYYY-MM-DD in Paris, as `last`; both belong to the period. */
  readonly first: string;
  readonly last: string;
  readonly days: readonly CivilDay[];
  /** Vendors' ids; empty: every vendor. */
  readonly vendors: readonly string[];
  readonly isByTerritory: boolean;
}

/**
 * `from`, `to` (Paris; by default the last 30 days) and `vendor` of a report; `by=territory` where there are any.
 * @throws GatewayError window-invalid, parameter-unknown, query-malformed.
 */
export function readPeriod({ url, startedMs }: RequestContext, hasTerritories = false): Period {
  const today = parisDayOf(startedMs);
  let first: string | undefined;
  let last: string | undefined;
  const vendors: string[] = [];
  let isByTerritory = false;
  for (const { name, value } of readQuery(url.search.slice(1))) {
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
