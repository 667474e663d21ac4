// Calls the vendor as the relay does: its certificates, its dialler (authority, revocation, pinned CN and OU), its
// Accept header, its reader of bodies and their bounds. Only the bookkeeping differs: a conformance run wants the
// status, headers and timing of every exchange, and a new connection for each, so that TLS is measured too.

import { isUtf8 } from 'node:buffer';
import type { SecureContext, TLSSocket } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { type buildConnector, Client, type Dispatcher } from 'undici';
import type { EditorConfig } from '../../relay/base/config.ts';
import type { Certificates } from '../../relay/certificates/certificates.ts';
import type { ServerTrust } from '../../relay/certificates/server-trust.ts';
import { readBody } from '../../relay/reading/body.ts';
import { makeDialler } from '../../relay/vendor/dial.ts';
import { VENDOR_HEADERS } from '../../relay/vendor/vendor-client.ts';
import { VENDOR_BODY_BYTES_MAX, VENDOR_HEADER_BYTES_MAX } from '../../shared/limits.ts';
import type { Exchange, Received, Sent } from './exchange.ts';
import { SocketWatch } from './transport-end.ts';

const KEPT_HEADERS = [
  'content-type',
  'content-length',
  'content-encoding',
  'cache-control',
  'location',
  'retry-after',
  'server',
  'date',
];
const HEADER_CHARS_MAX = 200;
const TEXT_CHARS_MAX = 20_000;

export interface Call {
  readonly label: string;
  readonly method?: Sent['method'];
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Replaces the relay's certificate and versions of TLS. */
  readonly context?: SecureContext;
  /** Gives a TLS 1.3 server the time to refuse the certificate before the request leaves. */
  readonly patient?: boolean;
}

export class Caller {
  readonly exchanges: Exchange[] = [];
  readonly #editor: EditorConfig;
  readonly #context: SecureContext;
  readonly #trust: ServerTrust;
  readonly #timeoutMs: number;

  constructor(
    editor: EditorConfig,
    { context, trust }: Pick<Certificates, 'context' | 'trust'>,
    timeoutMs: number,
  ) {
    this.#editor = editor;
    this.#context = context;
    this.#trust = trust;
    this.#timeoutMs = timeoutMs;
  }

  /** Never throws. */
  async call(call: Call): Promise<Exchange> {
    const { method = 'GET', url, body, label } = call;
    const typed = body === undefined ? {} : { 'content-type': 'application/fhir+json' };
    const headers = { ...VENDOR_HEADERS, ...typed, ...call.headers };
    const sent: Sent = { method, url, headers, ...(body !== undefined && { body }) };
    const startedMs = Date.now();
    const from = performance.now();
    const end = await this.#exchange(sent, call);
    const durationMs = Math.round((performance.now() - from) * 10) / 10;
    return this.keep({ label, sent, startedMs, durationMs, ...end });
  }

  /** Numbers an exchange for the report; also one that was made otherwise. */
  keep(made: Omit<Exchange, 'id'>): Exchange {
    const exchange = { id: `e${this.exchanges.length + 1}`, ...made };
    this.exchanges.push(exchange);
    return exchange;
  }

  async #exchange(sent: Sent, call: Call): Promise<Pick<Exchange, 'received' | 'failure'>> {
    const { servername, server: pin } = this.#editor;
    const { context = this.#context, patient = false } = call;
    const dial = makeDialler({ context, trust: this.#trust, servername, pin }, () => {});
    const watch = new SocketWatch();
    const connect: buildConnector.connector = (options, callback) =>
      dial(options, (...args) => {
        const [failed, socket] = args;
        if (failed !== null) return callback(failed, null);
        watch.follow(socket as TLSSocket);
        if (!patient) return callback(null, socket);
        watch.awaitVerdict(socket as TLSSocket, (error) =>
          error === null ? callback(null, socket) : callback(error, null),
        );
      });
    const { origin, path } = splitUrl(sent.url);
    const client = new Client(origin, {
      connect,
      allowH2: false,
      maxHeaderSize: VENDOR_HEADER_BYTES_MAX,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const signal = AbortSignal.timeout(this.#timeoutMs);
    try {
      const response = await client.request({
        method: sent.method,
        path,
        headers: { ...sent.headers },
        signal,
        ...(sent.body !== undefined && { body: JSON.stringify(sent.body) }),
      });
      return { received: { ...(await receive(response)), tls: watch.tls } };
    } catch (error) {
      const { tls } = watch;
      if (signal.aborted)
        return { failure: { reason: 'timeout', code: undefined, ...(tls !== undefined && { tls }) } };
      return { failure: watch.describe(error as Error) };
    } finally {
      client.destroy().catch(() => {});
    }
  }
}

/** As the relay does it: the path goes out as it was built. */
function splitUrl(url: string): { readonly origin: string; readonly path: string } {
  const cut = url.indexOf('/', 'https://'.length);
  return { origin: url.slice(0, cut), path: url.slice(cut) };
}

async function receive(response: Dispatcher.ResponseData): Promise<Omit<Received, 'tls'>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const head = { status: response.statusCode, headers: keepHeaders(response.headers) };
  for await (const chunk of response.body) {
    bytes += chunk.length;
    if (bytes > VENDOR_BODY_BYTES_MAX) return { ...head, bytes, bodyProblem: 'too-large' };
    chunks.push(chunk);
  }
  if (bytes === 0) return { ...head, bytes };
  const { 'content-encoding': encoding, 'content-type': contentType } = head.headers;
  const read = readBody(
    Buffer.concat(chunks),
    { encoding, contentType },
    { bytesMax: VENDOR_BODY_BYTES_MAX },
  );
  if (read.ok) {
    const { json, bytes: unfolded } = read.value;
    return { ...head, bytes: unfolded, json, ...(isForeign(chunks, encoding) && { transcoded: true }) };
  }
  const text = Buffer.concat(chunks).toString('utf8', 0, TEXT_CHARS_MAX);
  return { ...head, bytes, bodyProblem: read.error.reason, text };
}

/** Bytes that are not UTF-8, which the relay's reader accepts and FHIR does not. A zero byte is UTF-16. */
function isForeign(chunks: readonly Buffer[], encoding = 'identity'): boolean {
  const name = encoding.trim().toLowerCase();
  const body = Buffer.concat(chunks);
  // The reader has unfolded it under its bound already. The rare other codings are not looked into.
  const plain =
    name === 'gzip' || name === 'x-gzip' ? gunzipSync(body) : name === 'identity' ? body : undefined;
  return plain !== undefined && (!isUtf8(plain) || plain.includes(0));
}

function keepHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = headers[name];
    if (value !== undefined) kept[name] = String(value).slice(0, HEADER_CHARS_MAX);
  }
  return kept;
}
