// The sentence and page of a rule of the reader, for ledger, explanations and figures.

import { READ_RULES } from '../../shared/sas/read/rules.ts';

export interface RuleDescription {
  readonly rule: string;
  readonly text: string;
  readonly page: string;
}

/** A rule of a newer relay is told by its id. */
export function describeRule(rule: string): RuleDescription {
  const known = Object.hasOwn(READ_RULES, rule) ? READ_RULES[rule as keyof typeof READ_RULES] : undefined;
  return { rule, text: known?.text ?? rule, page: known?.page ?? '' };
}
