// The depth scan against the depth of the parsed value, on both sides of the bound.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countKept, measureAll } from '../../../shared/fhir/json-bounds.ts';

const scan = (text: string, max: number): boolean =>
  typeof measureAll(Buffer.from(text), { depthMax: max, valuesMax: 1_000_000 }) === 'object';
const isWithinDepth = (value: unknown, max: number): boolean => countKept(value, max) >= 0;

test.each([
  ['', 0],
  ['1', 0],
  ['"{[{["', 0],
  [String.raw`"\"{[\\"`, 0],
  [String.raw`{"a\\":"]}","b":[1,{"c":[]}]}`, 4],
  ['[[],[],[]]', 2],
  ['{"é":["ü{"]}', 2],
  [`{"${'x'.repeat(100)}[":1}`, 1],
])('accepts %s at its depth and refuses it one below', (text, depth) => {
  expect(scan(text, depth)).toBe(true);
  if (depth > 0) expect(scan(text, depth - 1)).toBe(false);
});

test.each(['"unterminated {[', '"ends in an escape \\', '}}}}', ']]]][[[[', '{{{{'])(
  'ends on %s, which is not JSON',
  (text) => {
    expect(typeof scan(text, 64)).toBe('boolean');
  },
);

test('stops at once on a text that only opens', () => {
  expect(scan('['.repeat(1_000_000), 64)).toBe(false);
});

test('both measures agree with each other', () => {
  let seen = 0;
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), (text) => {
      const depth = measure(JSON.parse(text));
      seen = Math.max(seen, depth);
      const value: unknown = JSON.parse(text);
      const scanned = scan(text, depth) && (depth === 0 || !scan(text, depth - 1));
      return scanned && isWithinDepth(value, depth) && (depth === 0 || !isWithinDepth(value, depth - 1));
    }),
    { seed: 20_260, numRuns: 500 },
  );
  expect(seen).toBeGreaterThan(2);
});

function measure(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Object.values(value).reduce((most: number, child) => Math.max(most, measure(child)), 0);
}
