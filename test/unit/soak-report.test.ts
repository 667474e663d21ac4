// The pure parts of the soak: what it reads of metrics, and when it says that memory grows or a count is not back.

import { expect, test } from 'vitest';
import { judgeCounts, judgeLoad, judgeMemory } from '../../bench/soak-report.ts';
import { type Counts, growthPerMinute, type Sample, sumOf } from '../../bench/soak-watch.ts';

const COUNTS: Counts = {
  edgeSockets: 8,
  relaySockets: 4,
  hubSearches: 0,
  relaySearches: 0,
  pendingCalls: 0,
  vendorRequests: 0,
  vendorQueue: 0,
  relayTimers: 2,
};
const every5s = (minutes: number, value: (atS: number) => number) =>
  Array.from({ length: minutes * 12 }, (_, i) => ({ atS: i * 5, value: value(i * 5) }));

test('a metric is summed over its labels, or those asked, and not mistaken for a longer name', () => {
  const metrics = '# HELP a_b text\na_b{type="x"} 2\na_b{type="y",z="1"} 3.5\na_b_total 100\na_c 7\n';
  expect(sumOf(metrics, 'a_b')).toBe(5.5);
  expect(sumOf(metrics, 'a_b', 'type="y"')).toBe(3.5);
  expect(sumOf(metrics, 'a_c')).toBe(7);
  expect(sumOf(metrics, 'a_d')).toBe(0);
});

test('growth is read past the teeth of a saw', () => {
  const saw = (atS: number): number => (atS % 30) * 4;
  expect(growthPerMinute(every5s(10, (atS) => 100 + saw(atS)))).toBeCloseTo(0, 1);
  expect(growthPerMinute(every5s(10, (atS) => 100 + saw(atS) + atS / 20))).toBeCloseTo(3, 0);
});

test('growth is that of the second half: what fills up first is no leak', () => {
  expect(growthPerMinute(every5s(10, (atS) => Math.min(atS, 290)))).toBeCloseTo(0, 5);
  expect(growthPerMinute(every5s(10, (atS) => Math.max(0, atS - 290)))).toBeGreaterThan(50);
});

test('memory within its bounds is kept, past one of them is named', () => {
  const samples = (relayHeapPerMinute: number): Sample[] =>
    every5s(10, (atS) => 50 + (atS / 60) * relayHeapPerMinute).map(({ atS, value }) => ({
      atS,
      counts: COUNTS,
      memory: { edgeRssMb: 300, relayRssMb: 200, relayHeapMb: value },
    }));
  expect(judgeMemory(samples(0.1)).problems).toEqual([]);
  expect(judgeMemory(samples(20)).problems).toEqual([expect.stringContaining('relayHeapMb')]);
});

test('counts may end below their start, not above', () => {
  expect(judgeCounts(COUNTS, { ...COUNTS, edgeSockets: 7 })).toEqual([]);
  expect(judgeCounts(COUNTS, { ...COUNTS, relayTimers: 3, pendingCalls: 1 })).toHaveLength(2);
});

test('a search that failed or came late is a problem, and so is a soak that tried nothing', () => {
  const well = { asked: 9, answered: 5, progressive: 1, left: 3, partial: 1, late: 0, failed: 0 };
  expect(judgeLoad(well, [])).toEqual([]);
  expect(judgeLoad({ ...well, failed: 1 }, ['500'])).toEqual(['1 searches failed: 500']);
  expect(judgeLoad({ ...well, late: 2 }, [])).toHaveLength(1);
  expect(judgeLoad({ ...well, left: 0 }, [])).toHaveLength(1);
});
