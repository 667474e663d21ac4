// What a certificate says, read from its own bytes: names attribute by attribute, usages, issuer, key ids. Node
// joins names into one text and shows no key usage, and a text can be made to look like another name; so nothing
// here goes through a text. No I/O, no clock. RFC 5280 § 4, docs/guide.md G-807.

import type { X509Certificate } from 'node:crypto';
import { Asn1Error, type Element, readElement, readElements, readOid, readTime } from './asn1.ts';
import { readComparableName, readSubjectNames, type SubjectNames } from './distinguished-name.ts';
import { readStrongSignature } from './signature-algorithm.ts';

const OID = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;

/** Understood, or without a say in whether the certificate may be used here: names, policies, where lists are. */
const KNOWN_EXTENSIONS = new Set<string>([...Object.values(OID), '2.5.29.17', '2.5.29.31', '2.5.29.32']);

/** First byte of the key usage bits (RFC 5280 § 4.2.1.3). */
export const KEY_USAGE = {
  digitalSignature: 0x80,
  keyEncipherment: 0x20,
  keyAgreement: 0x08,
  keyCertSign: 0x04,
  crlSign: 0x02,
} as const;

export interface CertificateFacts extends SubjectNames {
  /** Hexadecimal, upper case, without leading zeros. */
  readonly serial: string;
  /** In the form that compares (distinguished-name.ts). */
  readonly issuer: string;
  readonly subject: string;
  /** OID of the signature's algorithm. */
  readonly algorithm: string;
  /** Signed with SHA-256 or better. */
  readonly isStrong: boolean;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly isAuthority: boolean;
  /** How many authorities may stand below this one, when it says so. */
  readonly pathLength: number | undefined;
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
  return {
    serial: readSerial(need(serial)),
    issuer: readComparableName(need(issuer)),
    subject: readComparableName(need(subject)),
    ...readSubjectNames(need(subject)),
    algorithm,
    isStrong: readStrongSignature(need(outer)) !== undefined,
    notBeforeMs: readTime(need(notBefore)),
    notAfterMs: readTime(need(notAfter)),
    ...readExtensions(fields.find(({ tag }) => tag === 0xa3)),
  };
}

function readAlgorithm(element: Element | undefined): string {
  const [oid] = readElements(need(element).content);
  return readOid(need(oid));
}

type Extensions = Pick<
  CertificateFacts,
  | 'isAuthority'
  | 'pathLength'
  | 'keyUsage'
  | 'extendedUsages'
  | 'keyId'
  | 'authorityKeyId'
  | 'hasUnknownCritical'
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
  const [authority, pathLength] = constraints === undefined ? [] : readElements(constraints.content);
  const usages = values.get(OID.extendedKeyUsage);
  const ids = values.get(OID.authorityKeyId);
  const aki = ids === undefined ? undefined : readElements(ids.content).find(({ tag }) => tag === 0x80);
  return {
    isAuthority: authority?.tag === 0x01 && authority.content[0] !== 0,
    pathLength: pathLength === undefined ? undefined : readCount(pathLength),
    // A bit string: the first byte counts its unused bits.
    keyUsage: values.has(OID.keyUsage) ? (values.get(OID.keyUsage)?.content[1] ?? 0) : undefined,
    extendedUsages: usages && readElements(usages.content).map(readOid),
    keyId: values.get(OID.subjectKeyId)?.content,
    authorityKeyId: aki?.content,
    hasUnknownCritical,
  };
}

/** A count past a byte bounds nothing here. */
function readCount({ content }: Element): number {
  return content.length === 1 ? (content[0] ?? 0) : 255;
}

function need(element: Element | undefined): Element {
  if (element === undefined) throw new Asn1Error('missing');
  return element;
}
