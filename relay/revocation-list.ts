// Reads a revocation list (RFC 5280 § 5): who signed it, from when to when it holds, and whether the signature
// is right. Refusing revoked certificates itself is OpenSSL's work, at each handshake. No I/O, no clock.

import { type KeyObject, verify, type X509Certificate } from 'node:crypto';
import { Asn1Error, type Element, readElement, readElements, readOid, readTime, TAG } from './asn1.ts';

export interface RevocationList {
  /** PEM, one list: what Node's `crl` option takes. */
  readonly pem: string;
  /** DER of the issuer's name, for comparing with a certificate's subject. */
  readonly issuer: Buffer;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number | undefined;
  readonly signed: Buffer;
  readonly signature: Buffer;
  readonly digest: string | undefined;
}

const DIGESTS: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----/g;

/** The PEM blocks of a file with the given label, as DER; a file that is DER itself is one block. */
export function readBlocks(file: Buffer, label: RegExp): readonly Buffer[] {
  if (file[0] === TAG.sequence) return [file];
  const blocks: Buffer[] = [];
  for (const [, name = '', body = ''] of file.toString('latin1').matchAll(PEM_BLOCK)) {
    if (label.test(name)) blocks.push(Buffer.from(body, 'base64'));
  }
  return blocks;
}

export function writePem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Undefined when it is not a whole revocation list. */
export function readRevocationList(der: Buffer): RevocationList | undefined {
  try {
    const list = readElement(der);
    if (list.tag !== TAG.sequence || list.whole.length !== der.length) return undefined;
    const [signed, algorithm, bits] = readElements(list.content);
    if (!signed || !algorithm || bits?.tag !== TAG.bitString) return undefined;
    const fields = readElements(signed.content);
    const [, issuer, thisUpdate, next] = fields[0]?.tag === TAG.integer ? fields.slice(1) : fields;
    if (!issuer || !thisUpdate) return undefined;
    const [oid] = readElements(algorithm.content);
    return {
      pem: writePem('X509 CRL', der),
      issuer: issuer.whole,
      thisUpdateMs: readTime(thisUpdate),
      nextUpdateMs: next !== undefined && isTime(next) ? readTime(next) : undefined,
      signed: signed.whole,
      signature: bits.content.subarray(1),
      digest: oid === undefined ? undefined : DIGESTS[readOid(oid)],
    };
  } catch (error) {
    if (error instanceof Asn1Error) return undefined;
    throw error;
  }
}

/** False when the key did not make the signature; an algorithm we do not know is left to OpenSSL. */
export function isSignedBy(list: RevocationList, key: KeyObject): boolean {
  return list.digest === undefined || verify(list.digest, list.signed, key, list.signature);
}

/** DER of a certificate's subject name. */
export function readSubject(certificate: X509Certificate): Buffer {
  const [signed] = readElements(readElement(certificate.raw).content);
  const fields = signed === undefined ? [] : readElements(signed.content);
  // [0] version, when there is one, then serial, algorithm, issuer, validity, subject.
  const subject = fields[fields[0]?.tag === 0xa0 ? 5 : 4];
  if (subject === undefined) throw new Asn1Error('certificate');
  return subject.whole;
}

function isTime(element: Element): boolean {
  return element.tag === TAG.utcTime || element.tag === TAG.generalizedTime;
}
