// A vendor's client at the relay's mTLS port, as wrong as a test wants it: any certificate or none, one TLS
// version, a resumed session, a kept connection.

import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import type { TLSSocket } from 'node:tls';

export interface Shown {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface Call {
  readonly port: number;
  /** Authorities of the relay's own certificate. */
  readonly ca: string;
  readonly show?: Shown | undefined;
  readonly version?: 'TLSv1.2' | 'TLSv1.3';
  readonly session?: Buffer | undefined;
  readonly agent?: Agent;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface Called {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly isResumed: boolean;
  readonly session: Buffer | undefined;
  /** Serial of the relay's certificate. */
  readonly serial: string;
}

const APPOINTMENT = JSON.stringify({ resourceType: 'Appointment', status: 'booked' });

/** Of what a connection is made; for an agent of the test's own. */
export function tlsSettings({ ca, show, version, session }: Omit<Call, 'port'>) {
  return {
    ca,
    ...(show && { cert: show.certPem, key: show.keyPem }),
    ...(version && { minVersion: version, maxVersion: version }),
    ...(session && { session }),
    // Lets a test show keys and signatures that OpenSSL would not.
    ciphers: 'DEFAULT:@SECLEVEL=0',
    servername: 'localhost',
  };
}

export function call(one: Call): Promise<Called> {
  const { method = 'POST', path = '/fhir/Appointment', headers = {} } = one;
  const body = one.body ?? (method === 'POST' || method === 'PUT' ? APPOINTMENT : undefined);
  return new Promise((resolve, reject) => {
    let session: Buffer | undefined;
    const sent = request({
      host: '127.0.0.1',
      port: one.port,
      method,
      path,
      agent: one.agent ?? false,
      headers: { ...(body !== undefined && { 'content-type': 'application/fhir+json' }), ...headers },
      ...tlsSettings(one),
    });
    // A kept connection gives its session once: listeners would pile up on it.
    const keep = (bytes: Buffer) => (session = bytes);
    sent.on('socket', (socket) => one.agent ?? socket.on('session', keep));
    sent.on('error', reject);
    sent.on('response', (response) => {
      const socket = response.socket as TLSSocket;
      const isResumed = socket.isSessionReused();
      const serial = socket.getPeerCertificate().serialNumber ?? '';
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          isResumed,
          session,
          serial,
        });
      });
    });
    sent.end(body);
  });
}

/** The calls of one vendor over one connection that is kept. */
export function keptAgent(settings: Omit<Call, 'port'>): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1, ...tlsSettings(settings) });
}
