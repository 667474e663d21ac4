// What a search leaves behind besides its answer: a log line, and what it taught the hub.

import type { SlotQuery } from '../../shared/sas/query.ts';
import { log } from '../base/log.ts';
import type { RequestContext } from '../http/http.ts';
import type { SearchMemoryUse } from '../hub/memory/plan.ts';
import type { FoundSlots } from './find-slots.ts';
import { tellLesson } from './lessons.ts';

/** Logged beside the answer, and told behind it. */
export function recordSearch(
  context: RequestContext,
  query: SlotQuery,
  { answers, cost, parts, selection: { total, hidden, withheld } }: FoundSlots,
  memory: SearchMemoryUse = 'used',
): void {
  const { env, requestId } = context;
  for (const { hub, asked, answers: own } of parts) {
    context.waitUntil(
      tellLesson(env, { hub, requestId, query, memory, asked, answers: own, hidden, withheld }),
    );
  }
  log('info', 'search-answered', {
    requestId,
    flow: query.flow,
    subjects: query.subjects.length,
    editors: answers.vendors.length,
    failed: answers.results.filter(({ failure }) => failure !== undefined).length,
    slots: total,
    ...cost,
    durationMs: Date.now() - context.startedMs,
  });
}
