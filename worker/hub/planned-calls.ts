// A search's calls as the hub plans them, and the part of them that one relay is sent. Pure.

import type { Turn } from '../../shared/link/fair-queue.ts';
import type { SearchPlan } from '../../shared/link/relay.ts';
import type { Flow, SlotWindow } from '../../shared/sas/query.ts';
import type { RelayShare } from './assign-calls.ts';
import type { AskedCall } from './memory/plan.ts';

/** The calls of one search. */
export interface PlannedCalls {
  readonly id: string;
  /** As in HubSearch. */
  readonly traceId?: string | undefined;
  /** In which turns its calls leave. */
  readonly turn: Turn;
  readonly flow: Flow;
  /** As vendors are asked; what is shown may be narrower (memory/plan.ts). */
  readonly askedWindow: SlotWindow;
  /** A call's place in the list is its number. */
  readonly calls: readonly AskedCall[];
  /** What may be spent from now until the last event. */
  readonly budgetMs: number;
  /** As in HubSearch. */
  readonly gatherMs: number;
  /** Calls of its own: it waits for none that is under way already, and no other search waits for its. */
  readonly isAlone: boolean;
  /** Tell what became of each slot; no breaker holds it back. */
  readonly isTraced: boolean;
}

/** The time that is left. */
interface PlanTimes {
  /** How many plans the search has sent with this one. */
  readonly count: number;
  /** Of the whole plan. */
  readonly budgetMs: number;
  /** Of a call whose vendor is given less than the search: by the search's number. */
  readonly callMs: (number: number) => number;
}

/** What a relay is sent of it. */
export function planFor(
  { id, traceId, turn, flow, askedWindow, gatherMs, isTraced }: PlannedCalls,
  { calls, numbers }: RelayShare,
  { count, budgetMs, callMs }: PlanTimes,
): SearchPlan {
  return {
    id: `${id}.${count}`,
    flow,
    fromMs: askedWindow.fromMs,
    toMs: askedWindow.toMs,
    budgetMs,
    gatherMs,
    from: turn,
    ...(isTraced ? { trace: true } : {}),
    ...(traceId !== undefined && { traceId }),
    calls: calls.map((call, index) =>
      call.budgetMs === undefined ? call : { ...call, budgetMs: callMs(numbers[index] ?? -1) },
    ),
  };
}
