// How a certificate or a revocation list was signed, and whether that is still strong: judged by the hash and the
// key, not by the padding, so RSASSA-PSS stands beside PKCS #1. No I/O, no clock. RFC 5280 § 4.1.1.2, RFC 4055.

import { constants, type KeyObject, verify } from 'node:crypto';
import { type Element, readElement, readElements, readOid } from './asn1.ts';

const RSA_BITS_MIN = 2048;
const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

const RSASSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';

/** RSA (PKCS #1 v1.5) and ECDSA with SHA-256, SHA-384 or SHA-512. */
const HASH_BY_ALGORITHM: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};

const STRONG_HASHES: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

export interface StrongSignature {
  /** As Node names it. */
  readonly hash: string;
  /** Bytes of RSASSA-PSS's salt; absent for the other kinds. */
  readonly saltLength?: number;
}

/** Undefined for a weak hash (PSS's default is SHA-1) and for what is not known to be strong. `algorithm`: an AlgorithmIdentifier. */
export function readStrongSignature(algorithm: Element): StrongSignature | undefined {
  const [oid, parameters] = readElements(algorithm.content);
  if (oid === undefined) return undefined;
  const name = readOid(oid);
  if (name === RSASSA_PSS) return parameters === undefined ? undefined : readPss(parameters);
  const hash = HASH_BY_ALGORITHM[name];
  return hash === undefined ? undefined : { hash };
}

/** The mask must come from the same hash: Node verifies no other, and nobody mixes them. */
function readPss(parameters: Element): StrongSignature | undefined {
  const fields = new Map(readElements(parameters.content).map((field) => [field.tag, field.content]));
  const [hashField, maskField, saltField] = [fields.get(0xa0), fields.get(0xa1), fields.get(0xa2)];
  if (hashField === undefined || maskField === undefined) return undefined;
  const [hashOid] = readElements(readElement(hashField).content);
  const [maskOid, maskHash] = readElements(readElement(maskField).content);
  if (hashOid === undefined || maskOid === undefined || maskHash === undefined) return undefined;
  const [maskHashOid] = readElements(maskHash.content);
  const hash = STRONG_HASHES[readOid(hashOid)];
  if (hash === undefined || maskHashOid === undefined || readOid(maskOid) !== MGF1) return undefined;
  if (STRONG_HASHES[readOid(maskHashOid)] !== hash) return undefined;
  const salt = saltField === undefined ? undefined : readElement(saltField).content;
  if (salt !== undefined && (salt.length === 0 || salt.length > 2)) return undefined;
  return { hash, saltLength: salt === undefined ? 20 : salt.readUIntBE(0, salt.length) };
}

/** False as well for a key of another kind than the signature's. */
export function verifySignature(
  { hash, saltLength }: StrongSignature,
  key: KeyObject,
  signed: Buffer,
  signature: Buffer,
): boolean {
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  try {
    return verify(hash, signed, saltLength === undefined ? key : { key, padding, saltLength }, signature);
  } catch {
    return false;
  }
}

/** RSA of 2,048 bits at least, or one of the curves above. */
export function isStrongKey(key: KeyObject): boolean {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'rsa-pss') {
    return modulusLength >= RSA_BITS_MIN;
  }
  return key.asymmetricKeyType === 'ec' && CURVES.has(namedCurve);
}
