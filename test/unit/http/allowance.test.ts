// The brake on callers: what each source may do, what comes back with time, and how many sources are remembered.
import { expect, it } from 'vitest';
import { createAllowance } from '../../../worker/base/allowance.ts';

const NOW = Date.UTC(2026, 10, 30, 9);
const SOURCES_MAX = 5_000;
const FORGOTTEN = 500;

it('lets each source do so much at once, then one after each time', () => {
  const allowance = createAllowance({ max: 2, everyMs: 1_000 });
  const spend = (source: string, ms: number): boolean => allowance.spend(source, NOW + ms);
  expect([spend('a', 0), spend('a', 0), spend('a', 0)]).toEqual([true, true, false]);
  expect([spend('b', 0), spend('b', 0), spend('b', 0)]).toEqual([true, true, false]);
  expect([spend('a', 999), spend('a', 1_000), spend('a', 1_001)]).toEqual([false, true, false]);
  allowance.giveBack('a');
  allowance.giveBack('stranger');
  expect([spend('a', 1_001), spend('a', 1_001), spend('b', 1_001), spend('b', 1_001)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});

it('remembers a bounded number of sources, and forgets those first that have spent least', () => {
  const allowance = createAllowance({ max: 2, everyMs: 60_000 });
  expect([allowance.spend('heavy', NOW), allowance.spend('heavy', NOW)]).toEqual([true, true]);
  for (let at = 1; at < SOURCES_MAX; at += 1) allowance.spend(`source-${at}`, NOW);
  const remembered = (nowMs: number): number => allowance.mostSpent(2 * SOURCES_MAX, nowMs).length;
  expect(remembered(NOW)).toBe(SOURCES_MAX);
  allowance.spend('one too many', NOW);
  expect(remembered(NOW)).toBe(SOURCES_MAX - FORGOTTEN + 1);
  expect(allowance.spend('heavy', NOW)).toBe(false);
  for (let at = 0; at < 3 * SOURCES_MAX; at += 1) allowance.spend(`crowd-${at}`, NOW);
  expect(remembered(NOW)).toBeLessThanOrEqual(SOURCES_MAX);
  expect(allowance.spend('heavy', NOW)).toBe(false);
  expect(allowance.mostSpent(1, NOW)).toEqual([['heavy', 2]]);
});

it('is taken up where another left it', () => {
  const [before, after] = [1, 2].map(() => createAllowance({ max: 2, everyMs: 1_000 }));
  for (let turn = 0; turn < 2; turn += 1) before?.spend('a', NOW);
  before?.spend('b', NOW);
  after?.restore(before?.mostSpent(10, NOW) ?? [], NOW);
  expect(['a', 'b', 'b'].map((source) => after?.spend(source, NOW))).toEqual([false, true, false]);
  after?.restore([['c', 99]], NOW);
  expect([after?.spend('c', NOW + 999), after?.spend('c', NOW + 1_000)]).toEqual([false, true]);
});
