// Authorities as relay and vendors may know them, and the ways from a certificate up to a root. An authority is its
// key: renewed, cross-signed or of one name with another, each of its certificates is one way, and the signature alone
// says whose child a certificate is (key ids are hints that may be missing, equal or older). No I/O, no clock.
// RFC 5280 § 6; OpenSSL tries one way only and takes the first issuer of a fitting name.

import { hash, type KeyObject, type X509Certificate } from 'node:crypto';
import { type CertificateFacts, KEY_USAGE, readCertificate } from './certificate-facts.ts';

const PATH_LENGTH_MAX = 6;
const PATHS_MAX = 32;
/** Steps of one search: a peer may send a maze. */
const STEPS_MAX = 500;

export interface Authority {
  /** SHA-256 of the certificate. */
  readonly id: string;
  /** SHA-256 of the public key: what the authority, its lists and its children know each other by. */
  readonly keyId: string;
  /** Its CN, for people. */
  readonly name: string;
  readonly key: KeyObject;
  readonly facts: CertificateFacts;
  readonly certificate: X509Certificate;
  readonly isSelfSigned: boolean;
}

/** From the issuer of a certificate up to a root. */
export type AuthorityPath = readonly Authority[];

/** Undefined when the certificate or its kind of key cannot be read. */
export function readAuthority(certificate: X509Certificate): Authority | undefined {
  const facts = readCertificate(certificate);
  const key = readKey(certificate);
  if (facts === undefined || key === undefined) return undefined;
  return {
    id: hash('sha256', certificate.raw),
    keyId: hash('sha256', key.export({ type: 'spki', format: 'der' })),
    name: facts.cn.at(-1) ?? '',
    key,
    facts,
    certificate,
    isSelfSigned: facts.issuer === facts.subject && certificate.verify(key),
  };
}

/** Whether the certificate's own extensions let its key sign certificates. */
export function mayIssue({ isAuthority, keyUsage }: CertificateFacts): boolean {
  return isAuthority && (keyUsage === undefined || (keyUsage & KEY_USAGE.keyCertSign) !== 0);
}

/** Frozen when made; every way to a root is searched, bounded in length and number. */
export class AuthorityPool {
  /** Those of the file, each once. */
  readonly all: readonly Authority[];
  readonly #sent: readonly Authority[];
  readonly #bySubject: ReadonlyMap<string, readonly Authority[]>;
  readonly #roots: ReadonlySet<string>;
  readonly #rootKeys: ReadonlySet<string>;
  readonly #issuers = new Map<string, readonly Authority[]>();

  /** `sent`: what a peer showed; it may stand on the way to a root of the file, never be one. */
  constructor(all: readonly Authority[], sent: readonly Authority[] = []) {
    this.all = [...new Map(all.map((one) => [one.id, one])).values()];
    const known = new Set(this.all.map(({ id }) => id));
    this.#sent = sent.filter(({ id }) => !known.has(id));
    this.#bySubject = Map.groupBy(
      [...this.all, ...this.#sent].filter(({ facts }) => mayIssue(facts)),
      ({ facts }) => facts.subject,
    );
    const roots = this.all.filter(({ isSelfSigned }) => isSelfSigned);
    this.#roots = new Set(roots.map(({ id }) => id));
    this.#rootKeys = new Set(roots.map(({ keyId }) => keyId));
  }

  with(sent: readonly Authority[]): AuthorityPool {
    return sent.length === 0 ? this : new AuthorityPool(this.all, sent);
  }

  /** Whether a certificate of this key is a root of the file, whatever other certificates the key has. */
  isRootKey(keyId: string): boolean {
    return this.#rootKeys.has(keyId);
  }

  /** Every way from a certificate to a root of the file: names, signatures and path lengths fit, dates may not. */
  paths(certificate: X509Certificate, facts: CertificateFacts): readonly AuthorityPath[] {
    const found: AuthorityPath[] = [];
    let steps = 0;
    const climb = (issuers: readonly Authority[], below: AuthorityPath): void => {
      for (const issuer of issuers) {
        steps += 1;
        if (found.length === PATHS_MAX || steps > STEPS_MAX) return;
        if (below.some(({ keyId }) => keyId === issuer.keyId) || !allowsBelow(issuer, below)) continue;
        const path = [...below, issuer];
        if (this.#roots.has(issuer.id)) found.push(path);
        else if (path.length < PATH_LENGTH_MAX) climb(this.#issuersOfAuthority(issuer), path);
      }
    };
    climb(this.#issuersOf(certificate, facts), []);
    return found;
  }

  /** Those of an authority's own certificate; a root's is itself. */
  pathsOf(authority: Authority): readonly AuthorityPath[] {
    if (authority.isSelfSigned) return [[authority]];
    const paths = this.paths(authority.certificate, authority.facts);
    return paths.map((path) => [authority, ...path]);
  }

  #issuersOfAuthority(authority: Authority): readonly Authority[] {
    const known = this.#issuers.get(authority.id);
    if (known !== undefined) return known;
    const issuers = this.#issuersOf(authority.certificate, authority.facts);
    this.#issuers.set(authority.id, issuers);
    return issuers;
  }

  /** One verification per key, the key that the certificate names first. */
  #issuersOf(certificate: X509Certificate, facts: CertificateFacts): readonly Authority[] {
    const named = this.#bySubject.get(facts.issuer) ?? [];
    const hinted = ({ facts: { keyId } }: Authority): boolean =>
      keyId !== undefined && facts.authorityKeyId?.equals(keyId) === true;
    const verified = new Map<string, boolean>();
    let isFound = false;
    return named
      .toSorted((a, b) => Number(hinted(b)) - Number(hinted(a)))
      .filter(({ keyId, key }) => {
        // A signature is one key's: once it is found the others need not be tried.
        const isIssuer = verified.get(keyId) ?? (!isFound && certificate.verify(key));
        verified.set(keyId, isIssuer);
        isFound ||= isIssuer;
        return isIssuer;
      });
  }
}

/** RFC 5280 § 4.2.1.9: authorities that only changed their own key are not counted. */
function allowsBelow({ facts: { pathLength } }: Authority, below: AuthorityPath): boolean {
  if (pathLength === undefined) return true;
  return below.filter(({ facts }) => facts.issuer !== facts.subject).length <= pathLength;
}

/** The certificate's own dates count like those of every authority above it. */
export function judgeDates(
  leaf: CertificateFacts,
  path: AuthorityPath,
  nowMs: number,
): 'not-yet-valid' | 'expired' | undefined {
  const chain = [leaf, ...path.map(({ facts }) => facts)];
  if (chain.some(({ notBeforeMs }) => nowMs < notBeforeMs)) return 'not-yet-valid';
  return chain.some(({ notAfterMs }) => notAfterMs < nowMs) ? 'expired' : undefined;
}

/** Undefined for a kind of key that Node does not know. */
function readKey(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey;
  } catch {
    return undefined;
  }
}
