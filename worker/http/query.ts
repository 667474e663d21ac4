// The parameters of a request: from its query, and for POST _search from its query and its form body.

import { GatewayError } from '../../shared/error.ts';
import { parseQuery, type SearchParameter } from '../../shared/fhir/search.ts';
import { readFormat, refuse, unknownParameter } from '../../shared/sas/search-parameters.ts';
import { readText } from './body.ts';
import type { RequestContext } from './http.ts';

/** A list of 500 practitioners takes 24 kB. */
const QUERY_BYTES_MAX = 64 * 1024;
const BODY_BYTES_MAX = 256 * 1024;

/** `raw`: without `?`. `parameter`: whom the refusal names. @throws GatewayError query-malformed. */
export function readQuery(raw: string, parameter = ''): readonly SearchParameter[] {
  const parameters = parseQuery(raw);
  if (parameters.ok) return parameters.value;
  throw refuse('query-malformed', parameter, 'La requête ne peut être décodée.');
}

/**
 * The one `identifier` of a conditional write, as `read` reads it; undefined without one. `isNamed` tells its name.
 * @throws GatewayError query-malformed, parameter-*, and what `read` throws.
 */
export function readIdentifierQuery<T>(
  { search }: URL,
  read: (text: string) => T,
  isNamed = (name: string): boolean => name === 'identifier',
): T | undefined {
  let found: T | undefined;
  for (const { name, value } of readQuery(search.slice(1), 'identifier')) {
    if (name === '_format') readFormat(value);
    else if (!isNamed(name)) throw unknownParameter(name);
    else if (found !== undefined) {
      throw refuse('parameter-repeated', 'identifier', 'Un seul identifiant est admis.');
    } else found = read(value);
  }
  return found;
}

/** The parameters of a FHIR search. */
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
  const body = (await readText(request, BODY_BYTES_MAX)).trim();
  return [query, body].filter((part) => part !== '').join('&');
}
