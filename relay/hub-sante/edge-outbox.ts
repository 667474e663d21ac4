// The edge's outbox, as a relay reaches it: three plain requests, each signed for itself, with one deadline. Says why there
// was no answer, and never more. Its callers ask again. shared/link/hub-sante.ts is the contract.

import { createHash } from 'node:crypto';
import { Pool } from 'undici';
import * as v from 'valibot';
import { readBounded } from '../../shared/bounded-bytes.ts';
import {
  type CountAnswer,
  HUB_SANTE_AUDIENCE,
  HUB_SANTE_PATHS,
  type HubSanteClient,
  LEASE_MESSAGES_MAX,
  type LeaseAnswer,
  type LeaseRequest,
  type ReceiveRequest,
  type SettleRequest,
} from '../../shared/link/hub-sante.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { readRetryAfter } from '../base/failure.ts';
import { describeEdgeError, type EdgeFailureReason } from '../inbound/edge-client.ts';
import { type Signer, signRelayToken } from '../link/token.ts';

/** From the request to the last byte of the answer. */
const ANSWER_MS = 10_000;
const CONNECT_MS = 5000;
const IDLE_MS = 60_000;
/** Publishing and receiving at once, and one to spare. */
const CONNECTIONS = 4;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** `refused`: it has understood, and takes this request never. `busy`: it asked for a rest. */
export type OutboxReason = Exclude<EdgeFailureReason, 'not-fhir'> | 'refused' | 'busy' | 'unreadable';

export interface OutboxFailure {
  readonly reason: OutboxReason;
  readonly status?: number;
  /** The edge asked to be left alone for so long, seconds. */
  readonly retryAfterS?: number;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const leaseAnswer = v.object({
  leaseMs: v.pipe(v.number(), v.minValue(0), v.maxValue(3_600_000)),
  messages: v.pipe(
    v.array(
      v.object({ distributionId: v.pipe(v.string(), v.minLength(1), v.maxLength(512)), body: v.string() }),
    ),
    v.maxLength(LEASE_MESSAGES_MAX),
  ),
  more: v.boolean(),
  nextMs: v.pipe(v.number(), v.minValue(0)),
});
const countAnswer = v.object({ count });

export interface OutboxSettings {
  readonly signer: Signer;
  readonly client: HubSanteClient;
  /** After each request; undefined when the edge did what it was asked. */
  readonly onAnswer: (request: keyof typeof HUB_SANTE_PATHS, failure: OutboxFailure | undefined) => void;
}

/** The way to the edge of one relay's process. */
export class EdgeOutbox {
  readonly #signer: Signer;
  readonly #client: HubSanteClient;
  readonly #onAnswer: OutboxSettings['onAnswer'];
  readonly #basePath: string;
  readonly #pool: Pool;

  constructor({ signer, client, onAnswer }: OutboxSettings) {
    const { origin, pathname } = new URL(signer.edgeUrl);
    this.#signer = signer;
    this.#client = client;
    this.#onAnswer = onAnswer;
    this.#basePath = pathname.replace(/\/+$/, '');
    this.#pool = new Pool(origin, {
      connections: CONNECTIONS,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      connect: { timeout: CONNECT_MS },
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  lease(max: LeaseRequest['max']): Promise<Result<LeaseAnswer, OutboxFailure>> {
    return this.#tell('lease', { max }, leaseAnswer);
  }

  settle(outcomes: SettleRequest['outcomes']): Promise<Result<CountAnswer, OutboxFailure>> {
    return this.#tell('settle', { outcomes }, countAnswer);
  }

  /** `ids`: distributionIDs that the broker has not read yet. */
  hold(ids: readonly string[]): Promise<Result<CountAnswer, OutboxFailure>> {
    return this.#tell('settle', { outcomes: [], holding: ids }, countAnswer);
  }

  receive(messages: ReceiveRequest['messages']): Promise<Result<CountAnswer, OutboxFailure>> {
    return this.#tell('receive', { messages }, countAnswer);
  }

  /** What runs is finished inside its own deadline. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  async #tell<T>(
    request: keyof typeof HUB_SANTE_PATHS,
    content: object,
    schema: v.GenericSchema<unknown, T>,
  ): Promise<Result<T, OutboxFailure>> {
    const answer = await this.#post(HUB_SANTE_PATHS[request], content, schema);
    this.#onAnswer(request, answer.ok ? undefined : answer.error);
    return answer;
  }

  async #post<T>(
    path: string,
    content: object,
    schema: v.GenericSchema<unknown, T>,
  ): Promise<Result<T, OutboxFailure>> {
    const body = Buffer.from(JSON.stringify({ ...this.#client, ...content }));
    const signal = AbortSignal.timeout(ANSWER_MS);
    try {
      const answer = await this.#pool.request({
        method: 'POST',
        path: this.#basePath + path,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          authorization: `Bearer ${await this.#sign(path, body)}`,
        },
        body,
        signal,
      });
      const read = await readBounded(answer.body, ANSWER_BYTES_MAX);
      if (read === undefined) return err({ reason: 'too-large' });
      const { statusCode: status } = answer;
      if (status === 200) return readAnswer(Buffer.from(read.buffer), schema);
      const retryAfterS = readRetryAfter(String(answer.headers['retry-after'] ?? ''), Date.now());
      return err({ reason: reasonOf(status), status, ...(retryAfterS !== undefined && { retryAfterS }) });
    } catch (error) {
      return err({ reason: signal.aborted ? 'timeout' : reasonOfError(error) });
    }
  }

  /** For this request and its body, once. */
  #sign(target: string, body: Buffer): Promise<string> {
    const more = { bodySha256: createHash('sha256').update(body).digest('base64url') };
    const request = { audience: HUB_SANTE_AUDIENCE, method: 'POST', target, more };
    return signRelayToken(this.#signer, request, Date.now());
  }
}

function readAnswer<T>(body: Buffer, schema: v.GenericSchema<unknown, T>): Result<T, OutboxFailure> {
  try {
    return ok(v.parse(schema, JSON.parse(body.toString('utf8'))));
  } catch {
    return err({ reason: 'unreadable' });
  }
}

function reasonOf(status: number): OutboxReason {
  if (status === 429 || status === 503) return 'busy';
  if (status >= 500) return 'error';
  if (status >= 300 && status < 400) return 'redirect';
  if (status === 401 || status === 403) return 'token-refused';
  // 421: our address of the edge is a name that it does not know as its own.
  if (status === 404 || status === 405 || status === 421) return 'route-missing';
  return status >= 400 ? 'refused' : 'unreadable';
}

function reasonOfError(error: unknown): OutboxReason {
  const reason = describeEdgeError(error);
  return reason === 'not-fhir' ? 'unreadable' : reason;
}
