// Serves one database over HTTP to whoever can reach its socket: one request at a time goes to the thread that has the file,
// the others wait in their order, bounded. Node cannot interrupt SQLite: a request that takes too long is answered as D1
// answers it, and `giveUp` ends the process, which SQLite survives as it survives a power cut. Runs in database.ts.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Worker } from 'node:worker_threads';
import { type D1Answer, refusal } from './d1-request.ts';

/** What goes to the thread; it answers each with a D1Answer, in order. */
export interface ThreadRequest {
  readonly search: string;
  readonly body: Uint8Array;
}

export interface DatabaseServerOptions {
  readonly thread: Worker;
  /** What one request may take, from its turn on. */
  readonly statementMs: number;
  /** Called once the callers have been told that a request took too long. Ends the process. */
  readonly giveUp: () => void;
}

interface Waiting {
  readonly request: ThreadRequest;
  readonly sinceMs: number;
  readonly answer: (answer: D1Answer) => void;
}

/** The binding's own bound of what a batch sends is far above what the Worker sends. */
const BODY_BYTES_MAX = 32 * 1024 * 1024;
const WAITING_MAX = 1_000;
/** A caller of the Worker has given up before (STORE_MS of worker/store/guard.ts). */
const WAIT_MS_MAX = 10_000;
const TELL_MS = 100;

/** D1's own words: the Worker tries none of these again (worker/store/guard.ts). */
const TOO_LONG = 'D1 DB storage operation exceeded timeout which caused object to be reset.';
const TOO_MANY = 'D1 DB is overloaded. Too many requests queued.';
const QUEUED_TOO_LONG = 'D1 DB is overloaded. Requests queued for too long.';

export class DatabaseServer {
  readonly #options: DatabaseServerOptions;
  readonly #waiting: Waiting[] = [];
  #running: { readonly one: Waiting; readonly timer: NodeJS.Timeout } | undefined;
  #isOver = false;
  readonly #server: Server;

  constructor(options: DatabaseServerOptions) {
    this.#options = options;
    options.thread.on('message', (answer: D1Answer) => this.#answered(answer));
    this.#server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
      this.#take(request, response).catch(() => response.destroy());
    });
  }

  /** `socket`: path of a Unix socket. @throws what `listen` throws. */
  listen(socket: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(socket, () => resolve());
    });
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', search = ''] = (request.url ?? '').split('?', 2);
    if (request.method !== 'POST' || (path !== '/query' && path !== '/execute')) {
      return send(response, refusal('not found', 404));
    }
    const body = await readBody(request);
    if (body === undefined) return send(response, refusal('the request is too large', 413));
    if (this.#isOver) return send(response, refusal(TOO_LONG));
    if (this.#waiting.length >= WAITING_MAX) return send(response, refusal(TOO_MANY));
    this.#waiting.push({
      request: { search, body },
      sinceMs: performance.now(),
      answer: (answer) => send(response, answer),
    });
    this.#next();
  }

  #next(): void {
    while (this.#running === undefined && !this.#isOver) {
      const one = this.#waiting.shift();
      if (one === undefined) return;
      if (performance.now() - one.sinceMs > WAIT_MS_MAX) {
        one.answer(refusal(QUEUED_TOO_LONG));
        continue;
      }
      const timer = setTimeout(() => this.#tooLong(), this.#options.statementMs);
      this.#running = { one, timer };
      this.#options.thread.postMessage(one.request);
    }
  }

  #answered(answer: D1Answer): void {
    const running = this.#running;
    if (running === undefined || this.#isOver) return;
    clearTimeout(running.timer);
    this.#running = undefined;
    running.one.answer(answer);
    this.#next();
  }

  #tooLong(): void {
    this.#isOver = true;
    const told = [this.#running?.one, ...this.#waiting.splice(0)];
    for (const one of told) one?.answer(refusal(TOO_LONG));
    // The answers are with the kernel by then; who reads them does not need this process any more.
    setTimeout(this.#options.giveUp, TELL_MS);
  }
}

/** Undefined: more than a request may bring. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, { status, body }: D1Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.byteLength });
  response.end(body);
}
