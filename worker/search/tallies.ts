// What a search teaches of its vendors' slots, counted after the Worker's own selection. Pure.

import type { RuleCount } from '../../shared/sas/answer.ts';
import type { CallTally } from '../hub/reach/calls.ts';
import type { Answers } from './answers.ts';
import type { HiddenSlots } from './selection.ts';

/** What one search teaches of each vendor's slots: received = shown + dropped, counted after the Worker's own selection. */
export function tallySearch(answers: Answers, hidden: readonly HiddenSlots[]): CallTally[] {
  const tallies = new Map<
    string,
    { received: number; shown: number; dropped: RuleCount[]; repaired: RuleCount[] }
  >();
  for (const { call, answer, isShared } of answers.results) {
    // The search that made a shared call counts it; a kept answer was counted when it came, and received nothing.
    if (answer === undefined || isShared === true) continue;
    if (answer.received === 0 && answer.repaired.length === 0) continue;
    const row = tallies.get(call.vendor) ?? { received: 0, shown: 0, dropped: [], repaired: [] };
    tallies.set(call.vendor, row);
    row.received += answer.received;
    row.shown += answer.shown;
    row.dropped.push(...answer.dropped);
    row.repaired.push(...answer.repaired);
  }
  for (const { vendor, rule, count, isShared } of hidden) {
    const row = tallies.get(vendor);
    if (row === undefined || isShared) continue;
    row.shown -= count;
    row.dropped.push({ rule, count, ids: [] });
  }
  return [...tallies].map(([vendor, row]) => ({ vendor, ...row }));
}
