// A text folded when the Worker is built is the same text unfolded, and the description of the API gets smaller by it.

import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fold } from '../../../scripts/fold.ts';
import { describeApi } from '../../../worker/openapi/document.ts';
import { unfold } from '../../../worker/openapi/folded.ts';
import { ROUTES } from '../../../worker/routes.ts';

it('comes back as it was, whatever repeats in it (seed 7)', () => {
  const words = fc.constantFrom('a'.repeat(40), 'abcdefgh'.repeat(5), 'é€𝄞'.repeat(12), 'x', '1', '');
  let folded = 0;
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string()), { minLength: 6, maxLength: 30 }), (pieces) => {
      const text = pieces.join('');
      const parts = fold(text);
      if (parts.some((part) => typeof part === 'number')) folded += 1;
      expect(unfold(parts)).toBe(text);
    }),
    { seed: 7, numRuns: 300 },
  );
  expect(folded).toBeGreaterThan(100);
});

it('makes the description smaller than gzip alone, by a fifth at least', () => {
  const text = JSON.stringify(describeApi(ROUTES, 'https://edge.example'));
  const sizes = [text, JSON.stringify(fold(text))].map((one) => gzipSync(one, { level: 9 }).length);
  expect(sizes[1]).toBeLessThan((sizes[0] ?? 0) * 0.8);
});
