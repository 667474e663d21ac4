// A server that ends every connection in one way: by a TLS alert or without one, at the first message or once the
// handshake is done. For callers that must tell a refusal of their certificate from a connection that is merely lost.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { TlsMaterial } from '../../../sandbox/vendors/server.ts';

/** A number is the alert sent in answer to the first message (RFC 8446 § 6); `SSLv2` and `SSLv3` take up that version. */
export type Ending =
  | number
  | 'reset'
  | 'closed'
  | 'silent'
  | 'SSLv2'
  | 'SSLv3'
  | 'reset after handshake'
  | 'closed after handshake';

export interface RudeServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function startRudeServer(
  ending: Ending,
  tls: TlsMaterial,
  maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3',
): Promise<RudeServer> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => {});
    if (ending === 'reset after handshake' || ending === 'closed after handshake') {
      endAfterHandshake(socket, ending, tls, maxVersion);
    } else socket.once('data', () => endAtOnce(socket, ending));
  });
  await listen(server);
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`,
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function endAtOnce(socket: Socket, ending: Ending): void {
  if (ending === 'reset') socket.resetAndDestroy();
  else if (typeof ending === 'number') {
    // A record of type alert, in the clear since no key is agreed on: fatal, and its number.
    socket.end(Buffer.from([21, 3, 3, 0, 2, 2, ending]));
  } else if (ending === 'SSLv3') {
    // A ServerHello: its record, its header, the version, a random, no session, one suite, no compression.
    socket.write(Buffer.from([22, 3, 0, 0, 42, 2, 0, 0, 38, 3, 0, ...new Array(32).fill(7), 0, 0, 0x35, 0]));
  } else if (ending === 'SSLv2') {
    socket.write(Buffer.from([0x80, 11, 4, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0]));
  } else if (ending !== 'silent') socket.end();
}

function endAfterHandshake(
  socket: Socket,
  ending: Ending,
  { cert, key, ca }: TlsMaterial,
  maxVersion: 'TLSv1.2' | 'TLSv1.3',
): void {
  const secure = new TLSSocket(socket, {
    isServer: true,
    cert,
    key,
    ca,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    maxVersion,
  });
  secure.on('error', () => {});
  secure.once('secure', () => {
    if (ending === 'reset after handshake') socket.resetAndDestroy();
    else socket.destroy();
  });
}

async function listen(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}
