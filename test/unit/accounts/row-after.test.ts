// What a yes leaves in an account's row: each thing the vendor may have said x what is kept of it, and a doubt of before x a
// doubt of now. docs/accounts.md § 3.
import { describe, expect, it } from 'vitest';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import {
  type AccountRow,
  claim,
  type Message,
  newRow,
  OLD_OPEN,
  plan,
  SETTLE_MS,
  settle,
} from '../../../worker/accounts/model/ledger.ts';
import type { Regulator } from '../../../worker/accounts/model/regulator.ts';
import type { Verdict } from '../../../worker/accounts/model/verdict.ts';

const T0 = 1_000_000_000_000;
const WHO = { system: SYSTEM.sas, value: 'a' };
const MESSAGE: Message = {
  identifier: WHO,
  query: undefined,
  mayBear: false,
  hash: 'now',
  version: 3,
  active: true,
  isFinal: true,
  isOldOpen: false,
};
const YES = {
  kind: 'yes',
  status: 201,
  location: 'Practitioner/1',
  method: 'POST',
  surprise: undefined,
  left: undefined,
  mayBeMade: false,
  wasLost: false,
} as const satisfies Verdict;
const BEFORE: AccountRow = {
  ...newRow('r', 'v'),
  revision: 7,
  location: 'Practitioner/0',
  createdStatus: 200,
  differsMs: T0 - 5,
  attempts: 4,
};

const claimed = (row: AccountRow, message = MESSAGE): AccountRow =>
  claim(row, { message, taken: false, lease: 'x', nowMs: T0, isLogin: true });
const settled = (verdict: Verdict, row = BEFORE, message = MESSAGE): AccountRow =>
  settle(row, claimed(row, message), message, verdict, T0 + 1_000);

describe('what the vendor said x what is kept', () => {
  it.each<[string, Partial<typeof YES> | object, Partial<AccountRow>]>([
    ['a creation', {}, { location: 'Practitioner/1', createdStatus: 201 }],
    ['a change', { method: 'PUT', status: 204 }, { createdStatus: 200 }],
    ['no address', { location: undefined }, { location: 'Practitioner/0' }],
    [
      'anything',
      {},
      { attempts: 0, sent: undefined, error: undefined, lease: undefined, differsMs: undefined },
    ],
  ])('%s', (_what, said, kept) => {
    expect(settled({ ...YES, ...said } as Verdict)).toMatchObject(kept);
  });

  it('is one revision for the claim and one for the end, and what differs keeps its first time', () => {
    expect(claimed(BEFORE)).toMatchObject({ revision: 8, differsMs: T0 - 5 });
    expect(claimed({ ...BEFORE, differsMs: undefined }).differsMs).toBe(T0);
    expect(settled(YES).revision).toBe(9);
    expect(settled(YES, BEFORE, { ...MESSAGE, isFinal: false }).differsMs).toBe(T0 - 5);
  });

  it('keeps why an old account is open, whatever the next tries fail with', () => {
    const failed: Verdict = {
      kind: 'refused',
      reason: 'x',
      status: 400,
      retryAfterS: undefined,
      isUncertain: false,
    };
    expect(OLD_OPEN).toBe('old-open');
    expect(settled(failed, BEFORE, { ...MESSAGE, isOldOpen: true }).error?.reason).toBe(OLD_OPEN);
    const row = { ...BEFORE, error: { reason: OLD_OPEN, status: 400, ms: T0 } };
    const who = {
      id: 'r',
      identifier: WHO,
      active: true,
      family: 'f',
      given: 'g',
      email: 'e',
      hash: 'now',
      version: 3,
    };
    const planned = plan(row, who as unknown as Regulator, { taken: false, nowMs: T0 });
    expect(planned).toMatchObject({ kind: 'send', message: { isOldOpen: true } });
    const nobody = { ...who, identifier: undefined } as unknown as Regulator;
    expect(plan(BEFORE, nobody, { taken: false, nowMs: T0 })).toEqual({ kind: 'nothing' });
  });
});

describe('a doubt of before x a message lost now', () => {
  const DOUBTS: [string, string | undefined, boolean, AccountRow['doubt']][] = [
    ['none, answered', undefined, false, undefined],
    ['none, lost', undefined, true, { hash: 'now', untilMs: T0 + 1_000 + SETTLE_MS }],
    ['of the same, lost', 'now', true, { hash: 'now', untilMs: T0 + 1_000 + SETTLE_MS }],
    ['of another, lost', 'other', true, { hash: '*', untilMs: T0 + 1_000 + SETTLE_MS }],
    ['of the same, answered', 'now', false, { hash: 'now', untilMs: T0 + 50_000 }],
    ['of another, answered', 'other', false, { hash: 'other', untilMs: T0 + 50_000 }],
  ];
  it.each(DOUBTS)('%s', (_what, hash, wasLost, doubt) => {
    const row = { ...BEFORE, doubt: hash === undefined ? undefined : { hash, untilMs: T0 + 50_000 } };
    const next = settled({ ...YES, wasLost }, row);
    expect(next.doubt).toEqual(doubt);
    // Said once more when the late message may have undone it.
    const isUndone = doubt !== undefined && doubt.hash !== 'now';
    expect(next.recheckMs).toBe(isUndone ? doubt.untilMs : undefined);
  });

  it.each([
    ['of the same', 'sent', 'sent'],
    ['of another', 'other', '*'],
    ['that is over', undefined, 'sent'],
  ])('a claim over a message not answered: a doubt of before %s', (_what, hash, expected) => {
    const row: AccountRow = {
      ...BEFORE,
      sent: { version: 2, hash: 'sent', identifier: WHO, ms: T0 - 1_000 },
      doubt: { hash: hash ?? 'other', untilMs: hash === undefined ? T0 : T0 + 119_500 },
    };
    const untilMs = hash === undefined ? T0 - 1_000 + SETTLE_MS : T0 + 119_500;
    expect(claimed(row).doubt).toEqual({ hash: expected, untilMs });
  });
});
