// What `Prefer: return=OperationOutcome` adds to the ledger: per vendor, slots received, shown and dropped, and one
// issue per rule that dropped or repaired something. docs/ledger.md.

import type { Issue } from '../../shared/fhir/operation-outcome.ts';
import type { RuleCount } from '../../shared/sas/answer.ts';
import { READ_RULES } from '../../shared/sas/read/elements/rules.ts';
import type { Answers } from './answers.ts';
import type { HiddenSlots } from './selection.ts';

const IDS_SHOWN = 20;

/** One issue per vendor that sent slots, then one per rule that dropped or repaired some of them. */
export function ruleIssues({ vendors, results }: Answers, hidden: readonly HiddenSlots[]): Issue[] {
  return vendors.flatMap(({ id, name }) => {
    const answers = results.flatMap(({ call, answer }) => (call.vendor === id && answer ? [answer] : []));
    const received = answers.reduce((sum, answer) => sum + answer.received, 0);
    const here = hidden
      .filter(({ vendor }) => vendor === id)
      .map(({ rule, count }) => ({ rule, count, ids: [] }));
    const kept = answers.reduce((sum, answer) => sum + answer.shown, 0);
    const shown = kept - here.reduce((sum, { count }) => sum + count, 0);
    if (received === 0) return [];
    const dropped = gather([...answers.map((answer) => answer.dropped), here]);
    const repaired = gather(answers.map((answer) => answer.repaired));
    return [
      {
        severity: 'information' as const,
        code: 'informational',
        reason: 'received',
        text: `${name} : ${received} créneaux reçus, ${shown} affichés, ${received - shown} écartés.`,
        diagnostics: `editor=${id} received=${received} shown=${shown} dropped=${received - shown}`,
      },
      ...dropped.map((row) => toIssue(id, name, 'dropped', row)),
      ...repaired.map((row) => toIssue(id, name, 'repaired', row)),
    ];
  });
}

function gather(lists: readonly (readonly RuleCount[])[]): RuleCount[] {
  const rows = new Map<string, { count: number; ids: string[] }>();
  for (const { rule, count, ids } of lists.flat()) {
    const row = rows.get(rule) ?? { count: 0, ids: [] };
    rows.set(rule, row);
    row.count += count;
    row.ids.push(...ids);
  }
  return [...rows].map(([rule, { count, ids }]) => ({ rule, count, ids: ids.slice(0, IDS_SHOWN) }));
}

function toIssue(vendor: string, name: string, reason: 'dropped' | 'repaired', row: RuleCount): Issue {
  const { text, page } = describeRule(row.rule);
  return {
    severity: reason === 'dropped' ? 'warning' : 'information',
    code: reason === 'dropped' ? 'business-rule' : 'informational',
    reason,
    text: `${name}, ${row.count} fois : ${text}`,
    diagnostics: `editor=${vendor} rule=${row.rule} page=${page} count=${row.count} ids=${row.ids.map(encodeURIComponent).join(',')}`,
  };
}

/** A rule of the reader, for ledger, explanations and figures. */
export interface RuleDescription {
  readonly rule: string;
  readonly text: string;
  readonly page: string;
}

/** The sentence and page of a rule; a rule of a newer relay is told by its id. */
export function describeRule(rule: string): RuleDescription {
  const known = Object.hasOwn(READ_RULES, rule) ? READ_RULES[rule as keyof typeof READ_RULES] : undefined;
  return { rule, text: known?.text ?? rule, page: known?.page ?? '' };
}
