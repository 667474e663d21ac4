// "None needs proof": a vendor's answer counts as "none" for somebody only if every part of it was understood. Whatever
// is dropped for not being understood is a doubt: about the person whose it is where that can be told, else about all
// who were asked in the call; the edge says "unknown" of them unless it shows a slot of theirs, and keeps nothing of
// them. What is understood and rightly not shown (busy, outside the window, somebody else's, another flow's kind, out of
// use) is no doubt. docs/ledger.md.

import type { Doubt } from '../answer.ts';
import type { ReadRuleId } from './elements/rules.ts';

/** Whom it may be about; `anybody`: all who were asked. Nobody: it is understood. */
export type Concern = readonly string[] | 'anybody';

export const NOBODY: Concern = [];

/** Why something is not shown, and whom that leaves unknown. */
export interface Refusal {
  readonly rule: ReadRuleId;
  readonly concern: Concern;
}

/** A part that is not shown, and about whom that leaves a doubt. */
export function refuse(rule: ReadRuleId, concern: Concern): Refusal {
  return { rule, concern };
}

/** The doubts of one answer, by rule. */
export class Doubts {
  readonly #byRule = new Map<ReadRuleId, Set<string> | 'anybody'>();

  add({ rule, concern }: Refusal): void {
    const known = this.#byRule.get(rule);
    if (known === 'anybody' || concern.length === 0) return;
    if (concern === 'anybody') this.#byRule.set(rule, concern);
    else if (known === undefined) this.#byRule.set(rule, new Set(concern));
    else for (const subject of concern) known.add(subject);
  }

  rows(): Doubt[] {
    return [...this.#byRule].map(([rule, about]) =>
      about === 'anybody' ? { rule } : { rule, subjects: [...about] },
    );
  }
}
