// Each reply of a vendor, or its absence, x what it means for an account: a yes, a no, a lost message, a vendor that is
// away. docs/accounts.md § 3.
import { describe, expect, it } from 'vitest';
import { LEASE_MS, newRow, pauseMs, SETTLE_MS } from '../../../worker/accounts/model/ledger.ts';
import { hashOf } from '../../../worker/accounts/model/regulator.ts';
import {
  failureVerdict,
  isAway,
  isLost,
  isMissing,
  isRefusal,
  isYes,
} from '../../../worker/accounts/model/verdict.ts';
import type { HubAccountReply } from '../../../worker/hub/reach/calls.ts';

const answered = (status: number, over: object = {}): HubAccountReply =>
  ({ kind: 'answered', status, codes: [], durationMs: 1, ...over }) as unknown as HubAccountReply;
const failed = (reason: string, sent: boolean, status?: number): HubAccountReply =>
  ({ kind: 'failed', reason, sent, status, durationMs: 1 }) as unknown as HubAccountReply;

/** y: a yes; r: a refusal; m: no such account; l: lost, it may have taken effect. */
const ANSWERS: [number, string, string?, string?][] = [
  [200, 'y'],
  [201, 'y'],
  [202, 'l', 'unconfirmed', 'unconfirmed'],
  [204, 'y'],
  [299, 'l', 'unconfirmed', 'unconfirmed'],
  [300, 'l', 'refused', 'redirect'],
  [302, 'l', 'refused', 'redirect'],
  [399, 'l', 'refused', 'redirect'],
  [400, 'r', 'refused', 'refused'],
  [401, '', 'refused', 'refused'],
  [404, 'rm', 'refused', 'refused'],
  [407, '', 'refused', 'refused'],
  [409, 'r', 'refused', 'refused'],
  [410, 'rm', 'refused', 'refused'],
  [412, 'r', 'refused', 'refused'],
  [422, 'r', 'refused', 'refused'],
  [429, '', 'unreachable', 'busy'],
  [499, 'r', 'refused', 'refused'],
  [500, 'l', 'unreachable', 'error'],
  [501, 'l', 'unreachable', 'error'],
  [503, 'l', 'unreachable', 'busy'],
  [599, 'l', 'unreachable', 'error'],
];
const meaning = (reply: HubAccountReply): string =>
  [
    isYes(reply) ? 'y' : '',
    isRefusal(reply) ? 'r' : '',
    isMissing(reply) ? 'm' : '',
    isLost(reply) ? 'l' : '',
  ].join('');

describe('a vendor that answers', () => {
  it.each(ANSWERS)('%d means %j', (status, means, kind, reason) => {
    expect(meaning(answered(status))).toBe(means);
    if (kind === undefined) return;
    const verdict = failureVerdict(answered(status, { retryAfterS: 7 }), false);
    expect(verdict).toEqual({
      kind,
      reason,
      status,
      retryAfterS: kind === 'unreachable' ? 7 : undefined,
      isUncertain: means.includes('l'),
    });
    expect(failureVerdict(answered(status), true).isUncertain).toBe(true);
    expect(isAway(verdict)).toBe(false);
  });

  it('refuses for the first reason that it gives', () => {
    expect(failureVerdict(answered(422, { codes: ['duplicate', 'x'] }), false).reason).toBe('duplicate');
    expect(failureVerdict(answered(302, { codes: ['duplicate'] }), false).reason).toBe('redirect');
  });
});

describe('a message without answer', () => {
  it.each<[string, string, string, boolean]>([
    ['timeout', '', 'unreachable', true],
    ['relay-absent', '', 'unreachable', true],
    ['outcome-error', 'r', 'refused', false],
    ...['unconfirmed', 'not-account', 'other-account', 'other-right', 'other-content'].map(
      (reason): [string, string, string, boolean] => [reason, '', 'unconfirmed', false],
    ),
  ])('%s', (reason, means, kind, mayBeAway) => {
    for (const sent of [true, false]) {
      const reply = failed(reason, sent);
      expect(meaning(reply)).toBe(means + (sent ? 'l' : ''));
      for (const wasLost of [true, false]) {
        const verdict = failureVerdict(reply, wasLost);
        expect(verdict).toEqual({
          kind,
          reason,
          status: undefined,
          retryAfterS: undefined,
          isUncertain: sent || wasLost,
        });
        expect(isAway(verdict)).toBe(mayBeAway);
      }
    }
  });

  it.each([
    [200, true],
    [299, true],
    [300, false],
    [404, false],
    [500, false],
  ])('with a status of %d all the same: nobody has spoken, %s', (status, expected) => {
    expect(isAway(failureVerdict(failed('reset', true, status), false))).toBe(expected);
    // Its status alone is no yes, and not the absence of the account.
    expect(meaning(failed('other-content', true, status))).toBe('l');
  });
});

describe('times that other processes count on', () => {
  it('a lease outlasts a message, and a late effect outlasts what relay and link wait', () => {
    // A relay gives a message up within 10 s, and may say it twice.
    expect(LEASE_MS).toBe(20_000);
    expect(SETTLE_MS).toBe(120_000);
  });

  it('a pause is never shorter than the first, nor longer than the last', () => {
    expect([-1, 0, 1].map((attempts) => pauseMs(attempts, undefined))).toEqual([30_000, 30_000, 30_000]);
    expect(pauseMs(1, 29)).toBe(30_000);
    expect(pauseMs(1, 31)).toBe(31_000);
    expect(pauseMs(3, 119)).toBe(120_000);
    expect(pauseMs(10_000, 1)).toBe(900_000);
  });
});

describe('what tells two contents apart', () => {
  const content = {
    identifier: { system: 's', value: 'v' },
    active: true,
    family: 'f',
    given: 'g',
    email: 'e',
  };
  it('is each element, and nothing else', async () => {
    const changes = [
      { identifier: { system: 'v', value: 's' } },
      { active: false },
      { family: 'x' },
      { given: 'x' },
      { email: 'x' },
      { family: 'g', given: 'f' },
    ];
    const all = await Promise.all([{}, ...changes].map((change) => hashOf({ ...content, ...change })));
    expect(new Set(all).size).toBe(all.length);
    expect(all[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(await hashOf({ ...content })).toBe(all[0]);
  });

  it('of an account never told is nothing yet', () => {
    const row = newRow('r', 'v');
    expect(row).toMatchObject({ regulator: 'r', editor: 'v', revision: 0, open: false, attempts: 0 });
    const rest = Object.entries(row).filter(
      ([name]) => !['regulator', 'editor', 'revision', 'open', 'attempts'].includes(name),
    );
    expect(rest.every(([, value]) => value === undefined)).toBe(true);
  });
});
