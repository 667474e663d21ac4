// The question of a slot search, from GET or POST _search: raw query, parameters, preferences, self link.

import { GatewayError } from '../../shared/error.ts';
import { echoQuery, parseQuery, type SearchParameter } from '../../shared/fhir/search.ts';
import type { Handling, ReadQuery } from '../../shared/sas/search-parameters.ts';
import { type RequestContext, readBounded } from '../http.ts';
import { type Preferences, readPreferences } from './preferences.ts';

/** A list of 500 practitioners takes 24 kB. */
const QUERY_BYTES_MAX = 64 * 1024;
const BODY_BYTES_MAX = 256 * 1024;

export interface SearchQuestion {
  readonly query: ReadQuery;
  readonly preferences: Preferences;
  readonly selfUrl: string;
}

export type ReadParameters = (parameters: readonly SearchParameter[], handling: Handling) => ReadQuery;

/** @throws GatewayError naming what cannot be served. */
export async function readQuestion(
  context: RequestContext,
  type: 'Slot' | 'Schedule',
  read: ReadParameters,
): Promise<SearchQuestion> {
  const preferences = readPreferences(context.request.headers.get('Prefer'));
  const raw = await rawQuery(context);
  const parameters = parseQuery(raw);
  if (!parameters.ok) {
    throw new GatewayError({
      reason: 'query-malformed',
      text: 'La requête ne peut être décodée (séquence % incorrecte ou trop de paramètres).',
      expression: parameters.error === '' ? [] : [`http.${parameters.error.slice(0, 80)}`],
    });
  }
  const query = read(parameters.value, preferences.handling);
  return { query, preferences, selfUrl: `${context.fhirBase}/${type}?${echoQuery(raw)}` };
}

/** What follows `?`, and on POST the form body too (FHIR allows both together). */
async function rawQuery({ request, url }: RequestContext): Promise<string> {
  const query = url.search.slice(1);
  if (query.length > QUERY_BYTES_MAX) {
    throw new GatewayError({
      reason: 'uri-too-long',
      text: 'La requête est trop longue ; utiliser POST …/_search.',
    });
  }
  if (request.method !== 'POST') return query;
  const type = request.headers.get('Content-Type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') {
    throw new GatewayError({
      reason: 'media-type-not-supported',
      text: 'Le corps de _search est attendu en application/x-www-form-urlencoded.',
    });
  }
  const body = (await readBounded(request, BODY_BYTES_MAX)).trim();
  return [query, body].filter((part) => part !== '').join('&');
}
