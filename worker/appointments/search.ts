// GET /fhir/Appointment and POST /fhir/Appointment/_search: appointments for SAS, a page at a time. R4
// search.html, Bundle; docs/appointments.md § 4.

import { operationOutcome } from '../../shared/fhir/operation-outcome.ts';
import { echoQuery } from '../../shared/fhir/search.ts';
import { fhirResponse, type RequestContext } from '../http/http.ts';
import { readHandling } from '../http/prefer.ts';
import { readSearchParameters } from '../http/query.ts';
import { type AppointmentSearch, encodeCursor, readAppointmentSearch } from './model/filter.ts';
import { resourceText } from './model/resource.ts';
import { type FoundAppointment, searchAppointments } from './tables/search.ts';

/** @throws GatewayError query-malformed, parameter-*, body-*, storage-unavailable. */
export async function searchAppointment(context: RequestContext): Promise<Response> {
  const handling = readHandling(context.request.headers.get('Prefer'));
  const { raw, parameters } = await readSearchParameters(context);
  const search = readAppointmentSearch(parameters, handling);
  const { filter, sort, position, count } = search;
  // One more than the page tells whether there is a next one.
  const found = await searchAppointments(context.env.APPOINTMENTS, filter, sort, position, count + 1);
  return fhirResponse(bundleText(context, raw, search, found), context);
}

function bundleText(
  context: RequestContext,
  raw: string,
  search: AppointmentSearch,
  found: readonly FoundAppointment[],
): string {
  const shown = found.slice(0, search.count);
  const last = found.length > search.count ? shown.at(-1) : undefined;
  const base = `${context.fhirBase}/Appointment`;
  const query = echoQuery(raw);
  const head = {
    resourceType: 'Bundle',
    id: context.requestId,
    type: 'searchset',
    // Counting a million rows to fill a page of fifty helps nobody: known only when the page is all there is.
    ...(search.position === undefined && last === undefined ? { total: shown.length } : {}),
    link: [
      { relation: 'self', url: query === '' ? base : `${base}?${query}` },
      ...(last === undefined ? [] : [{ relation: 'next', url: `${base}?${nextQuery(query, search, last)}` }]),
    ],
  };
  const entries = shown.map((stored) => {
    const fullUrl = JSON.stringify(`${base}/${stored.id}`);
    return `{"fullUrl":${fullUrl},"resource":${resourceText(stored)},"search":{"mode":"match"}}`;
  });
  if (search.ignored.length > 0) entries.push(ignoredEntry(context, search.ignored));
  const entry = entries.length === 0 ? '' : `,"entry":[${entries.join(',')}]`;
  return `${JSON.stringify(head).slice(0, -1)}${entry}}`;
}

/** The same question, from where this page ended. */
function nextQuery(query: string, { sort }: AppointmentSearch, last: FoundAppointment): string {
  const rest = query.split('&').filter((item) => item !== '' && !/^_cursor=/.test(item));
  const ms = sort.by === 'date' ? last.startMs : last.updatedMs;
  return [...rest, `_cursor=${encodeCursor(sort, { ms, id: last.id })}`].join('&');
}

function ignoredEntry(context: RequestContext, ignored: readonly string[]): string {
  const outcome = operationOutcome(
    `${context.requestId}-outcome`.slice(0, 64),
    ignored.map((name) => ({
      severity: 'warning',
      code: 'not-supported',
      reason: 'parameter-unknown',
      text: `Le paramètre ${name.slice(0, 80)} a été ignoré.`,
      expression: [`http.${name.slice(0, 80)}`],
    })),
  );
  const entry = {
    fullUrl: `${context.fhirBase}/OperationOutcome/${outcome.id}`,
    resource: outcome,
    search: { mode: 'outcome' },
  };
  return JSON.stringify(entry);
}
