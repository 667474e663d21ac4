// What a search leaves behind besides its answer: a log line, counts by rule, and which vendor has slots of which
// practitioner or association.

import type { SlotQuery } from '../../shared/sas/query.ts';
import { log } from '../base/log.ts';
import type { RequestContext } from '../http/http.ts';
import { noteInterfaced, type SeenPair } from '../store/interfaced.ts';
import type { Answers } from './answers.ts';
import type { FoundSlots } from './find-slots.ts';
import type { Selection } from './selection.ts';
import { noteTallies, tallySearch } from './tallies.ts';

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
  log('info', 'search-answered', {
    requestId: context.requestId,
    flow: query.flow,
    subjects: query.subjects.length,
    editors: answers.vendors.length,
    failed: answers.results.filter(({ failure }) => failure !== undefined).length,
    slots: total,
    ...cost,
    durationMs: Date.now() - context.startedMs,
  });
}

/** Which vendor answered with slots of which subject; a kept or shared answer was noted by another search. */
function pairsSeen({ flow }: SlotQuery, { results }: Answers): SeenPair[] {
  return results
    .filter(({ saidMs, isShared }) => saidMs === undefined && isShared !== true)
    .flatMap(({ call: { vendor }, answer }) =>
      (answer?.subjects ?? [])
        .filter(({ places }) => places.some(({ slots }) => slots.length > 0))
        .map(({ subject }) => ({ subject, editor: vendor, flow })),
    );
}

async function noteSeen(
  { env, requestId, startedMs }: RequestContext,
  pairs: readonly SeenPair[],
): Promise<void> {
  try {
    await noteInterfaced(env.DB, pairs, startedMs);
  } catch {
    log('warn', 'interfaced-practitioners-not-noted', { requestId, count: pairs.length });
  }
}
