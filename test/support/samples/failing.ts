// Every failing sample, for tests that go over all of them.
import type { FailingSample } from './edit.ts';
import { FAILING_BUNDLE } from './failing/bundle.ts';
import { FAILING_DIRECTORY } from './failing/directory.ts';
import { FAILING_R4 } from './failing/r4.ts';
import { FAILING_SLOT } from './failing/slot.ts';
import { FAILING_WRITE } from './failing/write.ts';

export const FAILING: ReadonlyMap<string, FailingSample> = new Map(
  [FAILING_R4, FAILING_SLOT, FAILING_DIRECTORY, FAILING_BUNDLE, FAILING_WRITE].flatMap((samples) =>
    Object.entries(samples),
  ),
);

export function ruleIn(title: string): string {
  return /^\[([a-z0-9-]+)\]/.exec(title)?.[1] ?? '';
}
