// A way of bytes between two programs that can be cut: its connections reset, held still in both directions, or left deaf, so
// that what the server answers never comes back. One port for its whole life.

import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * `closed`: whoever dials is reset. `held`: what is written waits on the way; who resets his end takes it back. `deaf`: the server
 * hears, and is not heard; such a connection ends when the way opens again.
 */
export type WayState = 'open' | 'closed' | 'held' | 'deaf';

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  /** What waits, in its order. */
  readonly held: (() => void)[];
  isDamaged: boolean;
}

export class CutWay {
  readonly port: number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #state: WayState = 'open';

  private constructor(server: Server, target: () => number) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (near) => this.#join(near, target()));
  }

  /** `target`: the server's port on loopback; asked for each connection. */
  static async open(target: () => number): Promise<CutWay> {
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new CutWay(server, target);
  }

  get state(): WayState {
    return this.#state;
  }

  turn(state: WayState): void {
    this.#state = state;
    for (const pair of [...this.#pairs]) {
      if (state === 'closed' || (state !== 'deaf' && pair.isDamaged)) end(pair);
      else if (state !== 'held') for (const pass of pair.held.splice(0)) pass();
    }
  }

  /** Ends the connections of now, with what waits on them. */
  reset(): void {
    for (const pair of [...this.#pairs]) end(pair);
  }

  close(): Promise<void> {
    this.reset();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #join(near: Socket, port: number): void {
    if (this.#state === 'closed') {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const pair: Pair = { near, far, held: [], isDamaged: false };
    this.#pairs.add(pair);
    const pass = (act: () => void): void => {
      if (this.#state === 'held') pair.held.push(act);
      else act();
    };
    near.on('data', (chunk: Buffer) => pass(() => far.write(chunk)));
    near.on('end', () => pass(() => far.end()));
    far.on('data', (chunk: Buffer) => {
      if (this.#state === 'deaf') pair.isDamaged = true;
      else pass(() => near.write(chunk));
    });
    far.on('end', () => pass(() => near.end()));
    for (const socket of [near, far]) {
      socket.on('error', () => end(pair));
      socket.on('close', () => {
        if (near.destroyed && far.destroyed) this.#pairs.delete(pair);
      });
    }
  }
}

function end(pair: Pair): void {
  pair.held.length = 0;
  for (const socket of [pair.near, pair.far]) socket.destroy();
}
