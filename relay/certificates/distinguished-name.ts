// The names in certificates, read from their bytes. A CN or an OU as an identity is exact; a name as the name of an
// issuer is compared as RFC 5280 § 7.1 wants it, where the string's type, case and blanks do not count. No I/O, no clock.

import { Asn1Error, type Element, readElements, readOid } from './asn1.ts';

const COMMON_NAME = '2.5.4.3';
const ORGANIZATIONAL_UNIT = '2.5.4.11';

export interface SubjectNames {
  /** Every CN and OU of the subject, in whatever part of it they stand. */
  readonly cn: readonly string[];
  readonly ou: readonly string[];
}

/** The CNs and OUs in their order. @throws Asn1Error. */
export function readSubjectNames(subject: Element): SubjectNames {
  const cn: string[] = [];
  const ou: string[] = [];
  for (const set of readElements(subject.content)) {
    for (const attribute of readElements(set.content)) {
      const [type, value] = readAttribute(attribute);
      if (type === COMMON_NAME) cn.push(readText(value));
      else if (type === ORGANIZATIONAL_UNIT) ou.push(readText(value));
    }
  }
  return { cn, ou };
}

/** Equal for two names exactly when they are one name: for finding issuers, whose signature then decides. */
export function readComparableName(name: Element): string {
  const sets = readElements(name.content).map((set) =>
    readElements(set.content)
      .map((attribute) => {
        const [type, value] = readAttribute(attribute);
        return [type, prepare(value)];
      })
      .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  );
  return JSON.stringify(sets);
}

function readAttribute(attribute: Element): readonly [type: string, value: Element] {
  const [type, value] = readElements(attribute.content);
  if (type === undefined || value === undefined) throw new Asn1Error('name');
  return [readOid(type), value];
}

/** UTF8String, PrintableString, IA5String; other kinds have more than one reading. */
function readText({ tag, content }: Element): string {
  if (tag === 0x0c) return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  if ((tag === 0x13 || tag === 0x16) && content.every((byte) => byte < 0x80))
    return content.toString('latin1');
  throw new Asn1Error('text');
}

/** A kind of string that is not read here compares by its bytes. */
function prepare(value: Element): string {
  try {
    return `text ${readText(value).normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()}`;
  } catch {
    return `bytes ${value.whole.toString('hex')}`;
  }
}
