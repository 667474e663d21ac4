// The question of a slot search, from GET or POST _search: raw query, parameters, preferences, self link.

import { echoQuery, type SearchParameter } from '../../shared/fhir/search.ts';
import type { Handling, ReadQuery } from '../../shared/sas/search-parameters.ts';
import type { RequestContext } from '../http/http.ts';
import { type Preferences, readPreferences } from './preferences.ts';
import { readSearchParameters } from './search-query.ts';

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
  const preferences = readPreferences(context.request.headers);
  const { raw, parameters } = await readSearchParameters(context);
  const query = read(parameters, preferences.handling);
  return { query, preferences, selfUrl: `${context.fhirBase}/${type}?${echoQuery(raw)}` };
}
