// Counts what the reader dropped and repaired, by rule, with a few of the vendor's own resource ids.

import type { RuleCount } from '../answer.ts';
import type { ReadRuleId } from './elements/rules.ts';

/** Ids kept per rule: enough to find the fault, bounded whatever a vendor sends. */
const IDS_PER_RULE_MAX = 20;
const ID_LENGTH_MAX = 80;

/** Counts of one answer. */
export class Tally {
  readonly #byRule = new Map<ReadRuleId, { count: number; ids: string[] }>();

  /** `id` is the vendor's id of a Slot, Schedule or Location: never a person's. */
  add(rule: ReadRuleId, id?: string): void {
    let row = this.#byRule.get(rule);
    if (row === undefined) {
      row = { count: 0, ids: [] };
      this.#byRule.set(rule, row);
    }
    row.count += 1;
    if (id !== undefined && row.ids.length < IDS_PER_RULE_MAX) row.ids.push(id.slice(0, ID_LENGTH_MAX));
  }

  addAll(rules: readonly ReadRuleId[], id?: string): void {
    for (const rule of rules) this.add(rule, id);
  }

  rows(): RuleCount[] {
    return [...this.#byRule].map(([rule, { count, ids }]) => ({ rule, count, ids }));
  }
}
