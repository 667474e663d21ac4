// From the bytes of somebody's JSON to its text, in whatever encoding it was sent. RFC 8259 wants UTF-8; vendors also
// send ISO-8859-1 and windows-1252, declared or not, and declare one while they send the other. No letter is guessed
// that could be another: what cannot be told gives no text, never a U+FFFD. Pure; docs/divergences.md.

/** What UTF-8 makes of the letters and quotes of French: in windows-1252 it would read "Ã©", "Â°", "â€™". */
const UTF8_PAIRS = /[\u00c2\u00c3][\u0080-\u00bf\u0152-\u2122]|\u00e2\u20ac/;
/** Bytes that windows-1252 does not define: the text is in another encoding. */
const UNDEFINED = /[\u0080-\u009f]/;
/** The label that WHATWG's Encoding gives to ISO-8859-1 and ASCII too. */
const WESTERN = 'windows-1252';

/**
 * The text without its byte order mark; undefined when the encoding cannot be told or the bytes are not of it.
 * A mark or the zero bytes of UTF-16 come first, then UTF-8 where the bytes are such (no text in another encoding is by
 * chance), then the charset declared, then windows-1252.
 */
export function decodeText(bytes: Uint8Array, contentType?: string): string | undefined {
  const wide = wideLabel(bytes);
  if (wide !== undefined) return decodeAs(wide, bytes);
  const utf8 = decodeAs('utf-8', bytes);
  if (utf8 !== undefined) return utf8;
  const declared = charsetOf(contentType);
  if (declared !== undefined && !/^utf-?8$/i.test(declared)) return declaredText(declared, bytes);
  const text = decodeAs(WESTERN, bytes);
  // Part of it is UTF-8 and part is not: whichever is chosen damages the other.
  return text === undefined || UTF8_PAIRS.test(text) || UNDEFINED.test(text) ? undefined : text;
}

/** UTF-16 by its mark or, JSON beginning with two ASCII characters, by its zero byte. Never mistaken for UTF-8. */
export function wideLabel([first, second]: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if ((first === 0xff && second === 0xfe) || (second === 0 && first !== 0)) return 'utf-16le';
  return (first === 0xfe && second === 0xff) || (first === 0 && second !== undefined)
    ? 'utf-16be'
    : undefined;
}

/** `charset` of a Content-Type, quoted or not, in any case. */
function charsetOf(contentType = ''): string | undefined {
  const [, quoted, plain] = /;\s*charset\s*=\s*(?:"([^"]*)"|([^;\s]*))/i.exec(contentType) ?? [];
  const label = (quoted ?? plain ?? '').trim().replace(/^'(.*)'$/, '$1');
  return label === '' ? undefined : label;
}

function declaredText(label: string, bytes: Uint8Array): string | undefined {
  const text = decodeAs(label, bytes);
  return text === undefined || UNDEFINED.test(text) ? undefined : text;
}

/** Undefined for an unknown label, and for bytes that are not of that encoding. */
function decodeAs(label: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
