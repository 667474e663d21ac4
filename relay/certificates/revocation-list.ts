// Reads a revocation list (RFC 5280 § 5): its number, from when to when it holds, and whether a key signed it. A list
// belongs to that key, whatever certificates and names the key has. No I/O, no clock.

import type { KeyObject } from 'node:crypto';
import { Asn1Error, type Element, readElement, readElements, readOid, readTime, TAG } from './asn1.ts';
import { readComparableName } from './distinguished-name.ts';
import { readStrongSignature, type StrongSignature, verifySignature } from './signature-algorithm.ts';

const CRL_NUMBER = '2.5.29.20';

export interface RevocationList {
  /** The issuer's name in the form that compares (distinguished-name.ts): for saying what is wrong, not for trusting. */
  readonly issuer: string;
  readonly number: bigint | undefined;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number | undefined;
  readonly signed: Buffer;
  readonly signature: Buffer;
  /** Undefined when it is weak or unknown: it then proves nothing. */
  readonly algorithm: StrongSignature | undefined;
}

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

/** DER as PEM, 64 characters a line. */
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
    return {
      issuer: readComparableName(issuer),
      number: readNumber(fields.find(({ tag }) => tag === 0xa0)),
      thisUpdateMs: readTime(thisUpdate),
      nextUpdateMs: next !== undefined && isTime(next) ? readTime(next) : undefined,
      signed: signed.whole,
      signature: bits.content.subarray(1),
      algorithm: readStrongSignature(algorithm),
    };
  } catch (error) {
    if (error instanceof Asn1Error) return undefined;
    throw error;
  }
}

/** False also for an algorithm that is unknown or too weak. */
export function isSignedBy({ algorithm, signed, signature }: RevocationList, key: KeyObject): boolean {
  return algorithm !== undefined && verifySignature(algorithm, key, signed, signature);
}

function readNumber(wrapper: Element | undefined): bigint | undefined {
  for (const extension of wrapper === undefined ? [] : readElements(readElement(wrapper.content).content)) {
    const [oid, ...rest] = readElements(extension.content);
    const value = rest.at(-1);
    if (oid === undefined || value === undefined || readOid(oid) !== CRL_NUMBER) continue;
    const { content } = readElement(value.content);
    return content.length === 0 ? undefined : BigInt(`0x${content.toString('hex')}`);
  }
  return undefined;
}

function isTime(element: Element): boolean {
  return element.tag === TAG.utcTime || element.tag === TAG.generalizedTime;
}
