// One request to the vendor and what came of it, as the report keeps it. Bodies are parsed by the relay's own
// reader and under its bounds; the report keeps their shape only (mask.ts).

import type { VendorFailure } from '../../shared/failure.ts';

export interface Sent {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Received {
  readonly status: number;
  /** A few, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** After decoding, when it could be decoded. */
  readonly bytes: number;
  readonly tls: string | undefined;
  /** Present when the body is JSON within the bounds. */
  readonly json?: unknown;
  /** The bytes were not UTF-8, and were read in another encoding. */
  readonly transcoded?: true;
  /** Why there is no `json`. */
  readonly bodyProblem?: VendorFailure;
  /** Beginning of a body that is not JSON. */
  readonly text?: string;
}

export interface Failure {
  readonly reason: VendorFailure;
  /** Node's or OpenSSL's word. */
  readonly code: string | undefined;
  /** The TLS alert that the server sent, by RFC 8446's name. */
  readonly alert?: string;
  /** A connection that ended without alert: reset (RST) or closed. */
  readonly cut?: 'reset' | 'closed';
  /** Negotiated version, once our side of the handshake was done. */
  readonly tls?: string;
}

export interface Exchange {
  readonly id: string;
  /** What it was for, in French. */
  readonly label: string;
  readonly sent: Sent;
  readonly startedMs: number;
  /** Dial and TLS included: every exchange has a connection of its own. */
  readonly durationMs: number;
  readonly received?: Received;
  readonly failure?: Failure;
}

const FAILURES: Readonly<Partial<Record<VendorFailure, string>>> = {
  connect: 'la connexion n’a pas pu être établie',
  tls: 'la négociation TLS a échoué',
  certificate: 'le certificat présenté par le serveur n’est pas celui attendu',
  redirect: 'la redirection ne mène à aucune page',
  reset: 'le serveur a coupé la connexion sans répondre',
  timeout: 'aucune réponse dans le délai',
  'too-large': 'la réponse dépasse la taille acceptée par le relais',
  'too-deep': 'le JSON est imbriqué au-delà de ce que le relais accepte',
  'not-json': 'la réponse n’est pas du JSON lisible',
};

export function describeFailure({ reason, code, alert, cut, tls }: Failure): string {
  if (alert !== undefined) {
    return `le serveur a envoyé l’alerte TLS ${alert}${tls === undefined ? '' : `, la négociation ${tls} faite`}`;
  }
  if (cut === 'reset') return 'le serveur a rompu la connexion (RST) sans alerte TLS ni réponse entière';
  if (cut === 'closed') return 'le serveur a fermé la connexion sans alerte TLS ni réponse entière';
  return `${FAILURES[reason] ?? 'l’échange a échoué'}${code === undefined ? '' : ` (${code})`}`;
}

/** How it ended, in a few French words. */
export function describeEnd({ failure, received }: Exchange): string {
  if (failure !== undefined) return describeFailure(failure);
  return received === undefined ? 'sans réponse' : `HTTP ${received.status}`;
}
