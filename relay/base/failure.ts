// From what went wrong in an exchange to the closed list of reasons the edge knows (shared/failure.ts), and
// from an ended wait to why it ended. No I/O, no clock.

import type { VendorFailure } from '../../shared/failure.ts';

/** A vendor that asks for more than a day's rest is asked again after a day. */
const RETRY_AFTER_S_MAX = 24 * 3600;

/** Reason of an AbortSignal that ends vendor calls. */
export class GivenUp extends Error {
  readonly failure: VendorFailure;

  constructor(failure: VendorFailure) {
    super(failure);
    this.name = 'GivenUp';
    this.failure = failure;
  }
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

/** Why a wait was given up; `internal` when nothing of ours ended it. */
export function failureOf(signal: AbortSignal): VendorFailure {
  return signal.reason instanceof GivenUp ? signal.reason.failure : 'internal';
}

const BY_CODE: Readonly<Record<string, VendorFailure>> = {
  UND_ERR_HEADERS_OVERFLOW: 'too-large',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'too-large',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'connect',
  UND_ERR_SOCKET: 'reset',
  // Closed in the middle of a chunked body.
  HPE_INVALID_EOF_STATE: 'reset',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'reset',
  EPROTO: 'tls',
};

/** The reason for which undici, TLS or the parser ended an exchange. */
export function describeExchangeError(error: Error): VendorFailure {
  if (error instanceof DialError) return error.failure;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  // With TLS 1.3 a server refuses our certificate after the handshake: the alert arrives on the first read.
  if (code.startsWith('ERR_SSL_')) return 'tls';
  // What answers is not HTTP.
  if (code.startsWith('HPE_')) return 'not-json';
  return 'internal';
}

/** Seconds, from a number or an HTTP date (RFC 9110 § 10.2.3); undefined when it is neither. */
export function readRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const value = header.trim();
  if (/^\d{1,9}$/.test(value)) return Math.min(Number(value), RETRY_AFTER_S_MAX);
  const dateMs = /^[A-Z][a-z]{2,8},? /.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(dateMs)) return undefined;
  return Math.min(Math.max(Math.ceil((dateMs - nowMs) / 1000), 0), RETRY_AFTER_S_MAX);
}
