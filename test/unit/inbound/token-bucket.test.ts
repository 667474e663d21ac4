import { expect, test } from 'vitest';
import { TokenBucket } from '../../../shared/token-bucket.ts';

test('gives the burst at once, then one place each interval, and says how long the next takes', () => {
  const bucket = new TokenBucket(2, 3, 1000);
  expect([1000, 1000, 1000, 1000, 1250, 1375].map((nowMs) => bucket.take(nowMs))).toEqual([
    0, 0, 0, 500, 250, 125,
  ]);
  expect([1500, 1500].map((nowMs) => bucket.take(nowMs))).toEqual([0, 500]);
});

test('never holds more than the burst', () => {
  const bucket = new TokenBucket(1000, 2, 0);
  expect([60_000, 60_000, 60_000].map((nowMs) => bucket.take(nowMs))).toEqual([0, 0, 1]);
});
