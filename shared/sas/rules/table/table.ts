// Every rule of the validators, by id. `RuleId` is the closed union of the ids: a typo does not compile.
// scripts/rule-table.ts prints it, with the reader's rules, as docs/rules.md. No I/O, no clock.

import { BUNDLE_RULES } from './bundle.ts';
import { DIRECTORY_RULES } from './directory.ts';
import { R4_RULES } from './r4.ts';
import type { Rule } from './rule.ts';
import { SLOT_RULES } from './slot.ts';
import { WRITE_RULES } from './write.ts';

export const RULES = {
  ...R4_RULES,
  ...SLOT_RULES,
  ...DIRECTORY_RULES,
  ...BUNDLE_RULES,
  ...WRITE_RULES,
} as const;

export type RuleId = keyof typeof RULES;

/** The rule of this id; there is always one. */
export function ruleOf(id: RuleId): Rule {
  return RULES[id];
}

/** The rule's sentence and, where the finding knows it, the value that was expected. */
export function describeFinding({
  rule,
  expected,
}: {
  readonly rule: RuleId;
  readonly expected?: string;
}): string {
  return expected === undefined ? RULES[rule].text : `${RULES[rule].text} Attendu : ${expected}`;
}
