// A vendor under the test's full control, over real mTLS: each test gives the handler. For faithful vendors see
// sandbox/vendors; this one exists to be wrong in one chosen way.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket, TlsOptions } from 'node:tls';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface TestVendor {
  readonly origin: string;
  readonly baseUrl: string;
  readonly port: number;
  /** Path and query of every request, in order. */
  readonly requests: string[];
  readonly headers: IncomingMessage['headers'][];
  /** Requests whose connection was closed before the answer was. */
  readonly given: { up: number };
  readonly sockets: ReadonlySet<TLSSocket>;
  readonly connections: { count: number };
  handler: Handler;
  /** Presents this certificate to new connections. */
  present(leaf: { certPem: string; keyPem: string }): void;
  close(): Promise<void>;
}

export async function startTestVendor(
  leaf: { certPem: string; keyPem: string },
  caPem: string,
  handler: Handler,
  tls: TlsOptions = {},
): Promise<TestVendor> {
  const requests: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const sockets = new Set<TLSSocket>();
  const given = { up: 0 };
  const connections = { count: 0 };
  const server = createServer(
    { cert: leaf.certPem, key: leaf.keyPem, ca: caPem, requestCert: true, rejectUnauthorized: true, ...tls },
    (request, response) => {
      requests.push(request.url ?? '');
      headers.push(request.headers);
      response.on('close', () => {
        if (!response.writableFinished) given.up += 1;
      });
      vendor.handler(request, response);
    },
  );
  server.on('secureConnection', (socket) => {
    connections.count += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  // Longer than a busy machine takes between two pages.
  server.keepAliveTimeout = 60_000;
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `https://localhost:${port}`;
  const vendor: TestVendor = {
    origin,
    baseUrl: `${origin}/fhir`,
    port,
    requests,
    headers,
    given,
    sockets,
    connections,
    handler,
    present: ({ certPem, keyPem }) =>
      server.setSecureContext({ cert: certPem, key: keyPem, ca: caPem, ...tls }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of sockets) socket.destroy();
      }),
  };
  return vendor;
}

export function sendJson(
  response: ServerResponse,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(200, { 'content-type': 'application/fhir+json', ...headers });
  response.end(typeof value === 'string' ? value : JSON.stringify(value));
}
