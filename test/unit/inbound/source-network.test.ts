// Which addresses are one source of connections: /24 of IPv4, /64 of IPv6, however they are written.

import { expect, test } from 'vitest';
import { sourceNetwork } from '../../../relay/inbound/source-network.ts';

test.each([
  ['192.0.2.1', '192.0.2.254', true],
  ['192.0.2.1', '192.0.3.1', false],
  ['::ffff:192.0.2.7', '192.0.2.9', true],
  ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', true],
  ['2001:DB8:1:2::1', '2001:0db8:0001:0002:0:0:0:9', true],
  ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
  ['2001:db8::1', '2001:db8:0:0:5::', true],
  ['2001:db8::1', '2001:db8:0:1::1', false],
  ['fe80::1%eth0', 'fe80::2', true],
  ['::1', '::2', true],
])('%s and %s: %s', (one, other, isSame) => {
  expect(sourceNetwork(one) === sourceNetwork(other)).toBe(isSame);
});

test('a socket without address any more has one of its own', () => {
  expect(sourceNetwork(undefined)).toBe('unknown');
});
