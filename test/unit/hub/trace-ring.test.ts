import { expect, it } from 'vitest';
import { type SearchTrace, SLOW_MS, TraceRing } from '../../../worker/hub/traces/trace-ring.ts';

const counts = { slots: 1, none: 0, unknown: 0, switchedOff: 0, notInterfaced: 0 };
const trace = (atMs: number, more: Partial<SearchTrace> = {}): SearchTrace => ({
  requestId: `r${atMs}`,
  atMs,
  durationMs: 10,
  flow: 'INT_R01',
  subjects: 1,
  counts,
  slots: 3,
  calls: [],
  ...more,
});
const ids = (ring: TraceRing, filter = {}, max = 100): string[] =>
  ring.list(filter, max).map(({ requestId }) => requestId);

it('keeps as many as it may, the last ones, the newest first', () => {
  const ring = new TraceRing(3);
  ring.note([trace(1), trace(2)]);
  ring.note();
  expect(ids(ring)).toEqual(['r2', 'r1']);
  ring.note([trace(3)]);
  expect(ids(ring)).toEqual(['r3', 'r2', 'r1']);
  ring.note([trace(4)]);
  expect(ids(ring)).toEqual(['r4', 'r3', 'r2']);
  expect(ids(ring, {}, 2)).toEqual(['r4', 'r3']);
});

it('keeps no more calls of one search than there may be', () => {
  const ring = new TraceRing(1);
  const call = { vendor: 'agenda-a', kind: 'asked', subjects: 1, received: 0, shown: 0 } as const;
  ring.note([trace(1, { calls: Array.from({ length: 101 }, () => call) })]);
  expect(ring.list({}, 1)[0]?.calls).toHaveLength(100);
});

it('chooses by what is asked', () => {
  const ring = new TraceRing();
  const call = { vendor: 'agenda-b', kind: 'asked', subjects: 1, received: 0, shown: 0 } as const;
  ring.note([
    trace(1, { counts: { ...counts, unknown: 2 } }),
    trace(2, { durationMs: SLOW_MS }),
    trace(3, { durationMs: SLOW_MS + 1 }),
    trace(4, { flow: 'SOS' }),
    trace(5, { calls: [call] }),
  ]);
  expect(ids(ring, { isUnknown: true })).toEqual(['r1']);
  expect(ids(ring, { isSlow: true })).toEqual(['r3']);
  expect(ids(ring, { flow: 'SOS' })).toEqual(['r4']);
  expect(ids(ring, { vendor: 'agenda-b' })).toEqual(['r5']);
  expect(ids(ring, { requestId: 'r2' })).toEqual(['r2']);
  expect(ids(ring, { beforeMs: 3 })).toEqual(['r2', 'r1']);
  expect(ids(ring, { afterMs: 3 }, 1)).toEqual(['r4']);
});
