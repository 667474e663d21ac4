// Addresses of callers, and the networks they stand in: what one household, hospital or provider may change its address
// within. Text in, text out; pure. RFC 4291 (IPv6, addresses that stand for IPv4).

/** An address as one number. */
interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** Reads an address, also one with a port, a zone or brackets, as proxies write them; undefined when it is none. */
function parseAddress(text: string): Address | undefined {
  const bare = text
    .trim()
    .replace(/^\[([^\]]*)\](?::\d+)?$/, '$1')
    .replace(/%.*$/, '');
  if (bare.includes(':') && !/^[\d.]+:\d+$/.test(bare)) return parseSixteen(bare);
  return parseFour(bare.replace(/:\d+$/, ''));
}

function parseFour(text: string): Address | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return { bits: 32, value: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
}

function parseSixteen(text: string): Address | undefined {
  // The last 32 bits may be written as an IPv4 address.
  const tail = /:([\d.]+\.[\d.]+)$/.exec(text)?.[1];
  const four = tail === undefined ? undefined : parseFour(tail);
  if (tail !== undefined && four === undefined) return undefined;
  const groups = four ? `${(four.value >> 16n).toString(16)}:${(four.value & 0xffffn).toString(16)}` : '';
  const [head = '', rest, more] = (tail === undefined ? text : text.slice(0, -tail.length) + groups).split(
    '::',
  );
  if (more !== undefined) return undefined;
  const before = head === '' ? [] : head.split(':');
  const after = rest === undefined || rest === '' ? [] : rest.split(':');
  const missing = 8 - before.length - after.length;
  if (rest === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...before, ...Array.from({ length: missing }, () => '0'), ...after];
  if (!all.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  const value = all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
  // ::ffff:192.0.2.1 is 192.0.2.1.
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value };
}

/** An address's near network (one line of a provider: IPv4 /32, IPv6 /64) and its wide one (/24, /48). */
export interface Networks {
  readonly near: string;
  readonly wide: string;
}

/** Both empty when the text is no address. */
export function networksOf(text: string): Networks {
  const address = parseAddress(text);
  if (address === undefined) return { near: '', wide: '' };
  const [near, wide] = address.bits === 32 ? [32, 24] : [64, 48];
  return { near: networkText(address, near), wide: networkText(address, wide) };
}

/** A range of addresses, `192.0.2.0/24`, or one; undefined when the text is neither. */
export function parseRange(text: string): ((address: string) => boolean) | undefined {
  const [base = '', length, more] = text.split('/');
  const range = parseAddress(base);
  if (range === undefined || more !== undefined) return undefined;
  const kept = length === undefined ? range.bits : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (kept < 0 || kept > range.bits) return undefined;
  const wanted = networkText(range, kept);
  return (address) => {
    const parsed = parseAddress(address);
    return parsed?.bits === range.bits && networkText(parsed, kept) === wanted;
  };
}

/** True of what `networksOf` can place. */
export function isAddress(text: string): boolean {
  return parseAddress(text) !== undefined;
}

function networkText({ bits, value }: Address, kept: number): string {
  return `${bits === 32 ? 'v4' : 'v6'} ${(value >> BigInt(bits - kept)).toString(16)}/${kept}`;
}
