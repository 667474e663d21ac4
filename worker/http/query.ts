// The parameters of a request: from its query, and for POST _search from its query and its form body.

import { GatewayError } from '../../shared/error.ts';
import { parseQuery, type SearchParameter } from '../../shared/fhir/search.ts';
import { readFormat, refuse, unknownParameter } from '../../shared/sas/search-parameters.ts';
import { readText } from './body.ts';
import type { RequestContext } from './http.ts';

/**
 * The whole URL. Cloudflare refuses one of more than 16 kB before the Worker, in its own words
 * (developers.cloudflare.com/workers/platform/limits); the caller is to read ours first. About 300 practitioners fit.
 */
const URL_BYTES_MAX = 15 * 1024;
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
  const raw = await rawParameters(context);
  const parameters = parseQuery(raw);
  if (parameters.ok) return { raw, parameters: parameters.value };
  throw new GatewayError({
    reason: 'query-malformed',
    text: 'La requête ne peut être décodée (séquence % incorrecte ou trop de paramètres).',
    expression: parameters.error === '' ? [] : [`http.${parameters.error.slice(0, 80)}`],
  });
}

/** What follows `?`. @throws GatewayError uri-too-long, which names POST _search. */
export function rawQuery(url: URL): string {
  if (url.href.length <= URL_BYTES_MAX) return url.search.slice(1);
  throw new GatewayError({
    reason: 'uri-too-long',
    text: `L'adresse dépasse 15 Kio : donner les paramètres dans le corps de POST ${url.pathname.replace(/\/_search$/, '')}/_search.`,
  });
}

/** The query, and on POST the form body too (FHIR allows both together). */
async function rawParameters({ request, url }: RequestContext): Promise<string> {
  const query = rawQuery(url);
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
