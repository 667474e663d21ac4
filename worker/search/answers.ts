// What a search has in hand once vendors were asked: which were asked, and what each answered. Types only.

import type { CallResult } from '../hub/call-result.ts';
import type { SkippedQuestions } from '../hub/memory/plan.ts';
import type { HubPlan } from '../hub/memory/search-memory.ts';
import type { FailingSince, HubOutcome } from '../hub/reach/calls.ts';
import type { HubFailureReason } from '../hub/reach/failure.ts';

/** Which vendors a search asked, and what each answered, now or a moment ago (kept answers). */
export interface Answers {
  readonly vendors: readonly AskedVendor[];
  /** Vendors that serve the flow and were not asked: the operator switched them off. Absent: none. */
  readonly switchedOff?: readonly AskedVendor[];
  readonly results: readonly CallResult[];
  /** Questions that learned routing left out: so many vendors were not asked for so many subjects. */
  readonly skipped: SkippedQuestions;
  /** What crossed the link for this search's own calls, characters. */
  readonly linkBytes: number;
}

/** What the hub brought of one search. */
export interface Asked {
  readonly plan: HubPlan;
  /** One per call, in the order of the calls. */
  readonly results: readonly CallResult[];
  readonly failing: FailingSince;
  /** What crossed the link for calls of this search's own, characters. */
  readonly linkBytes: number;
  readonly ended: SearchEnd;
}

/** `late`: the hub did not end the search in time; or why the hub itself failed in mid-search. */
export type SearchEnd = Exclude<HubOutcome['kind'], 'throttled'> | 'late' | HubFailureReason;

/** A vendor of this search, as the ledger names it. */
export interface AskedVendor {
  readonly id: string;
  readonly name: string;
  /** Since when every call to it has failed, milliseconds; absent when the last one went well. */
  readonly failingSinceMs?: number;
  /** When the maintenance that it has declared ends, milliseconds; absent: it is in none. */
  readonly maintenanceUntilMs?: number;
}
