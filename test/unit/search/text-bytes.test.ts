import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TextBytes } from '../../../worker/search/bundle.ts';

it('writes texts and bytes behind one another, however many and whatever was expected', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    fc.constant('é'.repeat(5_000)),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(text, fc.boolean()), { maxLength: 12 }),
      fc.nat(20_000),
      (texts, expected) => {
        const bytes = new TextBytes(expected);
        for (const [one, isBytes] of texts) bytes.add(isBytes ? new TextEncoder().encode(one) : one);
        const whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.finish());
        expect(whole).toBe(
          texts
            .map(([one]) =>
              new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(one)),
            )
            .join(''),
        );
      },
    ),
  );
});
