// The question of a slot search, from GET or POST _search: raw query, parameters, preferences, self link.

import type { Issue } from '../../shared/fhir/operation-outcome.ts';
import { echoQuery, type SearchParameter } from '../../shared/fhir/search.ts';
import type { Handling, ReadQuery } from '../../shared/sas/search-parameters.ts';
import type { RequestContext } from '../http/http.ts';
import { readSearchParameters } from '../http/query.ts';
import type { Answers } from '../search/answers.ts';
import { ruleIssues } from '../search/rule-issues.ts';
import type { HiddenSlots } from '../search/selection.ts';
import { type Preferences, readPreferences } from './preferences.ts';

/** A slot search as read. */
export interface SearchQuestion {
  readonly query: ReadQuery;
  readonly preferences: Preferences;
  readonly selfUrl: string;
}

/** The reader of one search: of practitioners or of SOS associations. */
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

/** Rules met by each vendor's slots (when all was asked) and parameters that lenient handling passed over. */
export function extraIssues(
  { query, preferences }: SearchQuestion,
  answers: Answers,
  hidden: readonly HiddenSlots[],
): Issue[] {
  const rules = preferences.ledger === 'full' ? ruleIssues(answers, hidden) : [];
  const ignored = query.ignored.map(
    (name): Issue => ({
      severity: 'warning',
      code: 'not-supported',
      reason: 'parameter-unknown',
      text: `Le paramètre ${name.slice(0, 80)} a été ignoré.`,
      expression: [`http.${name.slice(0, 80)}`],
    }),
  );
  return [...rules, ...ignored];
}
