import { expect, test } from 'vitest';
import { cpuSecondsOf, readCpuSeconds } from '../../../bench/cpu.ts';
import { frontMisses } from '../../../bench/front/front.ts';
import { type CellResult, FULL_CELLS } from '../../../bench/search.ts';
import { misses, searchTables } from '../../../bench/search-report.ts';
import { alignColumns, percentile, summarise } from '../../../bench/statistics.ts';

test('a percentile is the nearest rank, and nothing without samples', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  expect([0, 0.5, 0.95, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([1, 50, 95, 99, 100]);
  expect(percentile([7], 0.5)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});

test('samples are summarised whatever their order, and left as they are', () => {
  const samples = [30, 10, 20];
  expect(summarise(samples)).toEqual({ count: 3, meanMs: 20, p50Ms: 20, p95Ms: 30, p99Ms: 30 });
  expect(samples).toEqual([30, 10, 20]);
});

test('columns are as wide as their widest cell, numbers to the right', () => {
  const rows = [
    ['', 'p50'],
    ['a vendor', '1'],
  ];
  expect(alignColumns(rows)).toEqual(['          p50', 'a vendor    1']);
});

test('CPU time is read past a process name that holds blanks and parentheses', () => {
  const stat = '42 (a (b) c) S 1 42 42 0 -1 4194304 900 0 0 0 250 125 0 0 20 0 11 0 100 1 2';
  expect(cpuSecondsOf(stat)).toBe(3.75);
});

test('the CPU time of a process that is not there is not a number', async () => {
  expect(await readCpuSeconds(undefined)).toBeNaN();
});

test('the cells are every combination the issue asks for', () => {
  const of = (name: 'vendors' | 'slots' | 'latencyMs' | 'concurrency'): number[] => [
    ...new Set(FULL_CELLS.map((cell) => cell[name])),
  ];
  expect(FULL_CELLS.filter(({ isKnownToAll }) => isKnownToAll)).toHaveLength(24);
  const usual = FULL_CELLS.slice(0, 8);
  expect(usual.every(({ isKnownToAll, latencyMs }) => !isKnownToAll && latencyMs === 50)).toBe(true);
  expect([of('vendors'), of('slots'), of('latencyMs'), of('concurrency')]).toEqual([
    [5, 20, 1],
    [2, 20],
    [50, 0],
    [1, 16],
  ]);
});

function cellResult(p50Ratio: number, latencyMs: number, failed = 0): CellResult {
  const side = {
    count: 100,
    meanMs: 100,
    p50Ms: 100,
    p95Ms: 200,
    p99Ms: 300,
    perSecond: 10,
    bytesPerSearch: 1_000,
    failed,
    cpuS: 2,
    vendorsCpuS: 1,
  };
  const ours = { ...side, edgeCpuS: 1, relayCpuS: 1 };
  const cell = { vendors: 20, slots: 2, latencyMs, concurrency: 1, isKnownToAll: false, isFresh: false };
  return { ...cell, ours, plain: { ...side, failed: 0 }, p50Ratio, throughputRatio: 1, cpuRatio: 1 };
}

test('each budget is kept at its bound and missed past it', () => {
  const with16 = { ...cellResult(1, 50), concurrency: 16 };
  expect(misses([cellResult(1.15, 50), { ...with16, throughputRatio: 0.85, cpuRatio: 1.8 }])).toEqual([]);
  expect(misses([cellResult(1.16, 50)])).toHaveLength(1);
  expect(misses([{ ...with16, throughputRatio: 0.84 }])).toHaveLength(1);
  expect(misses([{ ...with16, cpuRatio: 1.81 }])).toHaveLength(1);
  const known = { ...with16, isKnownToAll: true };
  expect(misses([{ ...known, cpuRatio: 1.5 }])).toEqual([]);
  expect(misses([{ ...known, cpuRatio: 1.51 }])).toHaveLength(1);
  expect(misses([{ ...known, slots: 20, cpuRatio: 1.01 }])).toHaveLength(1);
  expect(misses([{ ...with16, isFresh: true, throughputRatio: 0.8, cpuRatio: 1.6 }])).toEqual([]);
  expect(misses([{ ...with16, isFresh: true, cpuRatio: 1.61 }])).toHaveLength(1);
  expect(misses([cellResult(3, 0)])).toEqual([]);
});

test.each([
  ['regulators, all hang', 500],
  ['regulators/login, all hang', 500],
  ['a lot, one vendor hangs', 5_000],
  ['one practitioner', 1_000],
])('%s may take %d ms at p99', (name, p99Ms) => {
  const call = { name, count: 100, meanMs: 1, p50Ms: 1, p95Ms: 1, p99Ms, failed: 0 };
  expect(frontMisses([call])).toEqual([]);
  expect(frontMisses([{ ...call, p99Ms: p99Ms + 1 }])).toHaveLength(1);
  expect(frontMisses([{ ...call, failed: 1 }])).toHaveLength(1);
});

test('an answer that is not whole is a miss of its own', () => {
  expect(misses([cellResult(1, 50, 2)])).toEqual([
    '20 vendors, 2 slots, 50 ms, x1, each at one: 2 answers were not whole',
  ]);
});

test('the tables name their units and have one line per cell', () => {
  const lines = searchTables([cellResult(1, 50), cellResult(1, 0)]);
  expect(lines.filter((line) => line.startsWith('20 vendors'))).toHaveLength(4);
  expect(lines.join('\n')).toContain('CPU seconds per 1,000 searches');
});
