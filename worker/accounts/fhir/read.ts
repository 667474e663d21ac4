// GET /fhir/Practitioner/{id} and the search (GET, POST _search): regulators, with the state of their account at each
// vendor. Parameters: identifier, active, _id, _count, _cursor; any other is refused. R4 http.html (read, search).

import { GatewayError } from '../../../shared/error.ts';
import { echoQuery, splitValues, unescapeValue } from '../../../shared/fhir/search.ts';
import { readFormat, refuse, unknownParameter } from '../../../shared/sas/search-parameters.ts';
import { readText } from '../../http/body.ts';
import { fhirResponse, type RequestContext } from '../../http/http.ts';
import { rawQuery, readQuery } from '../../http/query.ts';
import { loadPairs } from '../tables/accounts.ts';
import { type RegulatorFilter, searchRegulators } from '../tables/search.ts';
import { etagOf, practitionerOf } from './resource.ts';
import { readIdentifierToken } from './target.ts';

const BODY_BYTES_MAX = 16 * 1024;
const COUNT_DEFAULT = 20;
const COUNT_MAX = 50;
const TOKENS_MAX = 50;

/** GET /fhir/Practitioner/{id}. @throws GatewayError not-found, storage-unavailable. */
export async function readPractitioner(context: RequestContext): Promise<Response> {
  const loaded = await loadPairs(context.env.DB, context.parameters.id ?? '');
  if (loaded === undefined)
    throw new GatewayError({ reason: 'not-found', text: 'Aucun régulateur n’a cet id.' });
  const { regulator, pairs } = loaded;
  const body = JSON.stringify(practitionerOf(regulator, pairs, context.startedMs));
  return fhirResponse(body, context, 200, { ETag: etagOf(regulator) });
}

/** GET and POST search of regulators. @throws GatewayError uri-too-long, query-malformed, parameter-*, body-*. */
export async function searchPractitioners(context: RequestContext): Promise<Response> {
  const { request, url, env, fhirBase, requestId, startedMs } = context;
  const raw = request.method === 'POST' ? await readText(request, BODY_BYTES_MAX) : rawQuery(url);
  const filter = readFilter(raw);
  const found = await searchRegulators(env.DB, { ...filter, count: filter.count + 1 });
  const shown = found.slice(0, filter.count);
  const entry = await Promise.all(
    shown.map(async (regulator) => {
      const pairs = (await loadPairs(env.DB, regulator.id))?.pairs ?? [];
      return {
        fullUrl: `${fhirBase}/Practitioner/${regulator.id}`,
        resource: practitionerOf(regulator, pairs, startedMs),
        search: { mode: 'match' },
      };
    }),
  );
  const self = `${fhirBase}/Practitioner${raw === '' ? '' : `?${echoQuery(raw)}`}`;
  const more = found.length > shown.length ? shown.at(-1)?.id : undefined;
  const kept = raw.split('&').filter((pair) => pair !== '' && !pair.startsWith('_cursor='));
  const next = `${fhirBase}/Practitioner?${echoQuery([...kept, `_cursor=${more}`].join('&'))}`;
  const bundle = {
    resourceType: 'Bundle',
    id: requestId,
    type: 'searchset',
    link: [{ relation: 'self', url: self }, ...(more === undefined ? [] : [{ relation: 'next', url: next }])],
    // R4 ele-1: an empty list is no list.
    ...(entry.length === 0 ? {} : { entry }),
  };
  return fhirResponse(JSON.stringify(bundle), context);
}

function readFilter(raw: string): RegulatorFilter {
  let filter: RegulatorFilter = { count: COUNT_DEFAULT };
  for (const { name, value } of readQuery(raw)) {
    switch (name) {
      case 'identifier':
        filter = { ...filter, identifiers: tokensOf(value).map(readIdentifierToken) };
        break;
      case '_id':
        filter = { ...filter, ids: tokensOf(value).map(unescapeValue) };
        break;
      case 'active':
        if (value !== 'true' && value !== 'false') {
          throw refuse('parameter-invalid', name, 'active vaut true ou false.');
        }
        filter = { ...filter, active: value === 'true' };
        break;
      case '_count':
        if (!/^[1-9]\d{0,3}$/.test(value)) throw refuse('parameter-invalid', name, '_count est positif.');
        filter = { ...filter, count: Math.min(Number(value), COUNT_MAX) };
        break;
      case '_cursor':
        filter = { ...filter, after: value };
        break;
      case '_format':
        readFormat(value);
        break;
      default:
        throw unknownParameter(name);
    }
  }
  return filter;
}

function tokensOf(value: string): string[] {
  const tokens = splitValues(value).filter((item) => item !== '');
  if (tokens.length > 0 && tokens.length <= TOKENS_MAX) return tokens;
  throw refuse('parameter-invalid', 'identifier', `De 1 à ${TOKENS_MAX} valeurs sont attendues.`);
}
