// What a vendor's names and streets are shown as: nothing in them is unseen.
import { expect, it } from 'vitest';
import { readShownText } from '../../../shared/sas/read/elements/contact.ts';

it.each([
  ['a line turned round', 'Dr \u202eevitciF\u202c Ada', 'Dr evitciF Ada'],
  ['an isolate left open', '\u2067Fictive', 'Fictive'],
  ['marks of direction', 'Fic\u200etive\u200f\u061c', 'Fictive'],
  ['a name that looks like another', 'Fic\u200btive\u2060\ufeff\u00ad', 'Fictive'],
  ['a second line', 'Fictive\u2028Ada\u2029', 'FictiveAda'],
  ['control characters of both sets', 'Fictive\u0000\u001b[2J\u009b2J', 'Fictive [2J2J'],
  ['tags that write unseen', 'Fictive\u{e0041}\u{e0042}', 'Fictive'],
  ['nothing but those', '\u200b\u202e', undefined],
  ['letters of other scripts', 'Ελένη Zażółć Đặng', 'Ελένη Zażółć Đặng'],
])('%s', (_, written, shown) => {
  const repairs: string[] = [];
  expect(readShownText(written, repairs as never)).toBe(shown);
  expect(repairs).toEqual([]);
});
