// How an exchange ended when no answer came, read from the socket itself: the name of the alert that the server sent,
// a connection reset, or one closed without a word. An HTTP client reports most of these alike, and hides the alert
// by which a TLS 1.3 server refuses a certificate, because it comes after our side of the handshake (RFC 8446 § 4.4.2.4).

import type { TLSSocket } from 'node:tls';
import { DialError, describeExchangeError } from '../../relay/base/failure.ts';
import type { Failure } from './exchange.ts';

/** How long a TLS 1.3 server that sends no session ticket is given to refuse the certificate, before the request leaves. */
const VERDICT_WAIT_MS = 500;

/** OpenSSL names the alerts it receives; the two last forms are those of alerts newer than SSL 3. */
const ALERT =
  /^ERR_SSL_(?:.*ALERT_([A-Z_]+)|TLSV1_(UNRECOGNIZED_NAME|UNSUPPORTED_EXTENSION)|.*(NO_APPLICATION_PROTOCOL))$/;

/** Alerts that speak of the client's certificate (RFC 8446 § 6.2, RFC 5246 § 7.2.2). */
const CERTIFICATE_ALERTS = new Set([
  'no_certificate',
  'bad_certificate',
  'unsupported_certificate',
  'certificate_revoked',
  'certificate_expired',
  'certificate_unknown',
  'unknown_ca',
  'access_denied',
  'decrypt_error',
  'certificate_required',
]);

/** What was seen on one connection's socket. */
export class SocketWatch {
  /** The socket's own error, before the HTTP client gives it another name. */
  error: Error | undefined;
  /** Negotiated version; present once our side of the handshake is done. */
  tls: string | undefined;

  follow(socket: TLSSocket): void {
    this.tls = socket.getProtocol() ?? undefined;
    socket.on('error', (error) => {
      this.error ??= error;
    });
  }

  /**
   * Calls `go` once the server has had its say on our certificate: at once with TLS 1.2; with TLS 1.3 at its first
   * session ticket, at the end of the connection, or after VERDICT_WAIT_MS.
   */
  awaitVerdict(socket: TLSSocket, go: (error: Error | null) => void): void {
    if (this.tls !== 'TLSv1.3') {
      go(null);
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      socket.off('session', done);
      socket.off('close', done);
      // Node is still reading when it tells of a ticket: what is written then would wait for ever.
      setImmediate(() => go(socket.destroyed ? (this.error ?? new DialError('reset', 'closed')) : null));
    };
    const timer = setTimeout(done, VERDICT_WAIT_MS);
    socket.once('session', done);
    socket.once('close', done);
  }

  /** `error` is what the HTTP client or the dialler reported. */
  describe(error: Error): Failure {
    const root = this.error ?? (error.cause instanceof Error ? error.cause : error);
    const reason = describeExchangeError(error);
    const { code, errno } = root as NodeJS.ErrnoException;
    const alert = readAlert(code);
    const seen = {
      code: code ?? (error as NodeJS.ErrnoException).code,
      ...(this.tls !== undefined && { tls: this.tls }),
    };
    if (alert !== undefined) return { reason: 'tls', ...seen, alert };
    if (reason !== 'reset' && code !== 'ECONNRESET' && code !== 'EPIPE') return { reason, ...seen };
    // Node gives the same code to a connection that simply ends in the handshake, but no errno.
    return { reason: 'reset', ...seen, cut: errno === undefined ? 'closed' : 'reset' };
  }
}

/** RFC 8446's name of the alert, in lower case; undefined when the error is no alert of the server's. */
export function readAlert(code: string | undefined): string | undefined {
  const [, ...names] = ALERT.exec(code ?? '') ?? [];
  return names.find((name) => name !== undefined)?.toLowerCase();
}

/** `handshake_failure` is how TLS 1.2 says that the certificate is missing. */
export function refusesCertificate({ alert, tls }: Failure): boolean {
  if (alert === undefined) return false;
  return CERTIFICATE_ALERTS.has(alert) || (alert === 'handshake_failure' && tls === undefined);
}
