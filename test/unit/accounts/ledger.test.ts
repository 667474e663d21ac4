// The rules of one ledger row: what is said next, and what an outcome leaves behind.

import { describe, expect, test } from 'vitest';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import {
  type AccountRow,
  claim,
  isDue,
  LEASE_MS,
  type Message,
  newRow,
  PAUSE_MS_MAX,
  pauseMs,
  plan,
  SETTLE_MS,
  settle,
} from '../../../worker/accounts/model/ledger.ts';
import type { Regulator } from '../../../worker/accounts/model/regulator.ts';
import type { Verdict } from '../../../worker/accounts/model/verdict.ts';

const T0 = 1_000_000_000_000;
const id = (value: string) => ({ system: SYSTEM.sas, value });

function regulator(change: Partial<Regulator> = {}): Regulator {
  return {
    id: 'r1',
    identifier: id('a'),
    technicalId: undefined,
    active: true,
    family: 'Imaginaire',
    given: 'Camille',
    email: 'camille@regulation.example',
    territories: [],
    version: 1,
    hash: 'h1',
    updatedMs: T0,
    withdrawnMs: undefined,
    grantedMs: undefined,
    withdrawal: undefined,
    wave: undefined,
    ...change,
  };
}

const YES: Verdict = {
  kind: 'yes',
  status: 201,
  location: undefined,
  method: 'POST',
  surprise: undefined,
  left: undefined,
  mayBeMade: false,
  wasLost: false,
};
const LOST: Verdict = {
  kind: 'unreachable',
  reason: 'timeout',
  status: undefined,
  retryAfterS: undefined,
  isUncertain: true,
};
const AWAY: Verdict = { ...LOST, reason: 'connect', isUncertain: false };
const DOUBTED: Verdict = { ...LOST, kind: 'unconfirmed', reason: 'other-right', status: 200 };
const NO: Verdict = { ...LOST, kind: 'refused', reason: 'business-rule', status: 422, isUncertain: false };

function next(row: AccountRow, who: Regulator, nowMs: number, taken = false): Message {
  const planned = plan(row, who, { taken, nowMs });
  if (planned.kind !== 'send') throw new Error(planned.kind);
  return planned.message;
}

/** One message to its end. */
function say(row: AccountRow, who: Regulator, verdict: Verdict, nowMs: number, isLogin = true): AccountRow {
  const message = next(row, who, nowMs);
  const claimed = claim(row, { message, taken: false, lease: 'x', nowMs, isLogin });
  return settle(row, claimed, message, verdict, nowMs + 1_000);
}

describe('what is said', () => {
  test('a creation has no query; once confirmed, nothing', () => {
    const row = newRow('r1', 'v1');
    expect(next(row, regulator(), T0)).toMatchObject({
      query: undefined,
      identifier: id('a'),
      isFinal: true,
      isOldOpen: false,
    });
    const done = say(row, regulator(), YES, T0);
    expect(plan(done, regulator(), { taken: false, nowMs: T0 }).kind).toBe('nothing');
    expect(done).toMatchObject({ open: true, attempts: 0, nextTryMs: undefined, error: undefined });
  });

  test('a change is addressed by the identifier confirmed and carries the one wanted', () => {
    const done = say(newRow('r1', 'v1'), regulator(), YES, T0);
    const changed = regulator({ identifier: id('b'), hash: 'h2', version: 2 });
    expect(next(done, changed, T0)).toMatchObject({ query: id('a'), identifier: id('b') });
  });

  test('after a lost creation the query is the identifier that was sent', () => {
    const lost = say(newRow('r1', 'v1'), regulator(), LOST, T0);
    expect(next(lost, regulator(), T0 + 5_000)).toMatchObject({ query: id('a'), mayBear: true });
  });

  test('a lost change of identifier is settled before another identifier is said', () => {
    const done = say(newRow('r1', 'v1'), regulator(), YES, T0);
    const lost = say(done, regulator({ identifier: id('b'), hash: 'h2', version: 2 }), LOST, T0 + 10_000);
    const third = regulator({ identifier: id('c'), hash: 'h3', version: 3 });
    const step = next(lost, third, T0 + 20_000);
    expect(step).toMatchObject({ query: id('a'), identifier: id('b'), mayBear: true, isFinal: false });
    const settled = say(lost, third, YES, T0 + 20_000);
    // The lost message may yet arrive: renamed, the account would not be recognised by it, and be made again.
    const untilMs = T0 + 10_000 + SETTLE_MS;
    const waits = { kind: 'busy', untilMs, reason: 'settling' };
    expect(plan(settled, third, { taken: false, nowMs: untilMs - 1 })).toEqual(waits);
    expect(settled.nextTryMs).toBe(untilMs);
    expect(next(settled, third, untilMs)).toMatchObject({
      query: id('b'),
      identifier: id('c'),
      isFinal: true,
      isOldOpen: false,
    });
  });

  test('an identifier is kept while a lost message about the same one may still arrive', () => {
    const done = say(newRow('r1', 'v1'), regulator(), YES, T0);
    const lost = say(done, regulator({ hash: 'h2', version: 2 }), LOST, T0 + 10_000);
    const renamed = regulator({ identifier: id('b'), hash: 'h3', version: 3 });
    expect(next(lost, renamed, T0 + 20_000)).toMatchObject({ identifier: id('a'), isFinal: false });
    expect(next(lost, renamed, T0 + 10_000 + SETTLE_MS)).toMatchObject({
      identifier: id('b'),
      isFinal: true,
      isOldOpen: false,
    });
  });

  test('an identifier that another account has taken over addresses nothing any more', () => {
    const done = say(newRow('r1', 'v1'), regulator(), YES, T0);
    const back = regulator({ identifier: id('c'), hash: 'h3', version: 3 });
    expect(next(done, back, T0, true)).toMatchObject({ query: undefined, identifier: id('c') });
  });

  test('while somebody else is sending, nothing; once the lease is over, it is ours', () => {
    const row = newRow('r1', 'v1');
    const message = next(row, regulator(), T0);
    const claimed = claim(row, { message, taken: false, lease: 'x', nowMs: T0, isLogin: true });
    const busy = { kind: 'busy', untilMs: T0 + LEASE_MS, reason: 'under-way' };
    expect(plan(claimed, regulator(), { taken: false, nowMs: T0 + LEASE_MS - 1 })).toEqual(busy);
    expect(plan(claimed, regulator(), { taken: false, nowMs: T0 + LEASE_MS }).kind).toBe('send');
  });
});

describe('a regulator without right', () => {
  const withdrawn = regulator({ active: false, hash: 'h9', version: 9 });

  const never = newRow('r1', 'v1');
  const made = say(never, regulator(), YES, T0);
  const closed = say(made, withdrawn, YES, T0 + 10_000, false);
  test.each([
    ['was never told of him', never],
    ['refused the creation', say(never, regulator(), NO, T0)],
    ['could not be reached for the creation', say(never, regulator(), AWAY, T0)],
    ['never answered the creation', say(never, regulator(), LOST, T0)],
    ['confirmed the account', made],
    ['refused the withdrawal', say(made, withdrawn, NO, T0 + 10_000, false)],
    [
      'did not answer a creation after the withdrawal',
      say(closed, regulator({ version: 10 }), LOST, T0 + 20_000),
    ],
  ])('is due at a vendor that %s: it may hold the account', (_what, row) => {
    expect(isDue(row, withdrawn, T0 + 60_000)).toBe(true);
    const message = next(row, withdrawn, T0 + 60_000);
    expect(message).toMatchObject({ active: false, query: id('a'), identifier: id('a') });
    const claimed = claim(row, { message, taken: false, lease: 'x', nowMs: T0 + 60_000, isLogin: false });
    for (const verdict of [AWAY, NO, LOST, DOUBTED]) {
      const after = settle(row, claimed, message, verdict, T0 + 61_000);
      expect(after).toMatchObject({ open: true, error: { reason: verdict.reason } });
      expect(isDue(after, withdrawn, T0 + 61_000)).toBe(true);
      expect(after.nextTryMs).toBeGreaterThan(T0 + 61_000);
    }
    expect(isDue(settle(row, claimed, message, YES, T0 + 61_000), withdrawn, T0 + 61_000)).toBe(false);
  });

  test('is closed only by a vendor’s yes to a withdrawal, and a refused creation after it opens nothing', () => {
    expect(isDue(closed, withdrawn, T0 + 60_000)).toBe(false);
    const again = say(closed, regulator({ version: 10 }), NO, T0 + 60_000);
    expect(isDue(again, withdrawn, T0 + 70_000)).toBe(false);
  });

  test('is open again when the vendor that had closed it shows it active', () => {
    const planned = plan(closed, withdrawn, { taken: false, nowMs: T0 + 60_000, isAsserting: true });
    if (planned.kind !== 'send') throw new Error(planned.kind);
    const { message } = planned;
    const claimed = claim(closed, { message, taken: false, lease: 'x', nowMs: T0 + 60_000, isLogin: false });
    const settled = (verdict: Verdict) => settle(closed, claimed, message, verdict, T0 + 61_000);
    expect(isDue(settled(DOUBTED), withdrawn, T0 + 62_000)).toBe(true);
    for (const verdict of [LOST, AWAY, NO])
      expect(isDue(settled(verdict), withdrawn, T0 + 62_000)).toBe(false);
  });

  test('without a name is told to nobody: vendors refuse it', () => {
    const nameless = { ...withdrawn, family: '', given: '', email: '' };
    expect(plan(never, nameless, { taken: false, nowMs: T0 })).toEqual({ kind: 'nothing' });
  });

  test('is due while any message may have opened the account, whatever failed since', () => {
    let row = say(newRow('r1', 'v1'), regulator(), LOST, T0);
    for (const [i, verdict] of [AWAY, LOST, NO, AWAY].entries()) {
      expect(isDue(row, withdrawn, T0 + i * 60_000)).toBe(true);
      row = say(row, withdrawn, verdict, T0 + i * 60_000, false);
      expect(row.nextTryMs).toBeDefined();
    }
    row = say(row, withdrawn, YES, T0 + 3_600_000, false);
    expect(row.open).toBe(false);
    expect(isDue(row, withdrawn, T0 + 3_600_000)).toBe(false);
  });

  test('is told again once an older message can no longer take effect', () => {
    const done = say(newRow('r1', 'v1'), regulator(), YES, T0);
    const lost = say(done, regulator({ hash: 'h2', version: 2 }), LOST, T0 + 10_000);
    const closed = say(lost, withdrawn, YES, T0 + 20_000, false);
    expect(closed).toMatchObject({ open: false, recheckMs: T0 + 10_000 + SETTLE_MS });
    expect(isDue(closed, withdrawn, T0 + 10_000 + SETTLE_MS - 1)).toBe(false);
    expect(isDue(closed, withdrawn, T0 + 10_000 + SETTLE_MS)).toBe(true);
    const sure = say(closed, withdrawn, YES, T0 + 10_000 + SETTLE_MS, false);
    expect(sure).toMatchObject({ recheckMs: undefined, nextTryMs: undefined });
  });

  test('and renamed meanwhile, is closed under the identifier in doubt, and told again after it', () => {
    const lost = say(newRow('r1', 'v1'), regulator(), LOST, T0);
    const gone = regulator({ identifier: id('b'), active: false, hash: 'h9', version: 9 });
    expect(next(lost, gone, T0 + 20_000)).toMatchObject({ identifier: id('a'), active: false });
    const closed = say(lost, gone, YES, T0 + 20_000, false);
    expect(closed).toMatchObject({ open: false, recheckMs: T0 + SETTLE_MS });
    expect(next(closed, gone, T0 + SETTLE_MS)).toMatchObject({ query: id('a'), identifier: id('b') });
  });

  test('needs no second word when the lost message said the same', () => {
    const done = say(newRow('r1', 'v1'), regulator(), YES, T0);
    const lost = say(done, withdrawn, LOST, T0 + 10_000, false);
    expect(say(lost, withdrawn, YES, T0 + 40_000, false).recheckMs).toBeUndefined();
  });
});

describe('what fails', () => {
  test('for sure leaves the row as it was but for the error and the next try', () => {
    const done = say(newRow('r1', 'v1'), regulator(), YES, T0);
    const changed = regulator({ hash: 'h2', version: 2 });
    const after = say(done, changed, AWAY, T0 + 10_000);
    expect(after).toMatchObject({
      open: true,
      sent: undefined,
      confirmed: done.confirmed,
      attempts: 1,
      error: { reason: 'connect' },
    });
    expect(after.nextTryMs).toBe(T0 + 11_000 + pauseMs(1, undefined));
  });

  test('by a refusal waits for the next login', () => {
    expect(say(newRow('r1', 'v1'), regulator(), NO, T0).nextTryMs).toBeUndefined();
  });

  test('twelve hours after the login waits for the next one', () => {
    let row = say(newRow('r1', 'v1'), regulator(), AWAY, T0);
    row = say(row, regulator(), AWAY, T0 + 11 * 3_600_000, false);
    expect(row.nextTryMs).toBeDefined();
    row = say(row, regulator(), AWAY, T0 + 12 * 3_600_000, false);
    expect(row.nextTryMs).toBeUndefined();
  });
});

test('pauses double from half a minute to a quarter of an hour, and hear Retry-After', () => {
  expect([1, 2, 3, 4, 5, 6, 50].map((attempts) => pauseMs(attempts, undefined) / 1_000)).toEqual([
    30, 60, 120, 240, 480, 900, 900,
  ]);
  expect(pauseMs(1, 100)).toBe(100_000);
  expect(pauseMs(1, 86_400)).toBe(PAUSE_MS_MAX);
});
