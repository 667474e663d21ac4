// The network that a connection comes from, as far as one customer of a provider has it: /24 of IPv4, /64 of IPv6. Pure.

import { isIPv4, isIPv6 } from 'node:net';

/** `unknown` for a socket that has no address any more. */
export function sourceNetwork(address: string | undefined): string {
  const plain = (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIPv4(plain)) return plain.split('.').slice(0, 3).join('.');
  const bare = plain.replace(/%.*$/, '');
  if (!isIPv6(bare)) return 'unknown';
  // Written by the URL parser in one form, eight groups less one run of zeros.
  const [head = '', tail] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::');
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = tail === undefined ? 0 : 8 - (before?.length ?? 0) - (after?.length ?? 0);
  return [...(before ?? []), ...Array.from({ length: zeros }, () => '0'), ...(after ?? [])]
    .slice(0, 4)
    .join(':');
}
