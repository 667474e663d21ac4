// The pure parts of the soak: what it reads of metrics, and when it says that memory grows or a count is not back.

import { expect, test } from 'vitest';
import { judgeCounts, judgeLoad, judgeMemory } from '../../../bench/soak/report.ts';
import { type Counts, sumOf } from '../../../bench/soak/watch.ts';

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

test('a metric is summed over its labels, or those asked, and not mistaken for a longer name', () => {
  const metrics = '# HELP a_b text\na_b{type="x"} 2\na_b{type="y",z="1"} 3.5\na_b_total 100\na_c 7\n';
  expect(sumOf(metrics, 'a_b')).toBe(5.5);
  expect(sumOf(metrics, 'a_b', 'type="y"')).toBe(3.5);
  expect(sumOf(metrics, 'a_c')).toBe(7);
  expect(sumOf(metrics, 'a_d')).toBe(0);
});

test('memory that the second half adds to is named, by what it adds in a minute', () => {
  const half = { atS: 300, edgeHeapMb: 15, relayHeapMb: 100, edgeRssMb: 500, relayRssMb: 600 };
  expect(judgeMemory(half, { ...half, atS: 600, edgeHeapMb: 16, edgeRssMb: 590 })).toEqual([]);
  expect(judgeMemory(half, { ...half, atS: 600, edgeHeapMb: 20 })).toEqual([
    'edgeHeapMb grew by 1.00 MB a minute, bound 0.5',
  ]);
  expect(judgeMemory(half, { ...half, atS: 600, relayHeapMb: 150, relayRssMb: 800 })).toHaveLength(2);
});

test('counts may end below their start, not above', () => {
  expect(judgeCounts(COUNTS, { ...COUNTS, edgeSockets: 7 })).toEqual([]);
  expect(judgeCounts(COUNTS, { ...COUNTS, relayTimers: 3, pendingCalls: 1 })).toHaveLength(2);
});

test('a search that failed or came late is a problem, and so is a soak that tried nothing', () => {
  const well = { asked: 9, answered: 5, progressive: 1, left: 3, partial: 1, late: 0, failed: 0 };
  expect(judgeLoad(well, [])).toEqual([]);
  expect(judgeLoad({ ...well, failed: 1 }, ['500'])).toEqual(['1 searches failed: 500']);
  expect(judgeLoad({ ...well, answered: 200, late: 2 }, [])).toEqual([]);
  expect(judgeLoad({ ...well, answered: 200, late: 3 }, [])).toHaveLength(1);
  expect(judgeLoad({ ...well, left: 0 }, [])).toHaveLength(1);
});
