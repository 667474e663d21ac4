// What searches of this isolate teach and the hub does not know yet: fresh answers to keep, counts by rule, whom vendors
// have slots of. Told behind the answer, in one call, those of one moment together. What an isolate loses with its life is
// asked again.

import { LRUCache } from 'lru-cache';
import type { SlotQuery } from '../../shared/sas/query.ts';
import { readConfig } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import { failureOf } from '../hub/call-result.ts';
import type { SearchMemoryUse } from '../hub/memory/plan.ts';
import type { Lesson } from '../hub/reach/calls.ts';
import { hubAt } from '../hub/reach/hub-of.ts';
import type { SearchTrace } from '../hub/traces/trace-ring.ts';
import { freshParts } from '../memory/fresh-parts.ts';
import type { SeenPair } from '../store/interfaced.ts';
import type { Answers, Asked } from './answers.ts';
import type { HiddenSlots, Withheld } from './selection.ts';
import { tallySearch } from './tallies.ts';

/** One hub's part of a search that has answered. */
export interface AnsweredSearch {
  readonly hub: number;
  readonly requestId: string;
  readonly query: SlotQuery;
  readonly memory: SearchMemoryUse;
  readonly asked: Asked;
  readonly answers: Answers;
  readonly hidden: readonly HiddenSlots[];
  readonly withheld: readonly Withheld[];
  /** What is remembered of it, made when it is told: behind the answer. */
  readonly trace: () => SearchTrace;
}

const pendings = new WeakMap<Env, AnsweredSearch[]>();
/** Searches that taught nothing: what is remembered of them waits for the next message. */
const TRACES_HELD_MAX = 100;
const held = new WeakMap<Env, HeldTrace[]>();

interface HeldTrace {
  readonly hub: number;
  readonly trace: SearchTrace;
}

function hold(env: Env, searches: readonly AnsweredSearch[]): void {
  const made = searches.map(({ hub, trace }) => ({ hub, trace: trace() }));
  held.set(env, [...(held.get(env) ?? []), ...made].slice(-TRACES_HELD_MAX));
}

function takeHeld(env: Env, hub: number): SearchTrace[] {
  const all = held.get(env) ?? [];
  held.set(
    env,
    all.filter((one) => one.hub !== hub),
  );
  return all.flatMap((one) => (one.hub === hub ? [one.trace] : []));
}

/** The hub is told of a pair once in half a day, which D1 keeps: each search of a region sees the same hundreds. */
const TOLD_MS = 12 * 3_600_000;
const TOLD_MAX = 50_000;
/** Pair → when the hub was told, milliseconds. */
const toldMs = new LRUCache<string, number>({ max: TOLD_MAX });

function keyOf({ subject, editor, flow }: SeenPair): string {
  return `${subject} ${editor} ${flow}`;
}

/** Tells it behind the answer: for `waitUntil`. Never rejects. */
export async function tellLesson(env: Env, search: AnsweredSearch): Promise<void> {
  // Wholly kept: others have told it.
  if (search.asked.results.length === 0) return hold(env, [search]);
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
  const byHub = Map.groupBy(pendings.get(env) ?? [], ({ hub }) => hub);
  pendings.delete(env);
  const { hubs } = readConfig(env);
  const told = [...byHub].map(([index, searches]) => {
    const share = hubs > 1 ? { share: { index, of: hubs } } : {};
    return tellHub(env, index, searches, share);
  });
  await Promise.all(told);
}

async function tellHub(
  env: Env,
  index: number,
  searches: readonly AnsweredSearch[],
  share: Pick<Lesson, 'share'>,
): Promise<void> {
  // What failed is what an operator will ask for: it does not wait.
  const failed = new Set(
    searches.flatMap(({ requestId, asked }) =>
      asked.results.some(({ failure }) => failure !== undefined) ? [requestId] : [],
    ),
  );
  const worth = searches
    .map((one) => ({ ...lessonOf(one), ...share }))
    .filter((lesson) => isWorthTelling(lesson) || failed.has(lesson.requestId));
  const [first, ...others] = worth;
  if (first === undefined) return hold(env, searches);
  const traces = [...takeHeld(env, index), ...searches.map(({ trace }) => trace())];
  const lessons = [{ ...first, traces }, ...others];
  await hubAt(env, index).learned(lessons);
  const nowMs = Date.now();
  for (const { seen } of lessons) for (const pair of seen) toldMs.set(keyOf(pair), nowMs);
}

function isWorthTelling({ parts, seen, broadcast, tallies }: Lesson): boolean {
  return parts.length + seen.length + broadcast.length + tallies.length > 0;
}

function lessonOf({ requestId, query, memory, asked, answers, hidden, withheld }: AnsweredSearch): Lesson {
  return {
    requestId,
    flow: query.flow,
    parts: memory === 'none' ? [] : freshParts(asked.results, asked.plan, Date.now()),
    seen: pairsSeen(query, answers).filter(
      ({ subject, editor }) => !withheld.some((one) => one.vendor === editor && one.subject === subject),
    ),
    broadcast: answeredBroadcast(asked, answers),
    tallies: tallySearch(answers, hidden),
  };
}

/** Which vendor answered with slots of which subject, as far as it is news; a kept or shared answer was noted by another search. */
function pairsSeen({ flow }: SlotQuery, { results }: Answers): SeenPair[] {
  return results
    .filter(({ saidMs, isShared }) => saidMs === undefined && isShared !== true)
    .flatMap(({ call: { vendor }, answer }) =>
      (answer?.subjects ?? [])
        .filter(({ places }) => places.some(({ slots }) => slots.length > 0))
        .map(({ subject }) => ({ subject, editor: vendor, flow })),
    )
    .filter((pair) => (toldMs.get(keyOf(pair)) ?? 0) <= Date.now() - TOLD_MS);
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
