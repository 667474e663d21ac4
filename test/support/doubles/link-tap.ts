// Stands between a relay and the edge on the way of bytes, and keeps what the edge says to the relay: frames from a
// server are not masked, so their text can be searched.

import { connect, createServer, type Socket } from 'node:net';

export interface LinkTap {
  /** Where the relay dials instead. */
  readonly url: string;
  /** All that the edge has said so far. */
  heard(): Buffer;
  close(): Promise<void>;
}

export async function openLinkTap(edgeUrl: string): Promise<LinkTap> {
  const { hostname, port } = new URL(edgeUrl);
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((relay) => {
    const edge = connect(Number(port), hostname);
    for (const socket of [relay, edge]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      // An end that resets takes the other with it, as it would without a tap.
      socket.on('error', () => {
        relay.destroy();
        edge.destroy();
      });
    }
    edge.on('data', (chunk: Buffer) => chunks.push(chunk));
    relay.pipe(edge);
    edge.pipe(relay);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the tap has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    heard: () => Buffer.concat(chunks),
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
