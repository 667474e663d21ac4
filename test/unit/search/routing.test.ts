// Learned routing: fewer calls, and nobody left out for good.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RoutingSettings } from '../../../worker/base/config.ts';
import { joinSkipped, routeSearch } from '../../../worker/hub/memory/routing/routing.ts';
import type { VendorRow } from '../../../worker/store/editors.ts';

const NOW = Date.parse('2026-11-24T08:00:00Z');
const HOUR_MS = 3_600_000;
const vendor = (id: string): VendorRow => ({
  id,
  name: id,
  flows: ['INT_R01'],
  lostFlows: [],
  announced: true,
  redirectHosts: [],
  certificateNotAfter: '',
  enabled: true,
  deadlineMs: undefined,
  cacheTtlS: undefined,
});
const VENDORS = ['a', 'b', 'c', 'd'].map(vendor);
const SETTINGS: RoutingSettings = { mode: 'learned', broadcastEveryMs: HOUR_MS, exploreCalls: 0 };
const route = (
  subjects: readonly string[],
  holders: Readonly<Record<string, readonly string[]>>,
  { settings = SETTINGS, toldMs = NOW - 1, vendors = VENDORS, random = (): number => 0 } = {},
) =>
  routeSearch(
    subjects,
    vendors,
    {
      holders: new Map(Object.entries(holders).map(([subject, ids]) => [subject, new Set(ids)])),
      broadcastMs: new Map(Object.keys(holders).map((subject) => [subject, toldMs])),
    },
    settings,
    NOW,
    random,
  );
const skippedBy = (id: string, { skipped }: ReturnType<typeof route>): string[] => [
  ...(skipped.get(id) ?? []),
];

describe('learned routing', () => {
  it('asks those who hold somebody, first those who hold most', () => {
    const found = route(['x', 'y'], { x: ['c'], y: ['c', 'b'] });
    expect(found.vendors.map(({ id }) => id)).toEqual(['c', 'b', 'a', 'd']);
    expect(['a', 'b', 'c', 'd'].map((id) => skippedBy(id, found))).toEqual([
      ['x', 'y'],
      ['x'],
      [],
      ['x', 'y'],
    ]);
    expect(found.broadcast).toEqual([]);
  });

  it('asks everybody for those of whom it knows nobody', () => {
    const found = route(['x', 'y'], { x: ['c'] });
    expect(skippedBy('a', found)).toEqual(['x']);
    expect(found.broadcast).toEqual(['y']);
  });

  it('asks everybody again once the last time is too long ago, and when no holder can be asked', () => {
    expect(route(['x'], { x: ['c'] }, { toldMs: NOW - HOUR_MS }).skipped.size).toBe(0);
    expect(route(['x'], { x: ['c'] }, { toldMs: NOW - HOUR_MS + 1 }).skipped.size).toBe(3);
    expect(route(['x'], { x: ['gone'] })).toMatchObject({ broadcast: ['x'] });
    expect(route(['x'], { x: ['gone'] }).skipped.size).toBe(0);
  });

  it('explores one or a few of those it would not ask, each in its turn', () => {
    const explored = new Set<string>();
    for (let step = 0; step < 3; step += 1) {
      const settings = { ...SETTINGS, exploreCalls: 1 };
      const { skipped } = route(['x'], { x: ['c'] }, { settings, random: () => step / 3 });
      expect(skipped.size).toBe(2);
      for (const { id } of VENDORS) if (id !== 'c' && !skipped.has(id)) explored.add(id);
    }
    expect([...explored].sort()).toEqual(['a', 'b', 'd']);
    const all = { ...SETTINGS, exploreCalls: 99 };
    expect(route(['x'], { x: ['c'] }, { settings: all }).skipped.size).toBe(0);
  });

  it('always asks every holder, and at least one vendor for each', () => {
    const ids = fc.subarray(['a', 'b', 'c', 'd', 'gone']);
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('x', 'y', 'z'), ids),
        fc.integer({ min: 0, max: 4 }),
        fc.boolean(),
        (holders, exploreCalls, isOld) => {
          const subjects = ['x', 'y', 'z'];
          const settings = { ...SETTINGS, exploreCalls };
          const { skipped, vendors } = route(subjects, holders, {
            settings,
            toldMs: NOW - (isOld ? HOUR_MS : 0),
          });
          expect(vendors.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c', 'd']);
          for (const subject of subjects) {
            const asked = vendors
              .filter(({ id }) => skipped.get(id)?.has(subject) !== true)
              .map(({ id }) => id);
            expect(asked.length).toBeGreaterThan(0);
            for (const id of holders[subject] ?? []) if (id !== 'gone') expect(asked).toContain(id);
          }
        },
      ),
    );
  });
});

it('joins what need not be asked', () => {
  const joined = joinSkipped(
    new Map([['a', new Set(['x'])]]),
    new Map([
      ['a', new Set(['y'])],
      ['b', new Set(['x'])],
    ]),
  );
  expect([...joined].map(([id, subjects]) => [id, [...subjects]])).toEqual([
    ['a', ['x', 'y']],
    ['b', ['x']],
  ]);
});
