// One request at the mTLS port, from the certificate to the answer: whose is it, may it ask again so soon, what
// does it want, what does the edge say. The only place of the relay that sends an OperationOutcome. Without a
// valid certificate there is one answer to everything, and why is in the log alone. docs/guide.md G-805, G-807, § 5.

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { GatewayError, REASONS } from '../../shared/error.ts';
import { errorOutcome } from '../../shared/fhir/operation-outcome.ts';
import type { Log, LogFields } from '../../shared/log.ts';
import { TokenBucket } from '../../shared/token-bucket.ts';
import type { InboundLimits } from '../base/config.ts';
import type { InboundEditor, Judgment, Trust } from '../certificates/trust.ts';
import { type Answer, baseOf, passBack } from './answer.ts';
import { receiveBody } from './body.ts';
import type { Connections } from './connections.ts';
import type { EdgeClient } from './edge-client.ts';
import type { InboundMetrics } from './metrics.ts';
import { capabilityStatement, type InboundRoute, matchRoute } from './routes.ts';
import type { VendorBytes } from './vendor-bytes.ts';

const BODY_BYTES_MAX = 256 * 1024;
/** An answer that has not left so long after it was made: its reader does not read. */
const ANSWER_MS = 10_000;
const FHIR_JSON = 'application/fhir+json; charset=utf-8';
const RETRY_AFTER_S = 5;
const PASSED_ON = ['content-type', 'accept', 'prefer', 'if-match'] as const;
/** A flood of refusals is counted; past so many at once, then per second, its lines say nothing new. */
const REFUSALS_LOGGED_BURST = 200;
const REFUSALS_LOGGED_PER_S = 10;

export interface InboundParts {
  readonly trust: () => Trust;
  readonly edge: Pick<EdgeClient, 'forward'>;
  readonly limits: InboundLimits;
  readonly metrics: InboundMetrics;
  readonly connections: Pick<Connections, 'identify' | 'use'>;
  readonly bytes: VendorBytes;
  readonly log: Log;
  /** From then on every answer is the last of its connection. */
  readonly isDraining: () => boolean;
}

/** What is known of an exchange so far; its log line is written from it. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly startedMs: number;
  /** The caller waits for a word before it sends its body. */
  readonly waits: boolean;
  editor?: InboundEditor;
  route?: string;
  reason?: string;
  bytes: number;
  isTaken: boolean;
  /** Bytes held for it in the vendor's name. */
  held: number;
}

/** Answers the requests of one port; refusals are told to the vendor, never thrown. */
export class InboundHandler {
  readonly #parts: InboundParts;
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #refusalLog = new TokenBucket(REFUSALS_LOGGED_PER_S, REFUSALS_LOGGED_BURST, performance.now());

  constructor(parts: InboundParts) {
    this.#parts = parts;
  }

  /** Never rejects. `waits`: the request came with `Expect: 100-continue`. */
  async handle(request: IncomingMessage, response: ServerResponse, waits = false): Promise<void> {
    const exchange: Exchange = {
      request,
      response,
      requestId: requestIdOf(request),
      startedMs: performance.now(),
      waits,
      bytes: 0,
      isTaken: false,
      held: 0,
    };
    const release = this.#parts.connections.use(request.socket);
    response.once('close', () => {
      release();
      this.#letGo(exchange);
      this.#note(exchange);
    });
    try {
      this.#send(exchange, await this.#answer(exchange));
    } catch (cause) {
      await this.#fail(exchange, cause);
    }
  }

  async #answer(exchange: Exchange): Promise<Answer> {
    const { request } = exchange;
    const vendor = this.#admit(exchange);
    exchange.editor = vendor;
    this.#limit(vendor);
    const route = matchRoute(request.method ?? '', request.url ?? '');
    exchange.route = route.pattern;
    if (route.name === 'metadata') {
      const statement = capabilityStatement(`${baseOf(request)}/fhir`);
      return { status: 200, headers: { 'content-type': FHIR_JSON }, body: JSON.stringify(statement) };
    }
    return this.#write(exchange, vendor, route);
  }

  /** @throws GatewayError certificate-refused. */
  #admit(exchange: Exchange): InboundEditor {
    const socket = exchange.request.socket as TLSSocket;
    // Also there on a resumed session: the ticket holds the leaf, and the leaf is all that is judged.
    const judgment = this.#parts.trust().judge(socket.getPeerX509Certificate(), Date.now());
    if (judgment.ok) {
      if (judgment.unchecked !== undefined) this.#parts.metrics.countUnchecked(judgment.unchecked);
      if (!this.#parts.connections.identify(socket, judgment.editor.id)) throw tooMany(1000);
      return judgment.editor;
    }
    this.#parts.metrics.countRefusal(judgment.reason);
    if (this.#refusalLog.take(performance.now()) === 0) {
      this.#parts.log('warn', 'inbound-refused', {
        requestId: exchange.requestId,
        ...describeRefusal(judgment),
        tls: socket.getProtocol() ?? '',
        cipher: socket.getCipher()?.name ?? '',
      });
    }
    throw new GatewayError({
      reason: 'certificate-refused',
      text: "Le certificat client n'est pas accepté.",
      headers: { connection: 'close' },
    });
  }

  /** @throws GatewayError too-many-requests. */
  #limit({ id }: InboundEditor): void {
    const { editorRequestsPerSecond, editorBurst } = this.#parts.limits;
    const nowMs = performance.now();
    const bucket = this.#buckets.get(id) ?? new TokenBucket(editorRequestsPerSecond, editorBurst, nowMs);
    this.#buckets.set(id, bucket);
    const waitMs = bucket.take(nowMs);
    if (waitMs > 0) throw tooMany(waitMs);
  }

  #letGo(exchange: Exchange): void {
    if (exchange.editor !== undefined) this.#parts.bytes.give(exchange.editor.id, exchange.held);
    exchange.held = 0;
  }

  /** Room for so many bytes more of this exchange, until it ends. */
  #hold(exchange: Exchange, bytes: number): boolean {
    const { editor, response } = exchange;
    if (editor === undefined || response.closed) return true;
    if (!this.#parts.bytes.take(editor.id, bytes)) return false;
    exchange.held += bytes;
    return true;
  }

  async #write(
    exchange: Exchange,
    vendor: InboundEditor,
    route: Extract<InboundRoute, { name: 'write' }>,
  ): Promise<Answer> {
    const { request, requestId } = exchange;
    const body = await takeBody(exchange, (bytes) => this.#hold(exchange, bytes));
    const headers: Record<string, string> = { 'x-request-id': requestId };
    for (const name of PASSED_ON) {
      const value = request.headers[name];
      if (typeof value === 'string') headers[name] = value;
    }
    const forwarded = await this.#parts.edge.forward({
      method: request.method === 'POST' ? 'POST' : 'PUT',
      path: route.path,
      editor: vendor,
      headers,
      body,
      onlyById: route.onlyById,
    });
    if (forwarded.ok) return passBack(forwarded.value, request);
    const { reason, status, retryAfterS } = forwarded.error;
    this.#parts.metrics.countEdgeFailure(reason);
    exchange.reason = reason;
    throw new GatewayError({
      reason: 'edge-unavailable',
      text: "Le service est momentanément indisponible : rien n'est confirmé, renvoyer la même requête plus tard.",
      headers: { 'retry-after': String(retryAfterS ?? RETRY_AFTER_S) },
      detail: `edge ${reason}${status === undefined ? '' : ` ${status}`}`,
    });
  }

  async #fail(exchange: Exchange, cause: unknown): Promise<void> {
    const { requestId, response } = exchange;
    const error =
      cause instanceof GatewayError
        ? cause
        : new GatewayError({ reason: 'internal', text: 'Erreur interne ; elle est enregistrée.', cause });
    exchange.reason ??= error.reason;
    if (error.reason === 'internal') {
      const detail = cause instanceof Error ? cause.name : 'unknown';
      this.#parts.log('error', 'inbound-broken', { requestId, detail });
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // Its body is not needed any more, and the refusal must have room.
    this.#letGo(exchange);
    const isWhole = await swallow(exchange);
    const body = JSON.stringify(errorOutcome(error, requestId));
    const { status } = REASONS[error.reason];
    const headers = { 'content-type': FHIR_JSON, ...error.headers, ...(!isWhole && { connection: 'close' }) };
    this.#send(exchange, { status, headers, body });
  }

  /** An answer for which the vendor has no room, or that it does not read, ends its connection. */
  #send(exchange: Exchange, answer: Answer): void {
    const { request, response } = exchange;
    const cut = (): void => {
      this.#parts.metrics.countDropped('unread');
      request.socket.destroy();
    };
    if (!this.#hold(exchange, Buffer.byteLength(answer.body))) {
      cut();
      return;
    }
    const timer = setTimeout(cut, ANSWER_MS).unref();
    response.once('close', () => clearTimeout(timer));
    send(exchange, answer, this.#parts.isDraining());
  }

  /** One line and one count per exchange of a vendor, at its end. Refusals have theirs. */
  #note({ request, response, requestId, startedMs, editor, route, reason, bytes }: Exchange): void {
    if (editor === undefined) return;
    const isGone = !response.writableFinished;
    const status = response.statusCode;
    this.#parts.metrics.countRequest(editor.id, isGone ? 'gone' : status);
    const fields: LogFields = {
      requestId,
      editor: editor.id,
      flow: 'INT_R03',
      method: request.method ?? '',
      route: route ?? '',
      reason: isGone ? 'gone' : (reason ?? 'ok'),
      ...(!isGone && { status }),
      durationMs: Math.round((performance.now() - startedMs) * 10) / 10,
      bytes,
    };
    this.#parts.log(status >= 500 ? 'warn' : 'info', 'inbound-exchange', fields);
  }
}

function tooMany(waitMs: number): GatewayError {
  return new GatewayError({
    reason: 'too-many-requests',
    text: 'Trop de requêtes : réessayer après le délai indiqué.',
    headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
  });
}

/** @throws GatewayError media-type-not-supported, body-too-large, body-malformed, too-many-requests. */
async function takeBody(exchange: Exchange, hold: (bytes: number) => boolean): Promise<Buffer> {
  const { request, response } = exchange;
  const coding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (coding !== 'identity') {
    throw new GatewayError({
      reason: 'media-type-not-supported',
      text: 'Un corps compressé ne peut être lu : l’envoyer sans Content-Encoding.',
    });
  }
  const tooLarge = (isCut: boolean): GatewayError =>
    new GatewayError({
      reason: 'body-too-large',
      text: `Le corps dépasse ${BODY_BYTES_MAX / 1024} Kio.`,
      headers: isCut ? { connection: 'close' } : {},
    });
  if (exchange.waits) {
    if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) throw tooLarge(true);
    response.writeContinue();
  }
  exchange.isTaken = true;
  const received = await receiveBody(request, BODY_BYTES_MAX, hold);
  exchange.bytes = received.bytes;
  if (received.end === 'gone')
    throw new GatewayError({ reason: 'body-malformed', text: 'Le corps est incomplet.' });
  if (received.end === 'full') {
    const { reason, text } = tooMany(1000);
    throw new GatewayError({ reason, text, headers: { 'retry-after': '1', connection: 'close' } });
  }
  if (received.bytes > BODY_BYTES_MAX) throw tooLarge(received.end === 'cut');
  return received.body;
}

/** Lets the caller finish sending what will not be read, so that it hears the answer. False: it was not whole. */
async function swallow(exchange: Exchange): Promise<boolean> {
  if (exchange.isTaken) return true;
  if (exchange.waits) return false;
  exchange.isTaken = true;
  const { end } = await receiveBody(exchange.request, 0);
  return end === 'whole';
}

function send({ request, response, requestId }: Exchange, answer: Answer, isLast: boolean): void {
  if (response.destroyed) return;
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) response.setHeader(name, value);
  }
  if (isLast) response.setHeader('connection', 'close');
  response.writeHead(answer.status, {
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(answer.body),
    'x-request-id': requestId,
  });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

/** The caller's own id when it looks like one, as at the edge. */
function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[A-Za-z0-9-]{8,64}$/.test(given) ? given : randomUUID();
}

function describeRefusal(judgment: Extract<Judgment, { ok: false }>): LogFields {
  const { reason, facts, serial } = judgment;
  const number = facts?.serial ?? serial;
  return {
    reason,
    ...(number !== undefined && { serial: number }),
    ...(facts && { cn: facts.cn.join(' + '), ou: facts.ou.join(' + ') }),
  };
}
