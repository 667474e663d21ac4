// The edge's outbox as a relay meets it: gives what is due once, keeps what it is told, and refuses or falls away on demand.
// It holds each request against its token, as the edge does.

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeJwt } from 'jose';
import {
  HUB_SANTE_AUDIENCE,
  HUB_SANTE_PATHS,
  LEASE_MESSAGES_MAX,
  type LeaseRequest,
  type OutgoingMessage,
  type PublishOutcome,
  type ReceivedMessage,
  type ReceiveRequest,
  type SettleRequest,
} from '../../../shared/link/hub-sante.ts';

export interface GivenLease {
  readonly request: LeaseRequest;
  readonly ids: readonly string[];
  /** On the steady clock. */
  readonly atMs: number;
}

type RequestKind = keyof typeof HUB_SANTE_PATHS;
type Request = LeaseRequest | SettleRequest | ReceiveRequest;

export class TestOutbox {
  readonly due: OutgoingMessage[] = [];
  readonly leases: GivenLease[] = [];
  /** In the order told, by distributionID. */
  readonly outcomes = new Map<string, PublishOutcome[]>();
  readonly received: ReceivedMessage[] = [];
  /** DistributionIDs that a broker has not read yet, as last told. */
  holding: readonly string[] = [];
  /** Why a token was not taken. */
  readonly badTokens: string[] = [];
  readonly #jtis = new Set<string>();
  /** How often it was asked for messages. */
  polls = 0;
  leaseMs = 120_000;
  nextMs = 100;
  /** A status instead of what is asked, or no answer at all. */
  refuse: (kind: RequestKind, request: Request) => number | 'cut' | undefined = () => undefined;

  /** Outcomes of all that was told, counted. */
  count(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const outcome of [...this.outcomes.values()].flat()) counts[outcome] = (counts[outcome] ?? 0) + 1;
    return counts;
  }

  async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const kind = (Object.keys(HUB_SANTE_PATHS) as RequestKind[]).find((one) =>
      message.url?.endsWith(HUB_SANTE_PATHS[one]),
    );
    if (kind === undefined) return void response.writeHead(404).end();
    const fault = this.#judgeToken(message, HUB_SANTE_PATHS[kind], body);
    if (fault !== undefined) {
      this.badTokens.push(fault);
      return void response.writeHead(401).end();
    }
    const request = JSON.parse(body.toString('utf8')) as Request;
    const refusal = this.refuse(kind, request);
    if (refusal === 'cut') return void message.socket.destroy();
    if (refusal !== undefined) return void response.writeHead(refusal).end();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(this.#do(request)));
  }

  #do(request: Request): object {
    if ('outcomes' in request) {
      this.holding = request.holding ?? this.holding;
      for (const { distributionId, outcome } of request.outcomes) {
        this.outcomes.set(distributionId, [...(this.outcomes.get(distributionId) ?? []), outcome]);
      }
      return { count: request.outcomes.length };
    }
    if ('messages' in request) {
      this.received.push(...request.messages);
      return { count: request.messages.length };
    }
    this.polls += 1;
    const messages = this.due.splice(0, Math.min(request.max, LEASE_MESSAGES_MAX));
    if (messages.length > 0) {
      const ids = messages.map(({ distributionId }) => distributionId);
      this.leases.push({ request, ids, atMs: performance.now() });
    }
    return { leaseMs: this.leaseMs, messages, more: this.due.length > 0, nextMs: this.nextMs };
  }

  #judgeToken({ method, headers }: IncomingMessage, target: string, body: Buffer): string | undefined {
    const claims = decodeJwt((headers.authorization ?? '').replace(/^Bearer /, ''));
    const { aud, jti = '' } = claims;
    if (aud !== HUB_SANTE_AUDIENCE) return `audience ${String(aud)}`;
    if (claims.method !== method || claims.target !== target) return `for ${String(claims.target)}`;
    if (claims.edge !== headers.host) return `edge ${String(claims.edge)}`;
    const sum = createHash('sha256').update(body).digest('base64url');
    if (claims.bodySha256 !== sum) return 'another body';
    if (this.#jtis.has(jti)) return 'used before';
    this.#jtis.add(jti);
    return undefined;
  }
}
