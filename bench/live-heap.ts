// What a running program's JavaScript really holds: its heap right after a collection, asked of V8's inspector. Its
// resident memory says little: V8 leaves garbage lying while there is room.

import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';

const ANSWER_MS_MAX = 30_000;
const TURNS_MAX = 20;
const TURN_MS = 1_000;

interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

export class LiveHeap {
  readonly #socket: WebSocket;
  #calls = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** `url` of the inspector's WebSocket. */
  static async open(url: string): Promise<LiveHeap> {
    const socket = new WebSocket(url);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return new LiveHeap(socket);
  }

  /** The program named so among those that one inspector serves. */
  static async find(inspector: URL, name: string): Promise<LiveHeap> {
    const list = new URL('/json/list', inspector.href.replace(/^ws/, 'http'));
    const targets = (await (await fetch(list)).json()) as readonly Record<string, string>[];
    const target = targets.find(({ title }) => title?.includes(name));
    if (target?.webSocketDebuggerUrl === undefined) throw new Error(`nothing named ${name} to inspect`);
    return LiveHeap.open(target.webSocketDebuggerUrl);
  }

  /** Bytes, once another collection frees no more: what weak references and finalizers hold goes in turns. */
  async read(): Promise<number> {
    let heldBytes = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < TURNS_MAX; turn += 1) {
      await this.#ask('HeapProfiler.collectGarbage');
      const { usedSize } = (await this.#ask('Runtime.getHeapUsage')) as { usedSize: number };
      if (usedSize > 0.99 * heldBytes) return usedSize;
      heldBytes = usedSize;
      await wait(TURN_MS);
    }
    return heldBytes;
  }

  close(): void {
    this.#socket.close();
  }

  #ask(method: string): Promise<unknown> {
    this.#calls += 1;
    const id = this.#calls;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => reject(new Error(`${method}: no answer`)), ANSWER_MS_MAX);
    const onMessage = (data: Buffer): void => {
      const reply = JSON.parse(data.toString()) as Reply;
      if (reply.id !== id) return;
      clearTimeout(timer);
      this.#socket.off('message', onMessage);
      if (reply.error === undefined) resolve(reply.result);
      else reject(new Error(reply.error.message));
    };
    this.#socket.on('message', onMessage);
    this.#socket.send(JSON.stringify({ id, method }));
    return promise;
  }
}
