// The authorities of `listen.caFile`, proved to be sound ones that reach a root of the same file. Vendors' own chains
// are never used: the file alone decides. No I/O, no clock.

import { X509Certificate } from 'node:crypto';
import type { Problem } from '../base/problem.ts';
import {
  type Authority,
  type AuthorityPath,
  AuthorityPool,
  mayIssue,
  readAuthority,
} from './authority-pool.ts';
import { isStrongKey } from './signature-algorithm.ts';

const FIELD = 'listen.caFile';

export interface Authorities {
  readonly pool: AuthorityPool;
  readonly problems: readonly Problem[];
}

/** `pems`: the certificates of the file. Problems are French sentences, beside what is sound. */
export function readAuthorities(pems: readonly string[]): Authorities {
  const problems: Problem[] = [];
  const report = (text: string): void => void problems.push({ field: FIELD, text });
  const pool = new AuthorityPool(pems.flatMap((pem) => readSound(new X509Certificate(pem), report)));
  // One way up is enough for a key: of a cross-signed authority the other root may be nobody's business here.
  const reaching = new Set(pool.all.flatMap((one) => (pool.pathsOf(one).length > 0 ? [one.keyId] : [])));
  if (pool.all.some(({ keyId }) => !reaching.has(keyId))) report("une autorité n'y remonte à aucune racine");
  if (!pool.all.some((one) => mayIssueToVendors(pool, one) && reaching.has(one.keyId))) {
    report("ne contient pas l'autorité intermédiaire des éditeurs et sa racine");
  }
  return { pool, problems };
}

/** Every key but the roots'; a root's own renewals and cross-signed certificates are the root too. */
function mayIssueToVendors(pool: AuthorityPool, { keyId, facts }: Authority): boolean {
  return !pool.isRootKey(keyId) && facts.issuer !== facts.subject;
}

/** Those ways on which the certificate's issuer is an intermediate. */
export function vendorPaths(pool: AuthorityPool, paths: readonly AuthorityPath[]): readonly AuthorityPath[] {
  return paths.filter(([issuer]) => issuer !== undefined && mayIssueToVendors(pool, issuer));
}

function readSound(certificate: X509Certificate, report: (text: string) => void): readonly Authority[] {
  const authority = readAuthority(certificate);
  if (authority === undefined) report('contient un certificat illisible');
  else if (!mayIssue(authority.facts)) report("contient un certificat qui n'est pas celui d'une autorité");
  else if (!isStrongKey(authority.key) || !authority.facts.isStrong) {
    report('contient une autorité à la clé trop courte ou signée en SHA-1');
  } else return [authority];
  return [];
}
