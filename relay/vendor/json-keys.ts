// Whether each object of a vendor's JSON names each of its keys once. A parser keeps the last and drops the others without
// a word (RFC 8259 § 4), so that a slot both "busy" and "free", or entries and then none, would be half read.

import { skipString } from './json-depth.ts';

const QUOTE = 0x22;
const COLON = 0x3a;

/** `value` as parsed of `bytes`. A few milliseconds for an answer of megabytes (docs/relay.md). */
export function isEachKeyOnce(bytes: Uint8Array, value: unknown): boolean {
  return countWritten(bytes) === countKept(value);
}

/** In JSON a colon outside of strings follows a key. */
function countWritten(bytes: Uint8Array): number {
  const { length } = bytes;
  let count = 0;
  for (let at = 0; at < length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) at = skipString(bytes, at + 1);
    else if (byte === COLON) count += 1;
  }
  return count;
}

function countKept(value: unknown): number {
  let count = 0;
  if (Array.isArray(value)) {
    for (const child of value) if (typeof child === 'object' && child !== null) count += countKept(child);
    return count;
  }
  if (typeof value !== 'object' || value === null) return 0;
  const object = value as Record<string, unknown>;
  // A parsed object has no inherited names, and `in` makes no list of them.
  for (const name in object) {
    count += 1;
    const child = object[name];
    if (typeof child === 'object' && child !== null) count += countKept(child);
  }
  return count;
}
