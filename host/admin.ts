// The operators' port of the host, on loopback only: whether its parts run, what it counts. No setting, no data.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { describeVersion } from '../shared/version.ts';

export interface HostAdminOptions {
  readonly host: string;
  readonly port: number;
  readonly registry: Registry;
  /** What does not run, by name; empty: all does. */
  readonly ill: () => readonly string[];
  /** What runs and is late, by name: said, and no reason to be taken out of service. */
  readonly late: () => readonly string[];
}

export interface HostAdmin {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws what `listen` throws. */
export function openHostAdmin({ host, port, registry, ill, late }: HostAdminOptions): Promise<HostAdmin> {
  const server = createServer((request, response) => {
    const answer = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
    };
    const path = request.method === 'GET' ? request.url?.split('?', 1)[0] : undefined;
    if (path === '/healthz') {
      const names = ill();
      const state = names.length === 0 ? 'ok' : names.join(' ');
      const behind = late().map((name) => `behind: ${name}\n`);
      const text = `${state}\n${behind.join('')}passerelle-edge ${describeVersion()}\n`;
      answer(names.length === 0 ? 200 : 503, text);
    } else if (path === '/metrics') {
      registry.metrics().then(
        (text) => answer(200, text, registry.contentType),
        () => response.destroy(),
      );
    } else answer(404, 'not found\n');
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      resolve({ port: (server.address() as AddressInfo).port, close: () => close(server) });
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
