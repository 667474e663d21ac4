// Whether a certificate shown at the mTLS port is a vendor's, and whose: the acceptance algorithm of docs/guide.md
// G-807.
// One frozen state of authorities, lists and vendors; a reload makes another. Asked for every request, with the
// clock of that moment: resumed sessions and kept connections are judged like new ones. No I/O.
// docs/decisions/0007-inbound.md.

import type { X509Certificate } from 'node:crypto';
import { vendorPaths } from './authorities.ts';
import { type AuthorityPath, type AuthorityPool, judgeDates } from './authority-pool.ts';
import { type CertificateFacts, KEY_USAGE, readCertificate } from './certificate-facts.ts';
import { type HeldLists, judgeRevocation, type ListTrouble, type Revocation } from './held-lists.ts';
import { isStrongKey } from './signature-algorithm.ts';

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
  | Revocation;

export interface InboundEditor {
  readonly id: string;
  readonly appointmentSystem: string;
}

/** The vendors that may write appointments, by the exact pair of their certificate. */
export type InboundEditors = ReadonlyMap<string, InboundEditor>;

/** One text for a pair of names, for maps: no two pairs share one. */
export function pairKey(cn: string, ou: string): string {
  return JSON.stringify([cn, ou]);
}

export interface TrustSettings {
  readonly authorities: AuthorityPool;
  readonly lists: HeldLists;
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

/** Judges certificates by the settings of one reload. */
export class Trust {
  readonly #settings: TrustSettings;

  constructor(settings: TrustSettings) {
    this.#settings = settings;
  }

  judge(certificate: X509Certificate | undefined, nowMs: number): Judgment {
    if (certificate === undefined) return { ok: false, reason: 'no-certificate' };
    const facts = readCertificate(certificate);
    if (facts === undefined) return { ok: false, reason: 'unreadable' };
    const { authorities } = this.#settings;
    const paths = vendorPaths(authorities, authorities.paths(certificate, facts));
    if (paths.length === 0) return { ok: false, reason: 'issuer-unknown', serial: facts.serial };
    const dates = paths.map((path) => judgeDates(facts, path, nowMs));
    const reason = judgeUse(certificate, facts) ?? (dates.includes(undefined) ? undefined : dates[0]);
    if (reason !== undefined) return { ok: false, reason, facts };
    const [cn, otherCn] = facts.cn;
    const [ou, otherOu] = facts.ou;
    if (cn === undefined || ou === undefined || otherCn !== undefined || otherOu !== undefined) {
      return { ok: false, reason: 'name-not-single', facts };
    }
    const vendor = this.#settings.editors.get(pairKey(cn, ou));
    if (vendor === undefined) return { ok: false, reason: 'identity-unknown', facts };
    const valid = paths.filter((_path, index) => dates[index] === undefined);
    const revocation = this.#judgeRevocation(facts, valid, nowMs);
    if (revocation === undefined) return { ok: true, editor: vendor, facts };
    const isSoft = this.#settings.revocation === 'soft';
    if (isSoft && (revocation === 'list-missing' || revocation === 'list-stale')) {
      return { ok: true, editor: vendor, facts, unchecked: revocation };
    }
    return { ok: false, reason: revocation, facts };
  }

  /** One way on which nothing is revoked is enough, best one that could be checked. */
  #judgeRevocation(
    leaf: CertificateFacts,
    paths: readonly AuthorityPath[],
    nowMs: number,
  ): Revocation | undefined {
    const verdicts = new Set(paths.map((path) => judgeRevocation(leaf, path, this.#settings.lists, nowMs)));
    if (verdicts.has(undefined)) return undefined;
    const [first] = verdicts;
    return [...verdicts].find((one) => one === 'list-stale' || one === 'list-missing') ?? first;
  }
}

function judgeUse(certificate: X509Certificate, facts: CertificateFacts): RefusalReason | undefined {
  const { keyUsage, extendedUsages } = facts;
  if (!facts.isStrong || !hasStrongKey(certificate)) return 'weak';
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
