// What one search teaches of its vendors' slots: received = shown + dropped, counted after the edge's own look.

import type { RuleCount } from '../../shared/sas/answer.ts';
import type { CallTally } from '../hub/hub-calls.ts';
import type { Answers } from './answers.ts';
import type { HiddenSlots } from './selection.ts';

export function tallySearch(answers: Answers, hidden: readonly HiddenSlots[]): CallTally[] {
  const tallies = new Map<
    string,
    { received: number; shown: number; dropped: RuleCount[]; repaired: RuleCount[] }
  >();
  for (const { call, answer, isShared } of answers.results) {
    // Who made a shared call counts it; what was kept has been counted, and received nothing.
    if (answer === undefined || isShared === true) continue;
    if (answer.received === 0 && answer.repaired.length === 0) continue;
    const row = tallies.get(call.editor) ?? { received: 0, shown: 0, dropped: [], repaired: [] };
    tallies.set(call.editor, row);
    row.received += answer.received;
    row.shown += answer.shown;
    row.dropped.push(...answer.dropped);
    row.repaired.push(...answer.repaired);
  }
  for (const { editor, rule, count, isShared } of hidden) {
    const row = tallies.get(editor);
    if (row === undefined || isShared) continue;
    row.shown -= count;
    row.dropped.push({ rule, count, ids: [] });
  }
  return [...tallies].map(([editor, row]) => ({ editor, ...row }));
}
