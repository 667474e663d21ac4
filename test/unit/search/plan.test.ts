import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SlotQuery } from '../../../shared/sas/query.ts';
import { assignCalls, type RelayChoice } from '../../../worker/hub/assign-calls.ts';
import { planCalls, servingVendors, splitEvenly } from '../../../worker/hub/memory/plan.ts';
import { query } from '../../support/oracles/answered.ts';
import { type Json, RPPS } from '../../support/samples/vendor-bundle.ts';

describe('plan', () => {
  const shareSearch = (
    asked: SlotQuery,
    vendors: Parameters<typeof planCalls>[1],
    relays: readonly RelayChoice[],
  ) => {
    const calls = planCalls(asked, servingVendors(vendors, asked.flow), new Map());
    return { calls, ...assignCalls([...calls.keys()], calls, relays) };
  };

  const vendor = (id: string, over: Json = {}) => ({
    id,
    name: id,
    flows: ['INT_R01', 'SOS'] as const,
    lostFlows: [],
    announced: true,
    redirectHosts: [],
    certificateNotAfter: '',
    enabled: true,
    deadlineMs: undefined,
    cacheTtlS: undefined,
    ...over,
  });
  const subjects = (n: number): string[] => Array.from({ length: n }, (_, i) => `8${99_900_000_000 + i}`);
  const relay = (id: string, vendors: string[], load = 0) => ({ id, vendors: new Set(vendors), load });

  it('splits evenly, never past the bound', () => {
    expect(splitEvenly(subjects(26), 25).map(({ length }) => length)).toEqual([13, 13]);
    expect(splitEvenly(subjects(500), 25).map(({ length }) => length)).toEqual(Array(20).fill(25));
    expect(splitEvenly([], 25)).toEqual([]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 1, max: 30 }), (n, size) => {
        const batches = splitEvenly(subjects(n), size);
        expect(batches.flat()).toEqual(subjects(n));
        for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(size);
      }),
    );
  });

  it('asks enabled vendors that serve the flow, 25 practitioners or 10 associations at a time', () => {
    const vendors = [vendor('a'), vendor('b', { enabled: false }), vendor('c', { flows: ['SOS'] })];
    const relays = [relay('r', ['a', 'b', 'c'])];
    expect(
      shareSearch(query(subjects(50)), vendors, relays).calls.map((call) => [
        call.vendor,
        call.subjects.length,
      ]),
    ).toEqual([
      ['a', 25],
      ['a', 25],
    ]);
    expect(shareSearch(query(subjects(20), 'SOS'), vendors, relays).calls).toHaveLength(4);
  });

  it('gives a vendor to the least loaded relay that serves it, and tells which no relay serves', () => {
    const vendors = [vendor('a'), vendor('b'), vendor('c')];
    const plan = shareSearch(query([RPPS]), vendors, [relay('r1', ['a', 'b'], 5), relay('r2', ['a'])]);
    expect(plan.shares.map(({ relay: id, numbers }) => [id, numbers])).toEqual([
      ['r2', [0]],
      ['r1', [1]],
    ]);
    expect(plan.unserved).toEqual([2]);
  });

  it('passes on the time the operator gives a vendor', () => {
    const plan = shareSearch(query([RPPS]), [vendor('a', { deadlineMs: 900 })], [relay('r', ['a'])]);
    expect(plan.shares[0]!.calls[0]!.budgetMs).toBe(900);
  });
});
