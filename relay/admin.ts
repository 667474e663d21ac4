// The operators' port, on loopback only: is it alive, is it linked, what does it count, what is wrong with its settings
// and files. No secret, no value of a setting, no data; anything else is 404.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { describeVersion } from '../shared/version.ts';
import type { Problem } from './base/problem.ts';
import type { VendorState } from './vendor/vendor-set.ts';

export interface AdminSettings {
  readonly host: string;
  readonly port: number;
  readonly registry: Registry;
  readonly ready: () => boolean;
  readonly problems: () => ProblemReport;
}

/** `GET /problems`. */
interface ProblemReport {
  readonly problems: readonly Problem[];
  /** By vendor id. */
  readonly editors: Readonly<Record<string, VendorState>>;
}

export interface Admin {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Resolves when the port is open; rejects when the system refuses it. */
export function openAdmin(settings: AdminSettings): Promise<Admin> {
  const server = createServer((request, response) => {
    answer(settings, request, response).catch(() => response.destroy());
  });
  const { promise, resolve, reject } = Promise.withResolvers<Admin>();
  server.once('error', reject);
  server.listen(settings.port, settings.host, () => {
    resolve({ port: (server.address() as AddressInfo).port, close: () => close(server) });
  });
  return promise;
}

async function answer(
  { registry, ready, problems }: AdminSettings,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return send(response, 405, 'method not allowed\n');
  }
  switch (request.url?.split('?', 1)[0]) {
    case '/healthz':
      return send(response, 200, `ok\npasserelle-relay ${describeVersion()}\n`);
    case '/readyz':
      return ready() ? send(response, 200, 'ok\n') : send(response, 503, 'link down\n');
    case '/metrics':
      response.setHeader('content-type', registry.contentType);
      return send(response, 200, await registry.metrics());
    case '/problems':
      response.setHeader('content-type', 'application/json; charset=utf-8');
      return send(response, 200, `${JSON.stringify(problems(), null, 2)}\n`);
    default:
      return send(response, 404, 'not found\n');
  }
}

function send(response: ServerResponse, status: number, text: string): void {
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.writeHead(status, { 'content-length': Buffer.byteLength(text), 'cache-control': 'no-store' });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  return promise;
}
