// GET /admin/searches and /admin/searches/{id}: the last searches as the hubs remember them, in counts and durations. The
// console's screens ask the same functions.

import * as v from 'valibot';
import { GatewayError } from '../../shared/error.ts';
import type { Env } from '../base/env.ts';
import { jsonResponse, type RequestContext } from '../http/http.ts';
import { askEach } from '../hub/reach/hub-of.ts';
import type { SearchTrace, TraceFilter } from '../hub/traces/trace-ring.ts';

/** Searches on one page. */
const SEARCHES_PER_PAGE = 50;

const yes = v.optional(v.picklist(['true', 'false']));
const FILTERS = v.strictObject({
  unknown: yes,
  slow: yes,
  vendor: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,64}$/))),
  flow: v.optional(v.picklist(['INT_R01', 'INT_R04', 'SOS'])),
  before: v.optional(v.pipe(v.string(), v.isoTimestamp())),
});

/** A request's id as callers may choose it. */
const REQUEST_ID = /^[A-Za-z0-9-]{8,64}$/;

/** The newest first; `hasMore`: older ones pass too. @throws HubFailure when no hub answers. */
export async function listSearches(
  env: Env,
  filter: TraceFilter,
  max = SEARCHES_PER_PAGE,
): Promise<{ readonly searches: readonly SearchTrace[]; readonly hasMore: boolean }> {
  const sign = filter.afterMs === undefined ? -1 : 1;
  const told = await askEach(env, (hub) => hub.traces(filter, max + 1));
  const all = joinTraces(told.flat()).sort((one, other) => sign * (one.atMs - other.atMs));
  return { searches: all.slice(0, max), hasMore: all.length > max };
}

/** Undefined when no hub remembers it: an id that two requests bore names the last. @throws HubFailure */
export async function findSearch(env: Env, requestId: string): Promise<SearchTrace | undefined> {
  if (!REQUEST_ID.test(requestId)) return undefined;
  const { searches } = await listSearches(env, { requestId }, 1);
  return searches[0];
}

/** A search of several hubs is one, with the calls of each. */
function joinTraces(traces: readonly SearchTrace[]): SearchTrace[] {
  const joined = new Map<string, SearchTrace>();
  for (const trace of traces) {
    const key = `${trace.requestId} ${trace.atMs}`;
    const known = joined.get(key);
    joined.set(key, known === undefined ? trace : { ...known, calls: [...known.calls, ...trace.calls] });
  }
  return [...joined.values()];
}

/** GET /admin/searches. @throws GatewayError parameter-invalid; HubFailure. */
export async function answerSearches(context: RequestContext): Promise<Response> {
  const read = v.safeParse(FILTERS, Object.fromEntries(context.url.searchParams));
  if (!read.success) {
    const names = [...new Set(read.issues.map((issue) => v.getDotPath(issue) ?? ''))].join(', ');
    throw new GatewayError({ reason: 'parameter-invalid', text: `Paramètre non admis : ${names}.` });
  }
  const { unknown, slow, vendor, flow, before } = read.output;
  const filter: TraceFilter = {
    ...(unknown === 'true' && { isUnknown: true }),
    ...(slow === 'true' && { isSlow: true }),
    ...(vendor !== undefined && { vendor }),
    ...(flow !== undefined && { flow }),
    ...(before !== undefined && { beforeMs: Date.parse(before) }),
  };
  const { searches, hasMore } = await listSearches(context.env, filter);
  return jsonResponse({ searches: searches.map(writeSearch), hasMore }, context);
}

/** GET /admin/searches/{id}. @throws GatewayError not-found; HubFailure. */
export async function answerOneSearch(context: RequestContext): Promise<Response> {
  const trace = await findSearch(context.env, context.parameters.id ?? '');
  if (trace === undefined) {
    throw new GatewayError({
      reason: 'not-found',
      text: 'Aucun concentrateur ne se souvient de cette recherche : les 500 dernières sont gardées, jusqu’à un redémarrage.',
    });
  }
  return jsonResponse(writeSearch(trace), context);
}

function writeSearch({ atMs, ...trace }: SearchTrace) {
  return { at: new Date(atMs).toISOString(), ...trace };
}
