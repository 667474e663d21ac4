// One drawn answer, read by the gateway and by the second reader, and what they disagree about.

import { judge, type OracleQuestion } from '../oracles/none/oracle.ts';
import { faultsOf } from '../oracles/none/shown.ts';
import type { DrawnCase } from '../samples/vendor-answers/draw.ts';
import type { Door, State } from './answer-door.ts';

export interface Tried {
  readonly states: ReadonlyMap<string, State>;
  readonly faults: readonly string[];
  /** Those whom the second reader clears. */
  readonly cleared: readonly string[];
}

export async function tryCase(door: Door, drawn: DrawnCase): Promise<Tried> {
  const { flow, subjects, pages } = drawn;
  const nowMs = Date.now();
  const question: OracleQuestion = {
    flow,
    subjects,
    nowMs,
    fromMs: nowMs,
    toMs: nowMs + 3 * 24 * 3_600_000,
    baseUrl: door.baseUrl,
  };
  const { reasons, hours } = judge(pages, question);
  const shown = await door.ask(pages, question);
  const faults = faultsOf(shown, hours);
  for (const [subject, state] of shown.states)
    if (state === 'none' && reasons.has(subject))
      faults.push(`${subject} is "none" for want of ${reasons.get(subject)?.join(', ')}`);
  return { states: shown.states, faults, cleared: subjects.filter((subject) => !reasons.has(subject)) };
}
