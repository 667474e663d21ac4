// A failing sample is a valid one with one small edit: paths and their new values. The key of a row is the
// title of its test and starts with the rule that it breaks, in brackets: scripts/rule-table.ts reads that.

import type { BundleOptions } from '../../../shared/sas/rules/bundle-graph.ts';
import type { RuleId } from '../../../shared/sas/rules/table/table.ts';
import type { SubjectName } from './subjects.ts';
import type { Sample } from './valid/resources.ts';

export interface FailingSample {
  readonly subject: SubjectName;
  /** Path to new value; `undefined` removes the element. */
  readonly edits: Readonly<Record<string, unknown>>;
  /** Other errors that the edit cannot avoid, because one rule implies the other. */
  readonly also: readonly RuleId[];
  readonly options: BundleOptions | undefined;
}

export type FailingSamples = Readonly<Record<`[${RuleId}] ${string}`, FailingSample>>;

export function edit(
  subject: SubjectName,
  edits: Readonly<Record<string, unknown>>,
  more: { readonly also?: readonly RuleId[]; readonly options?: BundleOptions } = {},
): FailingSample {
  return { subject, edits, also: more.also ?? [], options: more.options };
}

/** Sets or removes what is at `path`, e.g. `serviceType[0].coding[0].code`. The parents exist. */
export function apply(sample: Sample, path: string, value: unknown): void {
  const steps = path.split(/[.[\]]+/).filter((step) => step !== '');
  const last = steps.pop() ?? '';
  let parent: Sample = sample;
  for (const step of steps) parent = parent[step] as Sample;
  if (value === undefined && Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (value === undefined) delete parent[last];
  else parent[last] = value;
}
