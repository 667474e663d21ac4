// When a vendor request may be tried again, and how many may be.

import { expect, test } from 'vitest';
import { mayHelp } from '../../../relay/search/call-pages.ts';
import { RETRY_BURST, RetryBudget } from '../../../relay/search/retry-budget.ts';
import type { VendorFailure } from '../../../shared/failure.ts';

test.each([
  [{ reason: 'reset' }],
  [{ reason: 'reset', status: 200 }],
  [{ reason: 'reset', isStale: true }],
  [{ reason: 'connect', code: 'ECONNREFUSED' }],
  [{ reason: 'connect', code: 'EAI_AGAIN' }],
  [{ reason: 'error', status: 502 }],
  [{ reason: 'error', status: 504 }],
  [{ reason: 'busy', status: 503 }],
] as const)('a second try may mend %j', (failure) => {
  expect(mayHelp(failure)).toBe(true);
});

test.each([
  [{ reason: 'error', status: 500 }],
  [{ reason: 'error', status: 501 }],
  [{ reason: 'error', status: 502, retryAfterS: 1 }],
  [{ reason: 'busy', status: 503, retryAfterS: 0 }],
  [{ reason: 'busy', status: 429 }],
  [{ reason: 'connect', code: 'timeout' }],
  [{ reason: 'connect', code: 'ENOTFOUND' }],
  [{ reason: 'connect', code: 'EMFILE' }],
] as const)('a second try does not mend %j', (failure) => {
  expect(mayHelp(failure)).toBe(false);
});

const never: readonly VendorFailure[] = [
  'timeout',
  'tls',
  'certificate',
  'refused',
  'redirect',
  'not-json',
  'too-deep',
  'too-large',
  'too-many-entries',
  'overloaded',
  'internal',
];
test.each(never)('a second try does not mend %s', (reason) => {
  expect(mayHelp({ reason, status: 502, code: 'ECONNREFUSED' })).toBe(false);
});

function spendAll(budget: RetryBudget, nowMs: number): number {
  let spent = 0;
  while (budget.spend(nowMs)) spent += 1;
  return spent;
}

test('a process that just began may try again a few times', () => {
  expect(spendAll(new RetryBudget(0), 0)).toBe(RETRY_BURST);
});

test('ten first requests earn one second try, and no more are saved than the burst', () => {
  const budget = new RetryBudget(0);
  spendAll(budget, 0);
  for (let request = 0; request < 9; request += 1) budget.earn();
  expect(budget.spend(0)).toBe(false);
  for (let request = 0; request < 2; request += 1) budget.earn();
  expect(budget.spend(0)).toBe(true);
  for (let request = 0; request < 100_000; request += 1) budget.earn();
  expect(spendAll(budget, 0)).toBe(RETRY_BURST);
});

test('vendors that all fail get a tenth more requests, not twice as many', () => {
  const budget = new RetryBudget(0);
  let second = 0;
  for (let first = 0; first < 5000; first += 1) {
    budget.earn();
    // A hundred a second.
    if (budget.spend(first * 10)) second += 1;
  }
  expect(second).toBeGreaterThanOrEqual(500);
  expect(second).toBeLessThanOrEqual(500 + RETRY_BURST + 10);
});

test('a relay that asks nothing earns one second try every five seconds', () => {
  const budget = new RetryBudget(1000);
  spendAll(budget, 1000);
  expect(budget.spend(5900)).toBe(false);
  expect(budget.spend(6100)).toBe(true);
  expect(budget.spend(6100)).toBe(false);
});
