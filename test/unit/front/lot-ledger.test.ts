// The header of a lot's ledger: of each two states that two searches tell of one identifier, which one is told; the oldest
// age; every failure. docs/ledger.md.
import { expect, it } from 'vitest';
import { GatewayError } from '../../../shared/error.ts';
import type { CardSearch } from '../../../worker/front/slots/card-search.ts';
import { frontLedger } from '../../../worker/front/slots/lot-ledger.ts';
import type { Ledger } from '../../../worker/search/ledger.ts';

type Search = CardSearch['searches'][number];

const WHO = '899900000017';
/** From the weakest word to the strongest. */
const STATES = ['not-interfaced', 'none', 'switched-off', 'unknown', 'slots'] as const;
type State = (typeof STATES)[number];

function search(over: Partial<Ledger>): Search {
  const ledger: Ledger = {
    slots: new Map(),
    none: [],
    unknown: [],
    switchedOff: [],
    notInterfaced: [],
    failures: [],
    kept: [],
    skipped: { vendors: 0, subjects: 0 },
    off: [],
    ...over,
  };
  const query = { flow: 'INT_R01', window: { fromMs: 0, toMs: 1 }, subjects: [WHO] } as const;
  return { query, found: { ledger } as Exclude<Search['found'], GatewayError> };
}

const failing = (subjects: readonly string[]): Search => ({
  query: { flow: 'SOS', window: { fromMs: 0, toMs: 1 }, subjects },
  found: new GatewayError({ reason: 'storage-unavailable', text: 'x' }),
});

const saying = (state: State, subject = WHO): Search =>
  search(
    {
      'not-interfaced': { notInterfaced: [subject] },
      none: { none: [subject] },
      'switched-off': { switchedOff: [subject] },
      unknown: { unknown: [subject] },
      slots: { slots: new Map([[subject, 2]]) },
    }[state],
  );

const header = (...searches: readonly Search[]): string => frontLedger({ subjects: [], searches });
const counts = (told: State): string => {
  const count = (state: State): string => `${state}=${state === told ? 1 : 0}`;
  const off = told === 'switched-off' ? [count('switched-off')] : [];
  return [count('slots'), count('none'), count('unknown'), count('not-interfaced'), ...off].join(', ');
};

const PAIRS = STATES.flatMap((one, rank) =>
  STATES.map((other, at) => [one, other, STATES[Math.max(rank, at)]!] as const),
);

it.each(PAIRS)('of %s and %s it tells %s', (one, other, told) => {
  expect(header(saying(one), saying(other))).toBe(counts(told));
});

it.each(STATES)('of %s and a search that failed it tells the stronger, and why', (state) => {
  const told = state === 'slots' ? 'slots' : 'unknown';
  expect(header(saying(state), failing([WHO]))).toBe(`${counts(told)}, failed="storage-unavailable"`);
});

it('counts each identifier once', () => {
  const second = '899900000025';
  expect(
    header(saying('none'), saying('none'), saying('none', second), saying('slots', '399900000100071')),
  ).toBe('slots=1, none=2, unknown=0, not-interfaced=0');
});

it('tells the oldest age in whole seconds, never younger than it is', () => {
  const vendor = { id: 'a', name: 'A' };
  const kept = (...agesMs: number[]) => ({ none: [WHO], kept: agesMs.map((ageMs) => ({ vendor, ageMs })) });
  expect(header(search(kept(900, 4_001)), search(kept(2_000)))).toBe(`${counts('none')}, age=5`);
  expect(header(search(kept(900)), search(kept()))).toBe(`${counts('none')}, age=1`);
});

it('names each failure and each vendor that is off, once', () => {
  const failure = { reason: 'timeout', bound: undefined, sinceMs: 0, subjects: [], rules: [] } as const;
  const one = search({
    none: [WHO],
    off: [{ id: 'agenda-c', name: 'C' }],
    failures: [
      { ...failure, vendor: { id: 'agenda-a', name: 'A' } },
      { ...failure, vendor: { id: 'agenda-b', name: 'B' } },
    ],
  });
  expect(header(one, one)).toBe(
    `${counts('none')}, failed="agenda-c:switched-off agenda-a:timeout agenda-b:timeout"`,
  );
});
