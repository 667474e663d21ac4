// Whether the certificate that a vendor's server shows reaches a root of its `caFile` on some way, and is revoked on
// none that is used. Asked for each connection, after the handshake and before the first byte of a request. OpenSSL
// goes first: its yes to the chain stands, its no stands unless it may come of the one way that it tried. No I/O.
// docs/decisions/0013-server-trust.md.

import type { X509Certificate } from 'node:crypto';
import {
  type Authority,
  type AuthorityPath,
  type AuthorityPool,
  judgeDates,
  readAuthority,
} from './authority-pool.ts';
import { type CertificateFacts, KEY_USAGE, readCertificate } from './certificate-facts.ts';
import { type HeldLists, judgeRevocation, type Revocation } from './held-lists.ts';
import { isStrongKey } from './signature-algorithm.ts';

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
/** What OpenSSL says when the issuer it took, first of a fitting name, was not the right one. */
const OF_THE_WAY_TRIED = new Set([
  'CERT_SIGNATURE_FAILURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'INVALID_CA',
  'PATH_LENGTH_EXCEEDED',
]);

/** Node's words for what it says of lists itself, so that logs read the same. */
const WORDS: Readonly<Record<Revocation, string>> = {
  revoked: 'CERT_REVOKED',
  'issuer-revoked': 'CERT_REVOKED',
  'list-missing': 'UNABLE_TO_GET_CRL',
  'list-stale': 'CRL_HAS_EXPIRED',
};

/** What one vendor's servers are judged by: the authorities and lists of one reload. */
export class ServerTrust {
  /** Undefined when the vendor has no `crlFiles`: revocation is then not checked. */
  readonly lists: HeldLists | undefined;
  readonly #anchors: AuthorityPool;

  constructor(anchors: AuthorityPool, lists: HeldLists | undefined) {
    this.#anchors = anchors;
    this.lists = lists;
  }

  /** Those that vouch for the vendor's servers. */
  get authorities(): readonly Authority[] {
    return this.#anchors.all;
  }

  /**
   * Undefined: accepted. Else Node's or OpenSSL's word for why not. The chain begins with the peer's own certificate;
   * `refused` is OpenSSL's word of the handshake.
   */
  judge(
    [certificate, ...sent]: readonly X509Certificate[],
    refused: string | undefined,
    nowMs: number,
  ): string | undefined {
    if (refused === undefined && this.lists === undefined) return undefined;
    if (refused !== undefined && !OF_THE_WAY_TRIED.has(refused)) return refused;
    const facts = certificate && readCertificate(certificate);
    if (certificate === undefined || facts === undefined) return refused ?? WORDS['list-missing'];
    if (refused !== undefined && !isServers(certificate, facts)) return refused;
    const pool = this.#anchors.with(sent.flatMap((one) => readAuthority(one) ?? []));
    const paths = pool.paths(certificate, facts).filter((path) => {
      const isSound =
        refused === undefined || path.every((one, index) => isPlain(one, index === path.length - 1));
      return isSound && judgeDates(facts, path, nowMs) === undefined;
    });
    return this.#judgePaths(facts, paths, nowMs, refused);
  }

  #judgePaths(
    facts: CertificateFacts,
    paths: readonly AuthorityPath[],
    nowMs: number,
    refused: string | undefined,
  ): string | undefined {
    const { lists } = this;
    if (paths.length === 0) return refused ?? WORDS['list-missing'];
    if (lists === undefined) return undefined;
    const verdicts = paths.map((path) => judgeRevocation(facts, path, lists, nowMs));
    if (verdicts.includes(undefined)) return undefined;
    const [first] = verdicts;
    return first && WORDS[first];
  }
}

/** What OpenSSL would have gone on to ask of the certificate itself. */
function isServers(certificate: X509Certificate, facts: CertificateFacts): boolean {
  const { keyUsage, extendedUsages, hasUnknownCritical, isStrong } = facts;
  const mayServe = extendedUsages === undefined || extendedUsages.includes(SERVER_AUTH);
  const mayEncipher = keyUsage === undefined || (keyUsage & SERVER_KEY_USAGES) !== 0;
  return mayServe && mayEncipher && isStrong && !hasUnknownCritical && hasStrongKey(certificate);
}

const SERVER_KEY_USAGES = KEY_USAGE.digitalSignature | KEY_USAGE.keyEncipherment | KEY_USAGE.keyAgreement;

/** A root's own signature proves nothing and need not be strong; constraints that are not read here are OpenSSL's alone. */
function isPlain({ facts, key }: AuthorityPath[number], isRoot: boolean): boolean {
  if (!isStrongKey(key) || facts.hasUnknownCritical) return false;
  const mayIssueServers = facts.extendedUsages === undefined || facts.extendedUsages.includes(SERVER_AUTH);
  return isRoot || (facts.isStrong && mayIssueServers);
}

function hasStrongKey(certificate: X509Certificate): boolean {
  try {
    return isStrongKey(certificate.publicKey);
  } catch {
    return false;
  }
}
