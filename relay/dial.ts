// One TLS connection to a vendor, proved before the first byte of a request leaves: chain, dates and revocation
// by OpenSSL, then the pinned CN and OU or the host name. Called by undici for each new connection of a vendor's
// pool. No session resumption: it would skip the identity check and the revocation lists.

import { isIP } from 'node:net';
import {
  connect,
  checkServerIdentity as matchHostName,
  type PeerCertificate,
  type SecureContext,
} from 'node:tls';
import type { buildConnector } from 'undici';
import type { VendorFailure } from '../shared/link/relay.ts';

/** Name resolution, TCP and TLS together: a vendor that does not shake hands in this time is not there. */
const CONNECT_TIMEOUT_MS = 5000;

export interface DialSettings {
  readonly context: SecureContext;
  readonly servername: string | undefined;
  /** The vendor's identity; it replaces the check of the host name. */
  readonly pin: { readonly cn: string; readonly ou: string } | undefined;
}

/** Why no connection was made. `code` is Node's or OpenSSL's word for it. */
export class DialError extends Error {
  readonly failure: VendorFailure;
  readonly code: string;

  constructor(failure: VendorFailure, code: string, cause?: Error) {
    super(failure, { cause });
    this.name = 'DialError';
    this.failure = failure;
    this.code = code;
  }
}

export function makeDialler(
  settings: DialSettings,
  onChange: (open: 1 | -1) => void,
): buildConnector.connector {
  const { pin } = settings;
  const checkServerIdentity =
    pin === undefined
      ? matchHostName
      : (_host: string, certificate: PeerCertificate) => matchPin(certificate, pin);
  return ({ hostname, port }, callback) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const servername = settings.servername ?? (isIP(host) === 0 ? host : undefined);
    const socket = connect({
      host,
      port: port === '' ? 443 : Number(port),
      ...(servername !== undefined && { servername }),
      secureContext: settings.context,
      checkServerIdentity,
      ALPNProtocols: ['http/1.1'],
    });
    socket.setNoDelay(true).setKeepAlive(true, 60_000);
    const timer = setTimeout(() => socket.destroy(new DialError('connect', 'timeout')), CONNECT_TIMEOUT_MS);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.removeListener('error', onError);
      onChange(1);
      socket.once('close', () => onChange(-1));
      callback(null, socket);
    });
    const onError = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      // Undici may destroy the socket later on; nothing listens then.
      socket.on('error', () => {});
      callback(describeDialError(error, socket.authorizationError), null);
    };
    socket.once('error', onError);
  };
}

/** Exactly one CN and one OU: Node gives an array for a repeated attribute, and that is never the pinned pair. */
export function matchPin(
  certificate: PeerCertificate,
  pin: { readonly cn: string; readonly ou: string },
): Error | undefined {
  const { CN, OU } = certificate.subject ?? {};
  if (CN === pin.cn && OU === pin.ou) return undefined;
  return new DialError('certificate', CN === pin.cn ? 'vendor-ou' : 'vendor-cn');
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EAI_NONAME',
  'EACCES',
  'EMFILE',
  'ENFILE',
]);

function describeDialError(error: NodeJS.ErrnoException, refused: Error | null | undefined): DialError {
  if (error instanceof DialError) return error;
  const code = error.code ?? error.name;
  if (UNREACHABLE.has(code)) return new DialError('connect', code, error);
  // Node sets `authorizationError` when, and only when, the peer's certificate was refused.
  return new DialError(refused ? 'certificate' : 'tls', code, error);
}
