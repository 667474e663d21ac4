// Where the entries of a Bundle stand in its bytes: one pass that knows strings, escapes and nesting, and judges
// nothing else; what lies between is for JSON.parse to accept or refuse. Pure.

import { skipString } from '../../../shared/fhir/json-bounds.ts';

const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const ENTRY = 'entry';

/** Index behind the bracket that opens the outermost object's `entry`; -1 when there is none, or deeper than allowed. */
export function entryListStart(bytes: Buffer, depthMax: number): number {
  let depth = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      const end = skipString(bytes, at + 1);
      const colon = depth === 1 && isEntryKey(bytes, at, end) ? skipBlanks(bytes, end + 1) : -1;
      if (bytes[colon] === COLON) {
        const value = skipBlanks(bytes, colon + 1);
        return bytes[value] === OPEN_ARRAY ? value + 1 : -1;
      }
      at = end;
    } else if ((byte | 0x20) === 0x7b) {
      depth += 1;
      if (depth > depthMax) return -1;
    } else if ((byte | 0x20) === 0x7d) {
      depth -= 1;
    }
  }
  return -1;
}

/** Past JSON's blanks: space, tab, line feed, carriage return. */
export function skipBlanks(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    at += 1;
  }
}

/** From the opening quote to the closing one. */
function isEntryKey(bytes: Buffer, from: number, end: number): boolean {
  return end - from - 1 === ENTRY.length && bytes.toString('latin1', from + 1, end) === ENTRY;
}
