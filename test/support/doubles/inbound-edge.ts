// Stands for the edge where the relay hands over appointments: a real HTTP server that keeps what it was sent and
// answers as told. By default every write is new.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { decodeJwt, type JWTPayload } from 'jose';

export interface Forwarded {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly claims: JWTPayload;
}

export type EdgeHandler = (forwarded: Forwarded, response: ServerResponse) => void;

export interface AppointmentEdge {
  readonly url: string;
  readonly port: number;
  readonly received: Forwarded[];
  handler: EdgeHandler;
  /** Closes the port and cuts its connections; `start` with the same port opens it again. */
  close(): Promise<void>;
}

/** As the edge names what it has written for the vendor of the token. */
export function locationFor({ claims }: Pick<Forwarded, 'claims'>): string {
  return `http://edge.internal:8787/sas/fhir/Appointment/${claims.editor}-0123456789abcdef0123/_history/1`;
}

export const acceptAll: EdgeHandler = (forwarded, response) => {
  response.writeHead(201, {
    'content-type': 'application/fhir+json; charset=utf-8',
    location: locationFor(forwarded),
    etag: 'W/"1"',
    'last-modified': 'Tue, 24 Nov 2026 10:00:00 GMT',
  });
  response.end(forwarded.body);
};

/** As with `Prefer: return=minimal`. */
export const acceptBriefly: EdgeHandler = (forwarded, response) => {
  response.writeHead(201, { location: locationFor(forwarded) }).end();
};

export async function startAppointmentEdge(port = 0): Promise<AppointmentEdge> {
  const received: Forwarded[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(async (request, response) => {
    // The link of a whole relay is dialled too: not what this stands for.
    if (!request.url?.includes('/fhir/')) {
      response.writeHead(404).end();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const forwarded = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
      claims: decodeJwt((request.headers.authorization ?? '').replace(/^Bearer /, '')),
    };
    received.push(forwarded);
    edge.handler(forwarded, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const bound = (server.address() as AddressInfo).port;
  const edge: AppointmentEdge = {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    received,
    handler: acceptAll,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return edge;
}
