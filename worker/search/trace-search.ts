// What is remembered of a search for who asks later what happened in it: counts and durations, of no person. Pure.

import type { SlotQuery } from '../../shared/sas/query.ts';
import { type CallResult, doubtsOf, reasonOf } from '../hub/call-result.ts';
import type { SearchTrace, TracedCall } from '../hub/traces/trace-ring.ts';
import type { Answers } from './answers.ts';
import type { Ledger } from './ledger.ts';

/** What of a search one hub's trace is made from. */
export interface TracedSearch {
  readonly requestId: string;
  readonly query: SlotQuery;
  /** Of the whole search. */
  readonly ledger: Ledger;
  readonly slots: number;
  /** Of this hub's vendors. */
  readonly answers: Answers;
  /** When the request came, and when its answer was ready; milliseconds since 1970. */
  readonly startedMs: number;
  readonly endedMs: number;
}

/** One hub's trace of a search. */
export function traceSearch(search: TracedSearch): SearchTrace {
  const { requestId, query, ledger, slots, answers, startedMs, endedMs } = search;
  return {
    requestId,
    atMs: startedMs,
    durationMs: endedMs - startedMs,
    flow: query.flow,
    subjects: query.subjects.length,
    counts: {
      slots: ledger.slots.size,
      none: ledger.none.length,
      unknown: ledger.unknown.length,
      switchedOff: ledger.switchedOff.length,
      notInterfaced: ledger.notInterfaced.length,
    },
    slots,
    calls: answers.results.map((result) => traceCall(result, startedMs, endedMs)),
  };
}

function traceCall(result: CallResult, startedMs: number, endedMs: number): TracedCall {
  const { call, failure, answer, arrivedMs, saidMs, isShared = false } = result;
  const kind = saidMs !== undefined ? 'kept' : isShared ? 'joined' : 'asked';
  const [doubt] = answer === undefined ? [] : doubtsOf(answer);
  const reason = failure?.reason ?? (doubt && reasonOf(doubt));
  return {
    vendor: call.vendor,
    kind,
    subjects: call.subjects.length,
    ...(reason !== undefined && { reason }),
    ...(failure?.status !== undefined && { status: failure.status }),
    ...(saidMs !== undefined && { ageMs: Math.max(0, endedMs - saidMs) }),
    ...(saidMs === undefined && arrivedMs !== undefined && { endMs: arrivedMs - startedMs }),
    ...(kind !== 'kept' && answer !== undefined && { durationMs: answer.durationMs }),
    // Of a joined call they are another search's, and add up to more.
    ...(kind === 'asked' && answer?.timing !== undefined && { timing: answer.timing }),
    received: answer?.received ?? 0,
    shown: answer?.shown ?? 0,
  };
}
