// The ledger as tables: each state an identifier can be in x each thing that a vendor can have done, since when, and how old
// what was kept is. docs/ledger.md.
import { describe, expect, it } from 'vitest';
import type { CallResult } from '../../../worker/hub/call-result.ts';
import { isPlainlyEmpty, type Ledger, ledgerHeader } from '../../../worker/search/ledger.ts';
import {
  A,
  ALPHA,
  B,
  BETA,
  C,
  doubted,
  failed,
  keep,
  NOW,
  partial,
  said,
  unread,
} from '../../support/oracles/kept-ledger.ts';

const stateOf = ({ slots, none, unknown, switchedOff, notInterfaced }: Ledger, subject: string): string[] => [
  ...(slots.has(subject) ? ['slots'] : []),
  ...(none.includes(subject) ? ['none'] : []),
  ...(unknown.includes(subject) ? ['unknown'] : []),
  ...(switchedOff.includes(subject) ? ['switched-off'] : []),
  ...(notInterfaced.includes(subject) ? ['not-interfaced'] : []),
];

describe('each thing that a vendor did x what is shown', () => {
  const ROWS: [string, CallResult[], { free: string; held: string; off: string }][] = [
    ['nobody was asked', [], { free: 'not-interfaced', held: 'slots', off: 'switched-off' }],
    ['answered', [said('agenda-a', [A, B])], { free: 'none', held: 'slots', off: 'switched-off' }],
    [
      'one answered, one failed',
      [said('agenda-a', [A]), failed('agenda-b', [A])],
      { free: 'unknown', held: 'slots', off: 'unknown' },
    ],
    [
      'a doubt about all',
      [doubted('agenda-a', [A], unread)],
      { free: 'unknown', held: 'slots', off: 'unknown' },
    ],
    [
      'a doubt about this one',
      [doubted('agenda-a', [A, B], { ...unread, subjects: [A] })],
      { free: 'unknown', held: 'slots', off: 'unknown' },
    ],
    [
      'a doubt about another',
      [doubted('agenda-a', [A, B], { ...unread, subjects: [B] })],
      { free: 'none', held: 'slots', off: 'switched-off' },
    ],
    ['not whole', [doubted('agenda-a', [A], partial)], { free: 'unknown', held: 'slots', off: 'unknown' }],
    [
      'asked for another only',
      [said('agenda-a', [B])],
      { free: 'not-interfaced', held: 'slots', off: 'switched-off' },
    ],
    [
      'a vendor that this search does not name',
      [failed('stranger', [A])],
      { free: 'none', held: 'slots', off: 'switched-off' },
    ],
  ];
  it.each(ROWS)('%s', (_name, results, { free, held, off }) => {
    expect(stateOf(keep(results), A)).toEqual([free]);
    expect(stateOf(keep(results, { shown: [[A, 1]] }), A)).toEqual([held]);
    expect(stateOf(keep(results, { switchedOff: true }), A)).toEqual([off]);
  });
});

describe('what failed', () => {
  it('is one row for each vendor and reason, with each identifier and rule once, and not those shown', () => {
    const ledger = keep(
      [
        doubted('agenda-a', [A, B], unread, { rule: 'slot-dates-unreadable', subjects: [A] }, partial),
        doubted('agenda-a', [A, B], unread),
        failed('agenda-b', [A]),
        failed('agenda-b', [B], NOW - 5),
      ],
      { shown: [[B, 2]] },
    );
    expect(ledger.failures).toEqual([
      {
        vendor: ALPHA,
        reason: 'unusable',
        sinceMs: NOW,
        subjects: [A],
        rules: ['slot-site-unresolved', 'slot-dates-unreadable'],
      },
      { vendor: ALPHA, reason: 'incomplete', sinceMs: NOW, subjects: [A], rules: ['answer-incomplete'] },
      { vendor: BETA, reason: 'timeout', sinceMs: BETA.failingSinceMs, subjects: [A], rules: [] },
    ]);
    expect(ledger.unknown).toEqual([A]);
  });

  it.each([
    ['as the failure says', failed('agenda-b', [A], NOW - 5), NOW - 5],
    ['as the vendor has failed', failed('agenda-b', [A]), BETA.failingSinceMs],
    ['from now', failed('agenda-a', [A]), NOW],
  ])('since when: %s', (_name, result, sinceMs) => {
    expect(keep([result]).failures[0]?.sinceMs).toBe(sinceMs);
  });

  it('of a doubt about nobody who was asked is nothing', () => {
    const ledger = keep([doubted('agenda-a', [A], { ...unread, subjects: [C] })]);
    expect(ledger).toMatchObject({ failures: [], unknown: [], none: [A] });
  });
});

describe('the age', () => {
  it.each([
    ['one part', [['agenda-a', 1_000]], { 'agenda-a': 1_000 }, ', age=1'],
    [
      'the oldest part of one vendor, told last',
      [
        ['agenda-a', 900],
        ['agenda-a', 4_100],
      ],
      { 'agenda-a': 4_100 },
      ', age=5',
    ],
    [
      'the oldest part of one vendor, told first',
      [
        ['agenda-a', 4_100],
        ['agenda-a', 900],
      ],
      { 'agenda-a': 4_100 },
      ', age=5',
    ],
    [
      'the older vendor',
      [
        ['agenda-a', 2_000],
        ['agenda-b', 9_001],
      ],
      { 'agenda-a': 2_000, 'agenda-b': 9_001 },
      ', age=10',
    ],
    ['none kept', [], {}, ''],
  ] as const)('%s', (_name, parts, ages, header) => {
    const ledger = keep(parts.map(([vendor, ageMs]) => said(vendor, [A, B], { saidMs: NOW - ageMs })));
    expect(Object.fromEntries(ledger.kept.map(({ vendor, ageMs }) => [vendor.id, ageMs]))).toEqual(ages);
    const rest =
      parts.length === 0 ? 'none=0, unknown=0, not-interfaced=2' : 'none=2, unknown=0, not-interfaced=0';
    expect(ledgerHeader(ledger)).toBe(`slots=0, ${rest}${header}`);
  });
});

describe('an empty answer says it all', () => {
  const whole = [said('agenda-a', [A, B])];
  it.each([
    ['when all answered', keep(whole), true],
    ['not with a slot', keep(whole, { shown: [[A, 1]] }), false],
    ['not with a failure', keep([...whole, failed('agenda-b', [A])]), false],
    ['not when nobody serves one', keep([said('agenda-a', [A])]), false],
    ['not when some were left aside', keep(whole, { skipped: { vendors: 1, subjects: 1 } }), false],
    ['not with a slot and a failure', keep([...whole, failed('agenda-b', [A])], { shown: [[A, 1]] }), false],
    ['not with a slot and one not interfaced', keep([said('agenda-a', [A])], { shown: [[A, 1]] }), false],
    [
      'not with a slot and some left aside',
      keep(whole, { shown: [[A, 1]], skipped: { vendors: 1, subjects: 1 } }),
      false,
    ],
    ['not with a slot and a vendor off', keep(whole, { shown: [[A, 1]], switchedOff: true }), false],
    ['not when a vendor is off', keep(whole, { switchedOff: true }), false],
  ])('%s', (_name, ledger, expected) => {
    expect(isPlainlyEmpty(ledger)).toBe(expected);
  });
});
