// GET /fhir/Appointment and POST /fhir/Appointment/_search: appointments for SAS, a page at a time. R4
// search.html, Bundle; docs/appointments.md § 4.

import { operationOutcome } from '../../shared/fhir/operation-outcome.ts';
import { echoQuery } from '../../shared/fhir/search.ts';
import { fhirResponse, type RequestContext } from '../http/http.ts';
import { readHandling } from '../http/prefer.ts';
import { readSearchParameters } from '../http/query.ts';
import {
  type AppointmentSearch,
  encodeCursor,
  type Position,
  readAppointmentSearch,
} from './model/filter.ts';
import { resourceText } from './model/resource.ts';
import { chooseWay, type FoundAppointment, type Page, searchAppointments } from './tables/search.ts';

/** @throws GatewayError query-malformed, parameter-*, body-*, storage-unavailable. */
export async function searchAppointment(context: RequestContext): Promise<Response> {
  const handling = readHandling(context.request.headers.get('Prefer'));
  const { raw, parameters } = await readSearchParameters(context);
  const search = readAppointmentSearch(parameters, handling);
  const page = await readPage(context.env.APPOINTMENTS, search);
  return fhirResponse(bundleText(context, raw, search, page), context);
}

/** What one request may look at, in so many statements: others have their turn between them. */
const STRETCHES_MAX = 10;

type FoundPage = Pick<Page<FoundAppointment>, 'rows' | 'next'>;

/** A page is full, or was looked for as long as one request may. @throws GatewayError storage-unavailable. */
async function readPage(
  db: D1Database,
  { filter, sort, position, count }: AppointmentSearch,
): Promise<FoundPage> {
  const way = await chooseWay(db, filter, sort);
  const rows: FoundAppointment[] = [];
  let next = position;
  for (let stretch = 0; stretch < STRETCHES_MAX; stretch += 1) {
    // One more than the page tells whether there is a next one.
    const page = await searchAppointments(db, way, next, count + 1 - rows.length);
    rows.push(...page.rows);
    next = page.next;
    if (next === undefined || rows.length > count) break;
  }
  const last = rows.length > count ? rows[count - 1] : undefined;
  if (last !== undefined) next = { ms: sort.by === 'date' ? last.startMs : last.updatedMs, id: last.id };
  return { rows: rows.slice(0, count), next };
}

function bundleText(
  context: RequestContext,
  raw: string,
  search: AppointmentSearch,
  { rows: shown, next }: FoundPage,
): string {
  const base = `${context.fhirBase}/Appointment`;
  const query = echoQuery(raw);
  const head = {
    resourceType: 'Bundle',
    id: context.requestId,
    type: 'searchset',
    // Counting a million rows to fill a page of fifty helps nobody: known only when the page is all there is.
    ...(search.position === undefined && next === undefined ? { total: shown.length } : {}),
    link: [
      { relation: 'self', url: query === '' ? base : `${base}?${query}` },
      ...(next === undefined ? [] : [{ relation: 'next', url: `${base}?${nextQuery(query, search, next)}` }]),
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
function nextQuery(query: string, { sort }: AppointmentSearch, next: Position): string {
  const rest = query.split('&').filter((item) => item !== '' && !/^_cursor=/.test(item));
  return [...rest, `_cursor=${encodeCursor(sort, next)}`].join('&');
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
