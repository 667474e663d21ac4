// Hands what a vendor wrote to the edge and brings back its answer. An answer that the edge did not mean for the
// vendor (our token refused, a proxy's page, an error, nothing in time) is a failure with a reason: the vendor is
// told to come again, and never that something was written. Asked again, the edge answers the same.

import { createHash, type KeyObject } from 'node:crypto';
import { type Dispatcher, Pool } from 'undici';
import { readBounded } from '../../shared/bounded-bytes.ts';
import { asObject, type JsonObject, objectsOf } from '../../shared/fhir/json.ts';
import { REASON_SYSTEM } from '../../shared/fhir/operation-outcome.ts';
import { INBOUND_AUDIENCE } from '../../shared/link/hub.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { describeExchangeError, readRetryAfter } from '../base/failure.ts';
import type { InboundEditor } from '../certificates/trust.ts';
import { type Signer, signRelayToken } from '../link/token.ts';
import { type EdgeAnswer, writtenFor } from './answer.ts';

/** Of each vendor: one whose writes wait at a slow edge keeps nobody else's waiting. */
const CONNECTIONS = 16;
const IDLE_MS = 60_000;
const CONNECT_TIMEOUT_MS = 5000;
const ANSWER_BYTES_MAX = 1024 * 1024;
const OWNER_REASON = 'not-owner';

export interface EdgeSettings {
  readonly url: string;
  readonly relayId: string;
  readonly key: KeyObject;
  /** From the request to the last byte of the answer. */
  readonly timeoutMs: number;
}

export interface EdgeRequest {
  readonly method: 'POST' | 'PUT';
  /** With its query. */
  readonly path: string;
  readonly editor: InboundEditor;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Whether 404 can be about the resource; elsewhere it means an edge that does not know the route. */
  readonly onlyById: boolean;
}

export type EdgeFailureReason =
  | 'timeout'
  | 'connect'
  | 'tls'
  | 'reset'
  | 'token-refused'
  | 'route-missing'
  | 'error'
  | 'redirect'
  | 'not-fhir'
  | 'too-large'
  | 'internal';

export interface EdgeFailure {
  readonly reason: EdgeFailureReason;
  readonly status?: number;
  /** As the edge asked. */
  readonly retryAfterS?: number;
}

/** The way to one edge: a pool of connections for each vendor, and a token of its own for each request. */
export class EdgeClient {
  readonly #signer: Signer;
  readonly #basePath: string;
  readonly #timeoutMs: number;
  readonly #origin: string;
  /** By vendor. */
  readonly #pools = new Map<string, Pool>();

  constructor({ url, relayId, key, timeoutMs }: EdgeSettings) {
    const { origin, pathname } = new URL(url);
    this.#signer = { key, relayId, edgeUrl: url };
    this.#basePath = pathname.replace(/\/+$/, '');
    this.#timeoutMs = timeoutMs;
    this.#origin = origin;
  }

  async forward(request: EdgeRequest): Promise<Result<EdgeAnswer, EdgeFailure>> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    let answer = await this.#ask(request, signal);
    // A kept connection that the edge closed just as it was used; the edge takes a repeated write as one.
    if (!answer.ok && answer.error.reason === 'reset' && !signal.aborted) {
      answer = await this.#ask(request, signal);
    }
    if (!answer.ok) return answer;
    const failure = judgeAnswer(answer.value, request);
    if (failure === undefined) return answer;
    const { status, retryAfter } = answer.value;
    const retryAfterS = readRetryAfter(retryAfter, Date.now());
    return err({ reason: failure, status, ...(retryAfterS !== undefined && { retryAfterS }) });
  }

  /** What runs is finished inside its own deadline. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
  }

  #poolOf({ id }: InboundEditor): Pool {
    const known = this.#pools.get(id);
    if (known !== undefined) return known;
    const pool = new Pool(this.#origin, {
      connections: CONNECTIONS,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      connect: { timeout: CONNECT_TIMEOUT_MS },
      // One deadline for the whole exchange: no second clock.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#pools.set(id, pool);
    return pool;
  }

  /** One for each try: the edge takes none twice. */
  #sign({ method, path, editor, body }: EdgeRequest): Promise<string> {
    const { pathname, search } = new URL(path, this.#signer.edgeUrl);
    const more = {
      editor: editor.id,
      appointmentSystem: editor.appointmentSystem,
      bodySha256: createHash('sha256').update(body).digest('base64url'),
    };
    const request = { audience: INBOUND_AUDIENCE, method, target: pathname + search, more };
    return signRelayToken(this.#signer, request, Date.now());
  }

  async #ask(request: EdgeRequest, signal: AbortSignal): Promise<Result<EdgeAnswer, EdgeFailure>> {
    const token = await this.#sign(request);
    try {
      const answer = await this.#poolOf(request.editor).request({
        method: request.method,
        path: this.#basePath + request.path,
        headers: { ...request.headers, authorization: `Bearer ${token}` },
        body: request.body,
        signal,
      });
      const body = await readBounded(answer.body, ANSWER_BYTES_MAX);
      return body === undefined
        ? err({ reason: 'too-large' })
        : ok(toAnswer(answer, Buffer.from(body.buffer)));
    } catch (error) {
      return err({ reason: signal.aborted ? 'timeout' : describeEdgeError(error) });
    }
  }
}

function toAnswer({ statusCode, headers }: Dispatcher.ResponseData, body: Buffer): EdgeAnswer {
  const one = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    status: statusCode,
    contentType: one('content-type'),
    etag: one('etag'),
    lastModified: one('last-modified'),
    location: one('location'),
    retryAfter: one('retry-after'),
    fate: one('x-passerelle-appointment'),
    body,
  };
}

/** Undefined when the answer is for the vendor: a refusal in the edge's words, or its yes. */
function judgeAnswer(answer: EdgeAnswer, { onlyById, editor }: EdgeRequest): EdgeFailureReason | undefined {
  const { status, contentType } = answer;
  if (status >= 500) return 'error';
  if (status >= 300 && status < 400) return 'redirect';
  if (status === 401) return 'token-refused';
  // 421: our address of the edge is a name that it does not know as its own.
  if (status === 421 || ((status === 404 || status === 405) && !onlyById)) return 'route-missing';
  const isJson = /^application\/(fhir\+)?json\b/i.test(contentType ?? '');
  const resource = isJson ? parse(answer.body) : undefined;
  if (status < 400) return isWritten(answer, editor, isJson, resource) ? undefined : 'not-fhir';
  // A firewall's or a gateway's refusal, in FHIR or not: the vendor would give the appointment up.
  const reasons = reasonsOf(resource);
  if (reasons.length === 0) return 'not-fhir';
  return status === 403 && !reasons.includes(OWNER_REASON) ? 'token-refused' : undefined;
}

/**
 * The edge names with a Location each appointment that it has written, by an id that only it gives: without one, the
 * answer is that of something in between, whatever its status and body. Beside it: nothing, the appointment, or an
 * outcome without error.
 */
function isWritten(
  { status, body, location }: EdgeAnswer,
  { id }: InboundEditor,
  isJson: boolean,
  resource: JsonObject | undefined,
): boolean {
  if ((status !== 200 && status !== 201) || writtenFor(location) !== id) return false;
  if (body.length === 0) return true;
  if (resource?.resourceType === 'OperationOutcome') {
    return objectsOf(resource.issue).every(({ severity }) => severity !== 'error' && severity !== 'fatal');
  }
  return isJson && (resource?.resourceType ?? 'Appointment') === 'Appointment';
}

/** What the edge alone says in an OperationOutcome: its own codes. Another one's outcome has none. */
function reasonsOf(resource: JsonObject | undefined): readonly string[] {
  if (resource?.resourceType !== 'OperationOutcome') return [];
  return objectsOf(resource.issue)
    .flatMap(({ details }) => objectsOf(asObject(details)?.coding))
    .flatMap(({ system, code }) => (system === REASON_SYSTEM && typeof code === 'string' ? [code] : []));
}

function parse(body: Buffer): JsonObject | undefined {
  try {
    return asObject(JSON.parse(body.toString('utf8')));
  } catch {
    return undefined;
  }
}

/** Why no whole answer of the edge came, from what undici threw. */
export function describeEdgeError(error: unknown): EdgeFailureReason {
  if (!(error instanceof Error)) return 'internal';
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(code)) return 'connect';
  if (/CERT|ERR_TLS|SELF_SIGNED|UNABLE_TO/.test(code)) return 'tls';
  const reason = describeExchangeError(error);
  switch (reason) {
    case 'timeout':
    case 'connect':
    case 'tls':
    case 'reset':
    case 'too-large':
      return reason;
    case 'not-json':
      return 'not-fhir';
    default:
      return 'internal';
  }
}
