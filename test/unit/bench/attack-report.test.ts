// What the run under attack judges: ordinary traffic beside attackers against the same beside harmless partners.

import { expect, test } from 'vitest';
import { emptySamples, judgeSamples, type Samples, tableOf } from '../../../bench/soak/attack-report.ts';

const times = (ms: number, count = 200): number[] => Array.from({ length: count }, () => ms);
const samples = (partsMs: number[], wholeMs: number[], bookingsMs: number[]): Samples => ({
  partsMs,
  wholeMs,
  bookingsMs,
});

const sound = {
  quiet: samples(times(50), times(60), times(10)),
  attacked: samples(times(140), times(7_000), times(29)),
  busy: samples(times(100), times(110), times(20)),
};

test('what ordinary vendors bring is weighed against harmless partners, and a whole answer is not judged', () => {
  expect(judgeSamples(sound)).toEqual([]);
  const slow = { ...sound, attacked: samples(times(151), times(110), times(31)) };
  expect(judgeSamples(slow)).toEqual([
    "ordinary vendors' parts: p99 ratio 1.51, bound 1.5",
    'appointments: p99 ratio 1.55, bound 1.5',
  ]);
});

test('a part that never came is late in any case, also when it is missing beside harmless partners as well', () => {
  const never = [...times(100, 190), ...times(Number.POSITIVE_INFINITY, 10)];
  const attacked = { ...sound, attacked: { ...sound.attacked, partsMs: never } };
  expect(judgeSamples(attacked)).toEqual(["ordinary vendors' parts: p99 ratio Infinity, bound 1.5"]);
  const both = { ...attacked, busy: { ...sound.busy, partsMs: never } };
  expect(judgeSamples(both)).toEqual(["ordinary vendors' parts: p99 ratio NaN, bound 1.5"]);
});

test('a run without samples keeps no bound', () => {
  expect(judgeSamples(emptySamples())).toHaveLength(2);
});

test('the table tells both ratios, to harmless partners and to quiet', () => {
  const [head = '', parts = ''] = tableOf(sound);
  expect(head.split(/\s{2,}/)).toEqual([
    '',
    ...['quiet', 'p50 ms', 'p99 ms', 'attacked', 'p50 ms', 'p99 ms', 'busy', 'p50 ms', 'p99 ms'],
    ...['p99 to busy', 'to quiet'],
  ]);
  expect(parts.split(/\s{2,}/).slice(1)).toEqual([
    ...['200', '50', '50', '200', '140', '140', '200', '100', '100'],
    ...['1.40', '2.80'],
  ]);
});
