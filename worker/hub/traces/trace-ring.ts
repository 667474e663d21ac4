// The last searches, for who asks what happened in one: counts and durations, call by call. In the hub's memory only, so an
// eviction forgets them. What is told names no person and holds no query. Searches pay nothing for it: what a search was
// comes with the messages that tell what it taught (worker/search/lessons.ts).

import type { CallTiming } from '../../../shared/sas/answer.ts';
import type { Flow } from '../../../shared/sas/query.ts';

/** One call of a search, or a kept answer in its place. */
export interface TracedCall {
  readonly vendor: string;
  /** `asked`: for this search; `joined`: another search had asked the same; `kept`: the vendor had said it before. */
  readonly kind: 'asked' | 'joined' | 'kept';
  /** How many people or associations it asks for. */
  readonly subjects: number;
  /** Why it brought not all; of `LedgerFailure`. */
  readonly reason?: string;
  /** HTTP status of the vendor. */
  readonly status?: number;
  /** Of a kept answer, milliseconds. */
  readonly ageMs?: number;
  /** When it had come, milliseconds from the search's beginning; absent: it never came. */
  readonly endMs?: number;
  /** As the relay counts it; of a joined call, what this search waited for it. */
  readonly durationMs?: number;
  /** Absent from older relays, and of what this search did not ask. */
  readonly timing?: CallTiming;
  /** Slots received and shown. */
  readonly received: number;
  readonly shown: number;
}

/** One search. Of several hubs each has its own vendors' calls, and the counts of the whole. */
export interface SearchTrace {
  readonly requestId: string;
  /** When the request came, milliseconds since 1970. */
  readonly atMs: number;
  readonly durationMs: number;
  readonly flow: Flow;
  /** Identifiers asked for, and how many of them the ledger puts in each state. */
  readonly subjects: number;
  readonly counts: {
    readonly slots: number;
    readonly none: number;
    readonly unknown: number;
    readonly switchedOff: number;
    readonly notInterfaced: number;
  };
  /** Slots shown. */
  readonly slots: number;
  readonly calls: readonly TracedCall[];
}

/** Which searches are wanted; what is absent filters nothing. */
export interface TraceFilter {
  readonly requestId?: string;
  readonly vendor?: string;
  readonly flow?: Flow;
  /** Somebody's state is unknown. */
  readonly isUnknown?: boolean;
  /** It took more than `SLOW_MS`. */
  readonly isSlow?: boolean;
  /** Exclusive; milliseconds since 1970. */
  readonly beforeMs?: number;
  readonly afterMs?: number;
}

/** A search that took more is slow. */
export const SLOW_MS = 3_000;
const TRACES_MAX = 500;
/** As many vendors as there may be, with two calls each. */
const CALLS_MAX = 100;

/** The last `max` searches. */
export class TraceRing {
  readonly #max: number;
  readonly #traces: SearchTrace[] = [];
  /** Where the next one goes once it is full. */
  #next = 0;

  constructor(max = TRACES_MAX) {
    this.#max = max;
  }

  note(traces: readonly SearchTrace[] = []): void {
    for (const { calls, ...trace } of traces) {
      this.#traces[this.#next] = { ...trace, calls: calls.slice(0, CALLS_MAX) };
      this.#next = (this.#next + 1) % this.#max;
    }
  }

  /** `max` of those that pass, the newest first; with `afterMs` those that followed it, the nearest first. */
  list(filter: TraceFilter, max: number): SearchTrace[] {
    const sign = filter.afterMs === undefined ? -1 : 1;
    return this.#traces
      .filter((trace) => passes(trace, filter))
      .sort((one, other) => sign * (one.atMs - other.atMs))
      .slice(0, max);
  }
}

/** Whether a search is wanted. */
function passes(trace: SearchTrace, filter: TraceFilter): boolean {
  const { requestId, vendor, flow, isUnknown, isSlow, beforeMs, afterMs } = filter;
  if (requestId !== undefined && trace.requestId !== requestId) return false;
  if (flow !== undefined && trace.flow !== flow) return false;
  if (isUnknown === true && trace.counts.unknown === 0) return false;
  if (isSlow === true && trace.durationMs <= SLOW_MS) return false;
  if (beforeMs !== undefined && trace.atMs >= beforeMs) return false;
  if (afterMs !== undefined && trace.atMs <= afterMs) return false;
  return vendor === undefined || trace.calls.some((call) => call.vendor === vendor);
}
