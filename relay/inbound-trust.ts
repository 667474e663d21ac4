// Whether a certificate shown at the mTLS port is a vendor's, and whose: the acceptance algorithm of mtls.md § 6.
// One frozen state of authorities, lists and vendors; a reload makes another. Asked for every request, with the
// clock of that moment: resumed sessions and kept connections are judged like new ones. No I/O.

import type { X509Certificate } from 'node:crypto';
import { type CertificateFacts, KEY_USAGE, readCertificate } from './client-certificate.ts';
import { type Authority, isIssuedBy, isStrongAlgorithm, isStrongKey } from './inbound-authorities.ts';

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

export type RefusalReason =
  | 'no-certificate'
  | 'unreadable'
  | 'issuer-unknown'
  | 'weak'
  | 'not-yet-valid'
  | 'expired'
  | 'is-authority'
  | 'usage-wrong'
  | 'extension-unknown'
  | 'name-not-single'
  | 'identity-unknown'
  | 'revoked'
  | 'issuer-revoked'
  | ListTrouble;

/** Why revocation could not be checked: refused under `hard`, accepted with an alarm under `soft`. */
export type ListTrouble = 'list-missing' | 'list-stale';

export interface InboundEditor {
  readonly id: string;
  readonly appointmentSystem: string;
}

/** The vendors that may write appointments, by the exact pair of their certificate. */
export type InboundEditors = ReadonlyMap<string, InboundEditor>;

export function pairKey(cn: string, ou: string): string {
  return JSON.stringify([cn, ou]);
}

export interface HeldList {
  readonly authority: Authority;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number | undefined;
  readonly revoked: ReadonlySet<string>;
}

export interface TrustSettings {
  readonly issuers: readonly Authority[];
  /** By authority id. */
  readonly lists: ReadonlyMap<string, HeldList>;
  readonly editors: InboundEditors;
  readonly revocation: 'hard' | 'soft';
}

/** `facts` are for the log; absent when the certificate is none of our authorities': it may name a person. */
export type Judgment =
  | {
      readonly ok: true;
      readonly editor: InboundEditor;
      readonly facts: CertificateFacts;
      readonly unchecked?: ListTrouble;
    }
  | {
      readonly ok: false;
      readonly reason: RefusalReason;
      readonly facts?: CertificateFacts;
      readonly serial?: string;
    };

export class Trust {
  readonly #settings: TrustSettings;

  constructor(settings: TrustSettings) {
    this.#settings = settings;
  }

  judge(certificate: X509Certificate | undefined, nowMs: number): Judgment {
    if (certificate === undefined) return { ok: false, reason: 'no-certificate' };
    const facts = readCertificate(certificate);
    if (facts === undefined) return { ok: false, reason: 'unreadable' };
    const issuer = this.#settings.issuers.find((one) => isIssuedBy(certificate, facts, one));
    if (issuer === undefined) return { ok: false, reason: 'issuer-unknown', serial: facts.serial };
    const reason = judgeUse(certificate, facts) ?? judgeDates(facts, issuer, nowMs);
    if (reason !== undefined) return { ok: false, reason, facts };
    const [cn, otherCn] = facts.cn;
    const [ou, otherOu] = facts.ou;
    if (cn === undefined || ou === undefined || otherCn !== undefined || otherOu !== undefined) {
      return { ok: false, reason: 'name-not-single', facts };
    }
    const editor = this.#settings.editors.get(pairKey(cn, ou));
    if (editor === undefined) return { ok: false, reason: 'identity-unknown', facts };
    const revocation = this.#judgeRevocation(facts, issuer, nowMs);
    if (revocation === undefined) return { ok: true, editor, facts };
    const isSoft = this.#settings.revocation === 'soft';
    if (isSoft && (revocation === 'list-missing' || revocation === 'list-stale')) {
      return { ok: true, editor, facts, unchecked: revocation };
    }
    return { ok: false, reason: revocation, facts };
  }

  /** A list past its date still refuses what it revokes. */
  #judgeRevocation(leaf: CertificateFacts, issuer: Authority, nowMs: number): RefusalReason | undefined {
    let trouble: ListTrouble | undefined;
    let facts = leaf;
    for (let above: Authority | undefined = issuer; above !== undefined; above = above.issuer) {
      const list = this.#settings.lists.get(above.id);
      if (list?.revoked.has(facts.serial)) return facts === leaf ? 'revoked' : 'issuer-revoked';
      trouble ??= troubleOf(list, nowMs);
      if (above.issuer === undefined) break;
      facts = above.facts;
    }
    return trouble;
  }
}

/** Whether a list says what is revoked now: `thisUpdate` ≤ now < `nextUpdate`. */
export function troubleOf(list: HeldList | undefined, nowMs: number): ListTrouble | undefined {
  if (list === undefined) return 'list-missing';
  const isFresh = list.thisUpdateMs <= nowMs && nowMs < (list.nextUpdateMs ?? 0);
  return isFresh ? undefined : 'list-stale';
}

function judgeUse(certificate: X509Certificate, facts: CertificateFacts): RefusalReason | undefined {
  const { keyUsage, extendedUsages } = facts;
  if (!isStrongAlgorithm(facts) || !hasStrongKey(certificate)) return 'weak';
  if (facts.isAuthority || (keyUsage !== undefined && (keyUsage & KEY_USAGE.keyCertSign) !== 0)) {
    return 'is-authority';
  }
  if (keyUsage !== undefined && (keyUsage & KEY_USAGE.digitalSignature) === 0) return 'usage-wrong';
  if (extendedUsages !== undefined && !extendedUsages.includes(CLIENT_AUTH)) return 'usage-wrong';
  return facts.hasUnknownCritical ? 'extension-unknown' : undefined;
}

function hasStrongKey(certificate: X509Certificate): boolean {
  try {
    return isStrongKey(certificate.publicKey);
  } catch {
    // A kind of key that Node does not know.
    return false;
  }
}

function judgeDates(leaf: CertificateFacts, issuer: Authority, nowMs: number): RefusalReason | undefined {
  const chain = [leaf];
  for (let above: Authority | undefined = issuer; above !== undefined; above = above.issuer)
    chain.push(above.facts);
  if (chain.some(({ notBeforeMs }) => nowMs < notBeforeMs)) return 'not-yet-valid';
  return chain.some(({ notAfterMs }) => notAfterMs < nowMs) ? 'expired' : undefined;
}
