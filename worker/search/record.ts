// What a search leaves behind besides its answer: a log line, counts by rule, which vendor has slots of whom, and the
// issues that go with the ledger when they were asked for.

import type { Issue } from '../../shared/fhir/operation-outcome.ts';
import type { SlotQuery } from '../../shared/sas/query.ts';
import { log } from '../base/log.ts';
import type { SearchQuestion } from '../fhir/search-question.ts';
import type { RequestContext } from '../http/http.ts';
import { noteInterfaced, type SeenPair } from '../store/interfaced.ts';
import type { Answers } from './answers.ts';
import type { FoundSlots } from './find-slots.ts';
import { ruleIssues } from './rule-issues.ts';
import type { HiddenSlots, Selection } from './selection.ts';
import { noteTallies } from './tallies.ts';
import { tallySearch } from './tally-search.ts';

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

/** Counted and logged beside the answer, never instead of it. */
export function recordSearch(
  context: RequestContext,
  query: SlotQuery,
  {
    answers,
    cost,
    total,
    hidden,
  }: Pick<FoundSlots, 'answers' | 'cost'> & Pick<Selection, 'total' | 'hidden'>,
): void {
  context.waitUntil(noteTallies(context.env, tallySearch(answers, hidden), Date.now()));
  context.waitUntil(noteSeen(context, pairsSeen(query, answers)));
  log('info', 'search answered', {
    requestId: context.requestId,
    flow: query.flow,
    subjects: query.subjects.length,
    editors: answers.editors.length,
    failed: answers.results.filter(({ failure }) => failure !== undefined).length,
    slots: total,
    ...cost,
    durationMs: Date.now() - context.startedMs,
  });
}

/** Who answered with slots of whom: what is kept or shared, another search has noted. */
function pairsSeen({ flow }: SlotQuery, { results }: Answers): SeenPair[] {
  return results
    .filter(({ saidMs, isShared }) => saidMs === undefined && isShared !== true)
    .flatMap(({ call: { editor }, answer }) =>
      (answer?.subjects ?? [])
        .filter(({ places }) => places.some(({ slots }) => slots.length > 0))
        .map(({ subject }) => ({ subject, editor, flow })),
    );
}

async function noteSeen(
  { env, requestId, startedMs }: RequestContext,
  pairs: readonly SeenPair[],
): Promise<void> {
  try {
    await noteInterfaced(env.DB, pairs, startedMs);
  } catch {
    log('warn', 'interfaced practitioners not noted', { requestId, count: pairs.length });
  }
}
