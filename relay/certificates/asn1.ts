// The little of DER that Node does not read: walks a certificate or a revocation list as nested elements.
// Bounds are checked at each step; whatever does not fit throws Asn1Error. No I/O. ITU-T X.690.

/** The bytes are no DER that this file reads. */
export class Asn1Error extends Error {}

export interface Element {
  readonly tag: number;
  /** Header and content, as signed. */
  readonly whole: Buffer;
  readonly content: Buffer;
}

export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
} as const;

/** The elements that fill the buffer, one after the other. @throws Asn1Error. */
export function readElements(buffer: Buffer): readonly Element[] {
  const elements: Element[] = [];
  let at = 0;
  while (at < buffer.length) {
    const element = readElement(buffer, at);
    elements.push(element);
    at += element.whole.length;
  }
  return elements;
}

/** The element that begins at `at`. @throws Asn1Error. */
export function readElement(buffer: Buffer, at = 0): Element {
  const tag = buffer[at];
  const first = buffer[at + 1];
  if (tag === undefined || first === undefined) throw new Asn1Error('truncated');
  let length = first;
  let head = 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4 || at + 2 + count > buffer.length) throw new Asn1Error('length');
    length = buffer.readUIntBE(at + 2, count);
    head += count;
  }
  const end = at + head + length;
  if (end > buffer.length) throw new Asn1Error('truncated');
  return { tag, whole: buffer.subarray(at, end), content: buffer.subarray(at + head, end) };
}

/** UTCTime or GeneralizedTime in UTC (RFC 5280 § 4.1.2.5), milliseconds since the epoch. */
export function readTime(element: Element): number {
  const digits = element.content.toString('latin1');
  const match = /^(\d{2,4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  if (match === null) throw new Asn1Error('time');
  const [, year = '', month, day, hour, minute, second] = match;
  const full = element.tag === TAG.utcTime ? Number(year) + (Number(year) < 50 ? 2000 : 1900) : Number(year);
  return Date.UTC(full, Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}

/** Dotted form of an object identifier. */
export function readOid(element: Element): string {
  const [first = 0, ...rest] = element.content;
  const parts = [Math.min(Math.floor(first / 40), 2)];
  parts.push(first - 40 * (parts[0] ?? 0));
  let value = 0;
  for (const byte of rest) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      parts.push(value);
      value = 0;
    }
  }
  return parts.join('.');
}
