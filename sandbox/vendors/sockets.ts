// The open connections of a server, handshakes in progress included: counted, ended at once on close, or reset.

import { once } from 'node:events';
import type { Server, Socket } from 'node:net';

export class OpenSockets {
  readonly #sockets = new Map<string, Socket>();

  /** TCP sockets only: the TLS socket above one cannot send a reset itself. */
  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      const key = keyOf(socket);
      this.#sockets.set(key, socket);
      socket.on('error', () => {});
      socket.once('close', () => this.#sockets.delete(key));
    });
  }

  get count(): number {
    return this.#sockets.size;
  }

  reset(above: Socket): void {
    this.#sockets.get(keyOf(above))?.resetAndDestroy();
  }

  /** Resolves when each has said it is closed. */
  async destroyAll(): Promise<void> {
    const open = [...this.#sockets.values()];
    await Promise.all(
      open.map(async (socket) => {
        const closed = once(socket, 'close');
        socket.destroy();
        await closed;
      }),
    );
  }
}

function keyOf(socket: Socket): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}
