// The authorities of `listen.caFile`: which of them may issue a vendor's certificate, and the chain of each up to
// a root of the same file. Vendors' own chains are never used: the file alone decides. No I/O, no clock.

import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import { type CertificateFacts, KEY_USAGE, readCertificate } from './client-certificate.ts';
import type { Problem } from './problem.ts';

const FIELD = 'listen.caFile';
const CHAIN_LENGTH_MAX = 4;
const RSA_BITS_MIN = 2048;
const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

/** RSA (PKCS #1 v1.5) and ECDSA with SHA-256, SHA-384 or SHA-512. */
const STRONG_ALGORITHMS = new Set([
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
]);

export interface Authority {
  /** SHA-256 of the certificate. */
  readonly id: string;
  /** Its CN, for the metrics. */
  readonly name: string;
  readonly key: KeyObject;
  readonly facts: CertificateFacts;
  /** Undefined for a root. */
  readonly issuer: Authority | undefined;
}

export interface Authorities {
  readonly all: readonly Authority[];
  /** Those that may issue vendors' certificates: every one but the roots. */
  readonly issuers: readonly Authority[];
  readonly problems: readonly Problem[];
}

export function readAuthorities(pems: readonly string[]): Authorities {
  const problems: Problem[] = [];
  const report = (text: string): void => void problems.push({ field: FIELD, text });
  const read = pems.flatMap((pem) => readAuthority(pem, report));
  const known = new Map<string, Authority>();
  const resolve = (one: Unlinked, depth: number): Authority | undefined => {
    const done = known.get(one.id);
    if (done !== undefined) return done;
    if (isRoot(one)) return keep(known, { ...one, issuer: undefined });
    const above = read.find((other) => other.id !== one.id && isIssuedBy(one.certificate, one.facts, other));
    const issuer = above === undefined || depth === 0 ? undefined : resolve(above, depth - 1);
    return issuer === undefined ? undefined : keep(known, { ...one, issuer });
  };
  for (const one of read) {
    if (resolve(one, CHAIN_LENGTH_MAX) === undefined) report("une autorité n'y remonte à aucune racine");
  }
  const all = [...known.values()];
  const issuers = all.filter(({ issuer }) => issuer !== undefined);
  if (issuers.length === 0) report("ne contient pas l'autorité intermédiaire des éditeurs et sa racine");
  return { all, issuers, problems };
}

/** Name byte by byte, key id when the certificate has one, signature. */
export function isIssuedBy(
  certificate: X509Certificate,
  facts: CertificateFacts,
  { facts: issuer, key }: Pick<Authority, 'facts' | 'key'>,
): boolean {
  if (!facts.issuer.equals(issuer.subject)) return false;
  if (facts.authorityKeyId && issuer.keyId && !facts.authorityKeyId.equals(issuer.keyId)) return false;
  return certificate.verify(key);
}

export function isStrongKey(key: KeyObject): boolean {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') return modulusLength >= RSA_BITS_MIN;
  return key.asymmetricKeyType === 'ec' && CURVES.has(namedCurve);
}

export function isStrongAlgorithm(facts: CertificateFacts): boolean {
  return STRONG_ALGORITHMS.has(facts.algorithm);
}

interface Unlinked extends Omit<Authority, 'issuer'> {
  readonly certificate: X509Certificate;
}

function readAuthority(pem: string, report: (text: string) => void): readonly Unlinked[] {
  const certificate = new X509Certificate(pem);
  const facts = readCertificate(certificate);
  if (facts === undefined) {
    report('contient un certificat illisible');
    return [];
  }
  const maySign = facts.keyUsage === undefined || (facts.keyUsage & KEY_USAGE.keyCertSign) !== 0;
  if (!facts.isAuthority || !maySign) report("contient un certificat qui n'est pas celui d'une autorité");
  else if (!isStrongKey(certificate.publicKey) || !isStrongAlgorithm(facts)) {
    report('contient une autorité à la clé trop courte ou signée en SHA-1');
  } else {
    const id = createHash('sha256').update(certificate.raw).digest('hex');
    return [{ id, name: facts.cn.at(-1) ?? '', key: certificate.publicKey, facts, certificate }];
  }
  return [];
}

function isRoot({ facts, certificate, key }: Unlinked): boolean {
  return facts.issuer.equals(facts.subject) && certificate.verify(key);
}

function keep(
  known: Map<string, Authority>,
  { certificate: _, ...authority }: Authority & { certificate?: unknown },
): Authority {
  known.set(authority.id, authority);
  return authority;
}
