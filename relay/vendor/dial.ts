// One TLS connection to a vendor or to Hub Santé, proved before its first byte leaves: chain and dates by OpenSSL and
// server-trust.ts, revocation by the latter, then the pinned CN and OU or the host name. Called by undici for each new
// connection of a vendor's pool, and by relay/hub-sante. No session resumption: it would skip these checks.

import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  connect,
  type DetailedPeerCertificate,
  checkServerIdentity as matchHostName,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { buildConnector } from 'undici';
import { DialError } from '../base/failure.ts';
import type { ServerTrust } from '../certificates/server-trust.ts';

/** Name resolution, TCP and TLS together: a vendor that does not shake hands in this time is not there. */
const CONNECT_TIMEOUT_MS = 5000;
/** Certificates of a peer that are looked at; real chains have two or three. */
const CHAIN_LENGTH_MAX = 8;

export interface DialSettings {
  readonly context: SecureContext;
  /** Absent: OpenSSL's word on the chain is all. */
  readonly trust?: ServerTrust;
  readonly servername: string | undefined;
  /** The peer's identity; it replaces the check of the host name. */
  readonly pin: { readonly cn: string; readonly ou: string } | undefined;
  /** Hears of each certificate that the peer shows, proved or not; only with a `trust`. */
  readonly onPeer?: (certificate: X509Certificate) => void;
}

/** Either a proved connection, whose errors are the caller's from now on, or why there is none. */
type Dialled = (...outcome: [error: null, socket: TLSSocket] | [error: DialError, socket: null]) => void;

/** Undici's way to open a connection to a vendor; `onChange` hears of each that is proved, and of its end. */
export function makeDialler(
  settings: DialSettings,
  onChange: (open: 1 | -1) => void,
): buildConnector.connector {
  return ({ hostname, port }, callback) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const to = { host, port: port === '' ? 443 : Number(port), protocols: ['http/1.1'] };
    dial(settings, to, (error, socket) => {
      if (socket === null) return callback(error, null);
      onChange(1);
      socket.once('close', () => onChange(-1));
      callback(null, socket);
    });
  };
}

/** `host` without brackets; `protocols` are offered by ALPN when there are any. Ends by itself after `CONNECT_TIMEOUT_MS`. */
export function dial(
  settings: DialSettings,
  { host, port, protocols = [] }: { host: string; port: number; protocols?: string[] },
  done: Dialled,
): void {
  const { pin, trust, onPeer } = settings;
  const checkServerIdentity =
    pin === undefined
      ? matchHostName
      : (_host: string, certificate: PeerCertificate) => matchPin(certificate, pin);
  const servername = settings.servername ?? (isIP(host) === 0 ? host : undefined);
  const socket = connect({
    host,
    port,
    ...(servername !== undefined && { servername }),
    secureContext: settings.context,
    // With a trust OpenSSL's refusal is not the end: everything is judged below, at the same moment.
    ...(trust === undefined
      ? { checkServerIdentity }
      : { rejectUnauthorized: false, checkServerIdentity: () => undefined }),
    ...(protocols.length > 0 && { ALPNProtocols: protocols }),
  });
  socket.setNoDelay(true).setKeepAlive(true, 60_000);
  const timer = setTimeout(() => socket.destroy(new DialError('connect', 'timeout')), CONNECT_TIMEOUT_MS);
  const judge = (): Error | undefined =>
    trust === undefined
      ? undefined
      : judgePeer(socket, trust, servername ?? host, checkServerIdentity, onPeer);
  socket.once('secureConnect', () => {
    clearTimeout(timer);
    const refusal = judge();
    if (refusal !== undefined) return void socket.destroy(refusal);
    // A server may ask for a second handshake (TLS 1.2) and show another certificate in it.
    socket.on('secureConnect', () => {
      const late = judge();
      if (late !== undefined) socket.destroy(late);
    });
    socket.removeListener('error', onError);
    done(null, socket);
  });
  const onError = (error: NodeJS.ErrnoException): void => {
    clearTimeout(timer);
    // Who dialled may destroy the socket later on; nothing listens then.
    socket.on('error', () => {});
    done(describeDialError(error, socket.authorizationError), null);
  };
  socket.once('error', onError);
}

function judgePeer(
  socket: TLSSocket,
  trust: ServerTrust,
  host: string,
  checkServerIdentity: (host: string, certificate: PeerCertificate) => Error | undefined,
  onPeer: DialSettings['onPeer'],
): Error | undefined {
  // Not getPeerX509Certificate: on a client's side it takes the chain away from the session, for good.
  const peer = socket.getPeerCertificate(true);
  const chain = chainOf(peer);
  if (chain[0] !== undefined) onPeer?.(chain[0]);
  const refusal = trust.judge(chain, wordOf(socket.authorizationError), Date.now());
  if (refusal !== undefined) return new DialError('certificate', refusal);
  const stranger = checkServerIdentity(host, peer);
  if (stranger === undefined || stranger instanceof DialError) return stranger;
  return new DialError('certificate', (stranger as NodeJS.ErrnoException).code ?? stranger.name);
}

/** The peer's certificate, then those it sent that lead up from it. */
function chainOf(peer: DetailedPeerCertificate): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next: DetailedPeerCertificate | undefined = peer;
  while (next?.raw !== undefined && chain.length < CHAIN_LENGTH_MAX) {
    chain.push(new X509Certificate(next.raw));
    // A root is its own issuer.
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate;
  }
  return chain;
}

/** Node sets the code of the error, and its type says an Error. */
function wordOf(refused: Error | string | null | undefined): string | undefined {
  if (refused === null || refused === undefined) return undefined;
  return typeof refused === 'string' ? refused : ((refused as NodeJS.ErrnoException).code ?? refused.message);
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
