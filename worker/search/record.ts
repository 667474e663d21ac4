// What a search leaves behind besides its answer: a log line, and what it taught the hub.

import type { SlotQuery } from '../../shared/sas/query.ts';
import { log } from '../base/log.ts';
import type { RequestContext } from '../http/http.ts';
import type { SearchMemoryUse } from '../hub/memory/plan.ts';
import type { SearchTrace } from '../hub/traces/trace-ring.ts';
import { notePeople } from '../lrm/people/note.ts';
import type { FoundSlots } from './find-slots.ts';
import { tellLesson } from './lessons.ts';
import { traceSearch } from './trace-search.ts';

/** Logged beside the answer, and told behind it. */
export function recordSearch(
  context: RequestContext,
  query: SlotQuery,
  found: FoundSlots,
  memory: SearchMemoryUse = 'used',
): void {
  const { env, requestId, startedMs } = context;
  const { answers, cost, parts, selection } = found;
  const { total, hidden, withheld } = selection;
  if (context.config.lrm !== undefined) context.waitUntil(noteSaid(context, query, found));
  const about = { requestId, query, ledger: found.ledger, slots: total, startedMs, endedMs: Date.now() };
  for (const { hub, asked, answers: own } of parts) {
    const trace = (): SearchTrace => traceSearch({ ...about, answers: own });
    context.waitUntil(
      tellLesson(env, { hub, requestId, query, memory, asked, answers: own, hidden, withheld, trace }),
    );
  }
  log('info', 'search-answered', {
    requestId,
    ...(context.traceId !== undefined && { traceId: context.traceId }),
    flow: query.flow,
    subjects: query.subjects.length,
    editors: answers.vendors.length,
    failed: answers.results.filter(({ failure }) => failure !== undefined).length,
    slots: total,
    ...cost,
    durationMs: Date.now() - context.startedMs,
  });
}

/** What vendors just said of those whom this search shows, for the messages to LRMs; behind the answer. Never rejects. */
async function noteSaid(
  { env, requestId }: RequestContext,
  { flow }: SlotQuery,
  { answers, selection: { withheld } }: FoundSlots,
): Promise<void> {
  const fresh = answers.results.flatMap(({ call: { vendor }, answer, saidMs, isShared }) => {
    if (answer === undefined || saidMs !== undefined || isShared === true) return [];
    const refused = new Set(withheld.flatMap((one) => (one.vendor === vendor ? [one.subject] : [])));
    return [{ vendor, answer, subjects: answer.subjects.filter(({ subject }) => !refused.has(subject)) }];
  });
  // The answer leaves first.
  await scheduler.wait(0);
  try {
    await notePeople(env.DB, flow, fresh, Date.now());
  } catch {
    log('warn', 'lrm-people-not-noted', { requestId });
  }
}
