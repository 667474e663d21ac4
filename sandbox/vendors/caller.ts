// Who calls: the client certificate must come from the organisations' intermediate itself (a sibling under the
// same root is refused), serve for client authentication, and carry exactly one CN and one OU. The check is made
// on the socket at request time, so a resumed session is checked too; its result is kept with the socket.

import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { CallerIdentity } from './settings.ts';

const CLIENT_AUTH_OID = '1.3.6.1.5.5.7.3.2';
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

export interface Caller {
  readonly identity: CallerIdentity | undefined;
  /** Why the certificate is not acceptable, whoever it names. */
  readonly refusal: string | undefined;
}

export class CallerCheck {
  readonly #issuers: readonly X509Certificate[];
  readonly #known = new WeakMap<TLSSocket, Caller>();

  /** The bundle's intermediates are the only issuers accepted; roots only complete the chain. */
  constructor(caPem: string) {
    const authorities = (caPem.match(PEM) ?? []).map((pem) => new X509Certificate(pem));
    const intermediates = authorities.filter((certificate) => !certificate.checkIssued(certificate));
    this.#issuers = intermediates.length > 0 ? intermediates : authorities;
  }

  read(socket: TLSSocket): Caller {
    const known = this.#known.get(socket);
    if (known !== undefined) return known;
    const caller = this.#check(socket);
    this.#known.set(socket, caller);
    return caller;
  }

  #check(socket: TLSSocket): Caller {
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) return { identity: undefined, refusal: 'aucun certificat client' };
    const subject = certificate.toLegacyObject().subject;
    const identity = readIdentity(subject);
    if (!socket.authorized) {
      return { identity, refusal: `certificat client non reconnu : ${String(socket.authorizationError)}` };
    }
    if (
      !this.#issuers.some((issuer) => certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey))
    ) {
      return { identity, refusal: 'certificat client d’une autre autorité' };
    }
    if (certificate.keyUsage !== undefined && !certificate.keyUsage.includes(CLIENT_AUTH_OID)) {
      return { identity, refusal: 'certificat sans usage client' };
    }
    return { identity, refusal: identity === undefined ? 'certificat sans CN et OU uniques' : undefined };
  }
}

function readIdentity(subject: object): CallerIdentity | undefined {
  // Node gives an array for a repeated attribute.
  if (!('CN' in subject) || typeof subject.CN !== 'string') return undefined;
  if (!('OU' in subject) || typeof subject.OU !== 'string') return undefined;
  return { cn: subject.CN, ou: subject.OU };
}
