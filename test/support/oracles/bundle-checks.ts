// What every Bundle that leaves the edge must keep, whatever came in: judged by the guide's rules, references
// resolve, ids cannot collide, total counts slots, every identifier asked has exactly one state.

import type { Bundle, Slot } from 'fhir/r4';
import { expect } from 'vitest';
import type { Flow } from '../../../shared/sas/query.ts';
import { judgeBundle } from '../../../shared/sas/rules/bundle.ts';
import { ruleOf } from '../../../shared/sas/rules/table/table.ts';
import type { SearchAnswer, SearchWindow } from '../scenes/system.ts';

export interface Asked {
  readonly flow: Flow;
  readonly subjects: readonly string[];
  readonly window: SearchWindow;
}

/** Rules of severity error that the Bundle breaks, as `rule at expression`. */
export function errorsOf(bundle: Bundle, asked: Asked): string[] {
  const window = { fromMs: Date.parse(asked.window.from), toMs: Date.parse(asked.window.to) };
  return judgeBundle(bundle, asked.flow, { window, subjects: asked.subjects, isMerged: true })
    .filter(({ rule }) => ruleOf(rule).severity === 'error')
    .map(({ rule, expression }) => `${rule} at ${expression}`);
}

export function expectConformant(answer: SearchAnswer, asked: Asked): void {
  expect(answer.status).toBe(200);
  expect(answer.headers.get('Content-Type')).toBe('application/fhir+json; charset=utf-8');
  const bundle = answer.bundle;
  expect(errorsOf(bundle, asked)).toEqual([]);
  expect(bundle.total).toBe(answer.resources<Slot>('Slot').length);
  expectStates(answer, asked.subjects);
}

/** An empty Bundle without ledger says that everybody answered and nobody has a slot. */
function expectStates(answer: SearchAnswer, subjects: readonly string[]): void {
  const counts = /slots=(\d+), none=(\d+), unknown=(\d+), not-interfaced=(\d+)(?:, switched-off=(\d+))?/.exec(
    answer.headers.get('X-Passerelle-Ledger') ?? '',
  );
  const [slots = 0, none = 0, unknown = 0, apart = 0, off = 0] = (counts?.slice(1) ?? []).map((count) =>
    Number(count ?? 0),
  );
  expect(slots + none + unknown + apart + off).toBe(subjects.length);
  if (answer.bundle.entry === undefined) expect(none).toBe(subjects.length);
  else expect([...answer.states.keys()].sort()).toEqual([...subjects].sort());
}
