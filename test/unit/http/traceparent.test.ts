import fc from 'fast-check';
import { expect, it } from 'vitest';
import { newTraceId, readTraceparent, writeTraceparent } from '../../../shared/link/trace.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

it.each([
  `00-${TRACE}-${PARENT}-01`,
  `00-${TRACE}-${PARENT}-00`,
  ` 00-${TRACE}-${PARENT}-ff `,
  `cc-${TRACE}-${PARENT}-01`,
  `cc-${TRACE}-${PARENT}-01-what-is-to-come`,
])('reads %s', (header) => {
  expect(readTraceparent(header)).toBe(TRACE);
});

it.each([
  null,
  undefined,
  '',
  TRACE,
  `00-${TRACE}-${PARENT}`,
  `00-${TRACE}-${PARENT}-01-more`,
  `ff-${TRACE}-${PARENT}-01`,
  `00-${'0'.repeat(32)}-${PARENT}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${PARENT}-01`,
  `00-${TRACE}0-${PARENT}-01`,
  `cc-${TRACE}-${PARENT}-01-${'x'.repeat(200)}`,
  `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`,
])('takes %s for none', (header) => {
  expect(readTraceparent(header)).toBeUndefined();
});

it('gives 32 hexadecimal digits or nothing, whatever is sent', () => {
  const near = fc.stringMatching(/^[0-9a-f]{2}-[0-9a-f]{30,33}-[0-9a-f]{15,17}-[0-9a-f]{1,3}(-.{0,5})?$/);
  fc.assert(
    fc.property(fc.oneof(near, fc.string(), fc.string({ unit: 'binary' })), (header) => {
      expect(readTraceparent(header) ?? TRACE).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
    }),
    { numRuns: 2_000 },
  );
});

it('writes what it reads, with another parent each time', () => {
  const traceId = newTraceId();
  const written = [writeTraceparent(traceId), writeTraceparent(traceId)];
  expect(written.map(readTraceparent)).toEqual([traceId, traceId]);
  expect(new Set(written).size).toBe(2);
});
