// SSL 2.0 and 3.0, which no library speaks any more: their first message alone is sent, over a bare connection, and the
// server's first bytes say whether it takes it up (RFC 6101 § 5.6.1, SSL 2.0 § 2.5). No secret is exchanged.

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { Failure } from './exchange.ts';

export type OldVersion = 'SSLv2' | 'SSLv3';

const ALERTS: Readonly<Record<number, string>> = {
  10: 'unexpected_message',
  40: 'handshake_failure',
  47: 'illegal_parameter',
  50: 'decode_error',
  70: 'protocol_version',
  71: 'insufficient_security',
  80: 'internal_error',
};
const HANDSHAKE_RECORD = 22;
const ALERT_RECORD = 21;
const SERVER_HELLO = 2;
const SSL2_SERVER_HELLO = 4;
/** Suites of those days: RC4, 3DES, AES with RSA. */
const SSL3_SUITES = [0x00, 0x04, 0x00, 0x05, 0x00, 0x0a, 0x00, 0x2f, 0x00, 0x35];
const SSL2_SUITES = [0x01, 0x00, 0x80, 0x03, 0x00, 0x80, 0x07, 0x00, 0xc0];

/** How the server took it; `tls` is present when it accepted the version. Silence is no acceptance. */
export function tryOldHello(url: URL, version: OldVersion, timeoutMs: number): Promise<Failure> {
  const { promise, resolve } = Promise.withResolvers<Failure>();
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: url.port === '' ? 443 : Number(url.port) });
  let connected = false;
  const end = (failure: Failure): void => {
    clearTimeout(timer);
    socket.destroy();
    resolve(failure);
  };
  const timer = setTimeout(
    () => end(connected ? { reason: 'tls', code: 'sans réponse' } : { reason: 'connect', code: 'timeout' }),
    timeoutMs,
  );
  socket.once('connect', () => {
    connected = true;
    socket.write(version === 'SSLv3' ? writeSsl3() : writeSsl2());
  });
  // Both headers and the alert fit in the first segment; a server that sends less has said nothing.
  socket.once('data', (bytes: Buffer) => end(readAnswer(bytes, version)));
  socket.once('error', ({ code }: NodeJS.ErrnoException) =>
    end(connected ? { reason: 'reset', code, cut: 'reset' } : { reason: 'connect', code }),
  );
  socket.once('close', () => end({ reason: 'reset', code: undefined, cut: 'closed' }));
  return promise;
}

function readAnswer(bytes: Buffer, version: OldVersion): Failure {
  const accepted =
    version === 'SSLv3'
      ? bytes[0] === HANDSHAKE_RECORD && bytes[5] === SERVER_HELLO && bytes[9] === 3 && bytes[10] === 0
      : ((bytes[0] ?? 0) & 0x80) !== 0 && bytes[2] === SSL2_SERVER_HELLO;
  if (accepted) return { reason: 'tls', code: 'ServerHello', tls: version };
  const number = bytes[0] === ALERT_RECORD ? bytes[6] : undefined;
  if (number === undefined) return { reason: 'tls', code: 'autre réponse' };
  return { reason: 'tls', code: undefined, alert: ALERTS[number] ?? `alerte ${number}` };
}

/** Record, handshake header, version, random, no session, suites, no compression. */
function writeSsl3(): Buffer {
  const body = [3, 0, ...randomBytes(32), 0, 0, SSL3_SUITES.length, ...SSL3_SUITES, 1, 0];
  const hello = [1, 0, 0, body.length, ...body];
  return Buffer.from([HANDSHAKE_RECORD, 3, 0, 0, hello.length, ...hello]);
}

/** Length, type, version, three lengths, suites, challenge. */
function writeSsl2(): Buffer {
  const hello = [1, 0, 2, 0, SSL2_SUITES.length, 0, 0, 0, 16, ...SSL2_SUITES, ...randomBytes(16)];
  return Buffer.from([0x80, hello.length, ...hello]);
}
