// The parameters of any FHIR search, from the query of GET and from the query and form body of POST _search.

import { GatewayError } from '../../shared/error.ts';
import { parseQuery, type SearchParameter } from '../../shared/fhir/search.ts';
import { readBounded } from '../http/body.ts';
import type { RequestContext } from '../http/http.ts';

/** A list of 500 practitioners takes 24 kB. */
const QUERY_BYTES_MAX = 64 * 1024;
const BODY_BYTES_MAX = 256 * 1024;

export interface SearchParameters {
  /** As sent, for the self link. */
  readonly raw: string;
  readonly parameters: readonly SearchParameter[];
}

/** @throws GatewayError uri-too-long, media-type-not-supported, body-too-large, query-malformed. */
export async function readSearchParameters(context: RequestContext): Promise<SearchParameters> {
  const raw = await rawQuery(context);
  const parameters = parseQuery(raw);
  if (parameters.ok) return { raw, parameters: parameters.value };
  throw new GatewayError({
    reason: 'query-malformed',
    text: 'La requête ne peut être décodée (séquence % incorrecte ou trop de paramètres).',
    expression: parameters.error === '' ? [] : [`http.${parameters.error.slice(0, 80)}`],
  });
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
