// What became of one call to one vendor, as search, ledger and memory read it; and what of an answer cannot be taken as the
// whole truth. Pure.

import type { VendorBound } from '../../shared/failure.ts';
import type { CallAnswer, Doubt } from '../../shared/sas/answer.ts';
import type { AskedCall } from './memory/plan.ts';
import type { CallFailure } from './reach/calls.ts';

/**
 * Why a vendor's answer proves no "none". `unusable`: part of it was not understood; `incomplete`: the vendor says, or
 * shows, that part of it is missing; `undeclared`: it speaks of somebody who does not declare it, `declarations-unread`: or
 * may. Which subjects that part may concern: shared/sas/read/doubts.ts.
 */
export type LedgerFailure = CallFailure | 'unusable' | 'incomplete' | 'undeclared' | 'declarations-unread';

/** One call to one vendor and what became of it. Times in milliseconds since 1970. */
export interface CallResult {
  readonly call: AskedCall;
  /** `sinceMs`: since when, where the failure itself says so. */
  readonly failure?: {
    readonly reason: LedgerFailure;
    readonly bound?: VendorBound;
    readonly status?: number;
    readonly sinceMs?: number;
  };
  /** Holds only subjects that the call asks for. Present also with a failure, when part of the answer came before. */
  readonly answer?: CallAnswer;
  /** When the answer arrived at the Worker: present on an answer of this search. */
  readonly arrivedMs?: number;
  /** When the vendor gave the answer: present on a kept answer. */
  readonly saidMs?: number;
  /** Another search made the call, notes what it brought and keeps it. */
  readonly isShared?: boolean;
}

/** Rules that drop a slot because it could not be read. A relay of an older version names them and no doubts. */
const UNREADABLE = new Set([
  'slot-dates-unreadable',
  'slot-end-not-after-start',
  'slot-schedule-unresolved',
  'slot-holder-unresolved',
  'slot-site-unresolved',
  'site-address-incomplete',
  'slot-cpts-unresolved',
  'slot-not-conformant',
]);

/** What of an answer was not understood, and which subjects that may concern. */
export function doubtsOf({ doubts, dropped }: CallAnswer): readonly Doubt[] {
  return doubts ?? dropped.filter(({ rule }) => UNREADABLE.has(rule)).map(({ rule }) => ({ rule }));
}

/** Why a vendor's answer on one of the subjects asked is not the whole truth; undefined when it is. */
export function failureOf({ failure, answer }: CallResult, subject: string): LedgerFailure | undefined {
  if (failure !== undefined) return failure.reason;
  const doubt = answer && doubtsOf(answer).find((one) => isAbout(one, subject));
  return doubt && reasonOf(doubt);
}

/** A doubt without subjects concerns every subject of the call. */
export function isAbout({ subjects }: Doubt, subject: string): boolean {
  return subjects === undefined || subjects.includes(subject);
}

/** The failure that a doubt is told as. */
export function reasonOf({ rule }: Doubt): LedgerFailure {
  if (rule === 'slot-over-limit') return 'too-large';
  if (rule === 'slot-undeclared') return 'undeclared';
  if (rule === 'slot-declarations-unread') return 'declarations-unread';
  return rule === 'answer-incomplete' ? 'incomplete' : 'unusable';
}
