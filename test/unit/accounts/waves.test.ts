// Which withdrawals wait for an operator, and until when: each bound from both sides. docs/accounts.md § 4.
import { describe, expect, it } from 'vitest';
import { callerKey, isReleased, kindOf, WITHDRAWAL_KINDS } from '../../../worker/accounts/model/wave.ts';
import { CLOCK_SKEW_MS } from '../../../worker/base/clock.ts';

const NOW = Date.UTC(2026, 10, 30, 9);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('a withdrawal', () => {
  it.each([
    [false, NOW, 'unknown'],
    [false, undefined, 'unknown'],
    [true, undefined, 'account'],
    [true, NOW - HOUR_MS, 'account'],
    [true, NOW - HOUR_MS + 1, 'recent'],
    [true, NOW, 'recent'],
    [true, NOW + CLOCK_SKEW_MS, 'recent'],
    [true, NOW + CLOCK_SKEW_MS + 1, 'account'],
  ] as const)('with an account: %s, granted at %s: %s', (hasAccount, grantedMs, expected) => {
    expect(kindOf(hasAccount, grantedMs, NOW, HOUR_MS)).toBe(expected);
  });

  it('is of one of these kinds', () => {
    expect([...WITHDRAWAL_KINDS].sort()).toEqual(['account', 'recent', 'unknown']);
  });
});

describe('a wave that waits is released', () => {
  it.each([
    ['account', DAY_MS - 1, undefined, HOUR_MS, false],
    ['account', DAY_MS, undefined, HOUR_MS, true],
    ['recent', DAY_MS - 1, undefined, HOUR_MS, false],
    ['recent', DAY_MS, undefined, HOUR_MS, true],
    ['unknown', HOUR_MS - 1, undefined, HOUR_MS, false],
    ['unknown', HOUR_MS, undefined, HOUR_MS, true],
    ['account', DAY_MS, undefined, 2 * DAY_MS, false],
    ['account', 2 * DAY_MS, undefined, 2 * DAY_MS, true],
    ['account', DAY_MS, HOUR_MS - 1, HOUR_MS, false],
    ['account', DAY_MS, HOUR_MS, HOUR_MS, true],
  ] as const)(
    '%s, open for %d ms, some let go %s ms ago, window %d: %s',
    (kind, openMs, pacedMs, windowMs, expected) => {
      const wave = {
        kind,
        openedMs: NOW - openMs,
        pacedMs: pacedMs === undefined ? undefined : NOW - pacedMs,
      };
      expect(isReleased(wave, NOW, windowMs)).toBe(expected);
    },
  );
});

it('keeps of a caller what tells it from others, and not its name', async () => {
  const [one, other] = [await callerKey('token:front'), await callerKey('token:other')];
  expect(one).toMatch(/^[0-9a-f]{16}$/);
  expect(other).not.toBe(one);
  expect(await callerKey('token:front')).toBe(one);
});
