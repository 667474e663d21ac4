// What a certificate says, read from its own bytes: names attribute by attribute, usages, issuer, key ids. Node
// joins names into one text and shows no key usage, and a text can be made to look like another name; so nothing
// here goes through a text. No I/O, no clock. RFC 5280 § 4, mtls.md § 6.

import type { X509Certificate } from 'node:crypto';
import { Asn1Error, type Element, readElement, readElements, readOid, readTime } from './asn1.ts';

const OID = {
  commonName: '2.5.4.3',
  organizationalUnit: '2.5.4.11',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;

/** Understood, or without a say in whether the certificate may be used here: names, policies, where lists are. */
const KNOWN_EXTENSIONS = new Set<string>([...Object.values(OID), '2.5.29.17', '2.5.29.31', '2.5.29.32']);

/** First byte of the key usage bits (RFC 5280 § 4.2.1.3). */
export const KEY_USAGE = { digitalSignature: 0x80, keyCertSign: 0x04, crlSign: 0x02 } as const;

export interface CertificateFacts {
  /** Hexadecimal, upper case, without leading zeros. */
  readonly serial: string;
  /** DER of the names: compared byte by byte. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  /** Every CN and OU of the subject, in whatever part of it they stand. */
  readonly cn: readonly string[];
  readonly ou: readonly string[];
  /** OID of the signature's algorithm. */
  readonly algorithm: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly isAuthority: boolean;
  readonly keyUsage: number | undefined;
  readonly extendedUsages: readonly string[] | undefined;
  readonly keyId: Buffer | undefined;
  readonly authorityKeyId: Buffer | undefined;
  readonly hasUnknownCritical: boolean;
}

/** Undefined when the bytes cannot be read whole. */
export function readCertificate(certificate: X509Certificate): CertificateFacts | undefined {
  try {
    return readFacts(certificate.raw);
  } catch (error) {
    if (error instanceof Asn1Error || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Hexadecimal of an INTEGER, upper case, without leading zeros: the form serials are compared in. */
export function readSerial(element: Element): string {
  return element.content.toString('hex').replace(/^0+/, '').toUpperCase();
}

function readFacts(der: Buffer): CertificateFacts {
  const [signed, outer] = readElements(readElement(der).content);
  const fields = readElements(need(signed).content);
  const [serial, inner, issuer, validity, subject] = fields[0]?.tag === 0xa0 ? fields.slice(1) : fields;
  const algorithm = readAlgorithm(outer);
  if (readAlgorithm(inner) !== algorithm) throw new Asn1Error('algorithm');
  const [notBefore, notAfter] = readElements(need(validity).content);
  const names = readNames(need(subject));
  return {
    serial: readSerial(need(serial)),
    issuer: need(issuer).whole,
    subject: need(subject).whole,
    ...names,
    algorithm,
    notBeforeMs: readTime(need(notBefore)),
    notAfterMs: readTime(need(notAfter)),
    ...readExtensions(fields.find(({ tag }) => tag === 0xa3)),
  };
}

function readAlgorithm(element: Element | undefined): string {
  const [oid] = readElements(need(element).content);
  return readOid(need(oid));
}

function readNames(subject: Element): { readonly cn: readonly string[]; readonly ou: readonly string[] } {
  const cn: string[] = [];
  const ou: string[] = [];
  for (const set of readElements(subject.content)) {
    for (const attribute of readElements(set.content)) {
      const [type, value] = readElements(attribute.content);
      const oid = readOid(need(type));
      if (oid === OID.commonName) cn.push(readText(need(value)));
      else if (oid === OID.organizationalUnit) ou.push(readText(need(value)));
    }
  }
  return { cn, ou };
}

/** UTF8String, PrintableString, IA5String; other kinds have more than one reading. */
function readText({ tag, content }: Element): string {
  if (tag === 0x0c) return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  if ((tag === 0x13 || tag === 0x16) && content.every((byte) => byte < 0x80))
    return content.toString('latin1');
  throw new Asn1Error('text');
}

type Extensions = Pick<
  CertificateFacts,
  'isAuthority' | 'keyUsage' | 'extendedUsages' | 'keyId' | 'authorityKeyId' | 'hasUnknownCritical'
>;

function readExtensions(wrapper: Element | undefined): Extensions {
  const values = new Map<string, Element>();
  let hasUnknownCritical = false;
  const [list] = wrapper === undefined ? [] : readElements(wrapper.content);
  for (const extension of list === undefined ? [] : readElements(list.content)) {
    const parts = readElements(extension.content);
    const oid = readOid(need(parts[0]));
    const isCritical = parts.length === 3 && need(parts[1]).content[0] !== 0;
    if (values.has(oid)) throw new Asn1Error('extension twice');
    values.set(oid, readElement(need(parts.at(-1)).content));
    hasUnknownCritical ||= isCritical && !KNOWN_EXTENSIONS.has(oid);
  }
  const constraints = values.get(OID.basicConstraints);
  const [authority] = constraints === undefined ? [] : readElements(constraints.content);
  const usages = values.get(OID.extendedKeyUsage);
  const ids = values.get(OID.authorityKeyId);
  const aki = ids === undefined ? undefined : readElements(ids.content).find(({ tag }) => tag === 0x80);
  return {
    isAuthority: authority?.tag === 0x01 && authority.content[0] !== 0,
    // A bit string: the first byte counts its unused bits.
    keyUsage: values.has(OID.keyUsage) ? (values.get(OID.keyUsage)?.content[1] ?? 0) : undefined,
    extendedUsages: usages && readElements(usages.content).map(readOid),
    keyId: values.get(OID.subjectKeyId)?.content,
    authorityKeyId: aki?.content,
    hasUnknownCritical,
  };
}

function need(element: Element | undefined): Element {
  if (element === undefined) throw new Asn1Error('missing');
  return element;
}
