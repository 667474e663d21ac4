// What searches of this isolate teach and the hub does not know yet: fresh answers to keep, counts by rule, whom vendors
// have slots of. Told behind the answer, in one call, those of one moment together. What an isolate loses with its life is
// asked again.

import type { SlotQuery } from '../../shared/sas/query.ts';
import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import { failureOf } from '../hub/call-result.ts';
import type { Lesson } from '../hub/hub-calls.ts';
import { hubOf } from '../hub/hub-of.ts';
import type { SearchMemoryUse } from '../hub/memory/plan.ts';
import { freshParts } from '../memory/fresh-parts.ts';
import type { SeenPair } from '../store/interfaced.ts';
import type { Answers, Asked } from './answers.ts';
import type { HiddenSlots } from './selection.ts';
import { tallySearch } from './tallies.ts';

/** A search that has answered. */
export interface AnsweredSearch {
  readonly requestId: string;
  readonly query: SlotQuery;
  readonly memory: SearchMemoryUse;
  readonly asked: Asked;
  readonly answers: Answers;
  readonly hidden: readonly HiddenSlots[];
}

const pendings = new WeakMap<Env, AnsweredSearch[]>();

/** Tells it behind the answer: for `waitUntil`. Never rejects. */
export async function tellLesson(env: Env, search: AnsweredSearch): Promise<void> {
  if (search.asked.results.length === 0) return;
  const pending = pendings.get(env) ?? [];
  pendings.set(env, pending);
  pending.push(search);
  // The answer leaves first: writing what is kept takes its time.
  await scheduler.wait(0);
  try {
    await tellLessons(env);
  } catch {
    log('warn', 'lesson-not-told', { requestId: search.requestId });
  }
}

/** Tells them at once: for an operator's page that is about to read the counts. */
export async function tellLessons(env: Env): Promise<void> {
  const pending = pendings.get(env) ?? [];
  pendings.delete(env);
  if (pending.length > 0) await hubOf(env).learned(pending.map(lessonOf));
}

function lessonOf({ requestId, query, memory, asked, answers, hidden }: AnsweredSearch): Lesson {
  return {
    requestId,
    flow: query.flow,
    parts: memory === 'none' ? [] : freshParts(asked.results, asked.plan, Date.now()),
    seen: pairsSeen(query, answers),
    broadcast: answeredBroadcast(asked, answers),
    tallies: tallySearch(answers, hidden),
  };
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

/** Of the subjects that every vendor was asked for, those that every vendor has answered. */
function answeredBroadcast({ plan }: Asked, { results }: Answers): string[] {
  const answered = new Set(plan.broadcast);
  for (const result of results) {
    for (const subject of result.call.subjects)
      if (failureOf(result, subject) !== undefined) answered.delete(subject);
  }
  return [...answered];
}
