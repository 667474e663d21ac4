// How much JSON a vendor sent: how deep it nests, of how many values it is, and whether each object names each of its keys
// once. Measured first of the bytes, in one pass that knows strings and escapes, before anything is built from them; then
// of the parsed value, four times faster. A parser keeps the last of two equal keys and drops the other without a word
// (RFC 8259 § 4), so that a slot both "busy" and "free", or entries and then none, would be half read: fewer keys are then
// kept than written. Neither pass judges the JSON itself. Measured on a 0.8 MB answer: 1.25 and 0.28 ms per MB (docs/relay.md).

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

export interface JsonBounds {
  /** Objects and arrays open at once. */
  readonly depthMax: number;
  /** Objects, arrays, texts, numbers and words, wherever they stand. */
  readonly valuesMax: number;
}

export type JsonExcess = 'too-deep' | 'too-many-values';

export interface Written {
  /** Index behind what was measured. */
  readonly end: number;
  readonly keys: number;
  /** Never less than there are; an empty object or array counts twice. */
  readonly values: number;
}

/** What stands in all of `bytes`. */
export function measureAll(bytes: Uint8Array, bounds: JsonBounds): Written | JsonExcess {
  return measure(bytes, 0, bounds, false);
}

/** What stands in the object that opens at `from`; undefined when it does not end. */
export function measureObject(
  bytes: Uint8Array,
  from: number,
  bounds: JsonBounds,
): Written | JsonExcess | undefined {
  const written = measure(bytes, from, bounds, true);
  return typeof written === 'object' && written.end < 0 ? undefined : written;
}

function measure(
  bytes: Uint8Array,
  from: number,
  { depthMax, valuesMax }: JsonBounds,
  isOne: boolean,
): Written | JsonExcess {
  const { length } = bytes;
  let depth = 0;
  let keys = 0;
  // Each value but the outermost follows a bracket or a comma.
  let values = 1;
  for (let at = from; at < length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      at = skipString(bytes, at + 1);
    } else if (byte === COLON) {
      // Outside of strings it follows a key.
      keys += 1;
    } else if (byte === COMMA) {
      values += 1;
      if (values > valuesMax) return 'too-many-values';
    } else if ((byte | 0x20) === 0x7b) {
      // `{` and `[` differ by this bit alone, as do `}` and `]`.
      depth += 1;
      if (depth > depthMax) return 'too-deep';
      values += 1;
      if (values > valuesMax) return 'too-many-values';
    } else if ((byte | 0x20) === 0x7d) {
      depth -= 1;
      if (isOne && depth === 0) return { end: at + 1, keys, values };
    }
  }
  return { end: isOne ? -1 : length, keys, values };
}

/** @returns how many keys a parsed value has; -1 when it nests deeper than `depthMax`, below which it never goes */
export function countKept(value: unknown, depthMax: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depthMax === 0) return -1;
  let count = 0;
  if (Array.isArray(value)) {
    for (const child of value) {
      const inner = typeof child === 'object' ? countKept(child, depthMax - 1) : 0;
      if (inner < 0) return -1;
      count += inner;
    }
    return count;
  }
  const object = value as Record<string, unknown>;
  // A parsed object has no inherited names, and `in` makes no list of them.
  for (const name in object) {
    const child = object[name];
    const inner = typeof child === 'object' ? countKept(child, depthMax - 1) : 0;
    if (inner < 0) return -1;
    count += 1 + inner;
  }
  return count;
}

/** From behind the opening quote; index of the closing one, or the length. */
export function skipString(bytes: Uint8Array, from: number): number {
  const { length } = bytes;
  let at = from;
  while (at < length) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at;
    at += byte === BACKSLASH ? 2 : 1;
  }
  return length;
}
