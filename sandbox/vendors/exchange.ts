// One request and its answer: ends once, whoever ends it. Timers of an exchange stop when the caller leaves or the
// vendor closes, because both close the response.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** Thrown by a wait when the caller has left: nothing more is to be done. */
export class CallerGone extends Error {
  constructor() {
    super('caller gone');
    this.name = 'CallerGone';
  }
}

export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly #left = new AbortController();

  constructor(request: IncomingMessage, response: ServerResponse, ended: (status: number | null) => void) {
    this.request = request;
    this.response = response;
    response.once('close', () => {
      this.#left.abort();
      ended(response.writableFinished ? response.statusCode : null);
    });
    // A reset by the caller is an ordinary ending.
    response.on('error', () => {});
    request.on('error', () => {});
  }

  get gone(): boolean {
    return this.#left.signal.aborted;
  }

  async wait(ms: number): Promise<void> {
    if (ms <= 0) return;
    try {
      await delay(ms, undefined, { signal: this.#left.signal });
    } catch {
      throw new CallerGone();
    }
  }

  /** Until the caller leaves. */
  async waitForever(): Promise<never> {
    await new Promise<void>((resolve) => {
      if (this.gone) resolve();
      else this.#left.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    throw new CallerGone();
  }

  /** Writes and waits until there is room for more. */
  async write(chunk: string | Buffer): Promise<void> {
    if (this.gone) throw new CallerGone();
    if (this.response.write(chunk)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.response.off('drain', done);
        this.#left.signal.removeEventListener('abort', done);
        resolve();
      };
      this.response.once('drain', done);
      this.#left.signal.addEventListener('abort', done, { once: true });
    });
    if (this.gone) throw new CallerGone();
  }

  /** Announces the whole body and sends the headers alone. */
  start(reply: Reply): void {
    if (this.gone) throw new CallerGone();
    this.response.writeHead(reply.status, {
      ...reply.headers,
      'Content-Length': Buffer.byteLength(reply.body),
    });
    this.response.flushHeaders();
  }

  /** Writes and waits until the bytes have left this process. */
  async flush(chunk: Buffer): Promise<void> {
    if (this.gone) throw new CallerGone();
    await new Promise<void>((resolve) => {
      this.response.write(chunk, () => resolve());
    });
  }

  send(reply: Reply): void {
    if (this.gone) return;
    const bytes = Buffer.from(reply.body);
    this.response.writeHead(reply.status, { ...reply.headers, 'Content-Length': bytes.length });
    this.response.end(bytes);
  }
}

/** The server that made these sockets speaks TLS only. */
export function tlsSocketOf(request: IncomingMessage): TLSSocket {
  return request.socket as TLSSocket;
}
