// Cap'n Proto text as workerd reads it; that workerd takes it is what the integration tests show.

import { expect, it } from 'vitest';
import { capnpText } from '../../../host/runtime/capnp-text.ts';

it('writes structs, lists, enumerants and numbers, and leaves out what is undefined', () => {
  const value = { a: 'x', b: [1, true], c: { d: Symbol('tls1Dot2') }, e: undefined };
  expect(capnpText(value)).toBe('(a = "x", b = [1, true], c = (d = tls1Dot2))');
});

it('lets no text out of its quotes', () => {
  expect(capnpText('a"), (b = "\\\n\u0000é')).toBe('"a\\"), (b = \\"\\\\\\n\\000\\303\\251"');
});
