// The edge as a relay meets it: a real HTTP server with a real Cap'n Web session on its link, which can go away, refuse or
// fall silent, and which keeps what the relay hands over of appointments and answers as told.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newWebSocketRpcSession, type RpcStub, RpcTarget } from 'capnweb';
import { decodeJwt, type JWTPayload } from 'jose';
import { type WebSocket, WebSocketServer } from 'ws';
import { isFrame, readAnswerLines, readFrame } from '../../../shared/link/answer-frame.ts';
import type { Announcement, HubApi } from '../../../shared/link/hub.ts';
import type { CallHead, RelayApi, SearchPlan } from '../../../shared/link/relay.ts';
import type { CallAnswer } from '../../../shared/sas/answer.ts';
import { until } from '../wait/until.ts';
import { TestOutbox } from './edge-outbox.ts';

export interface EdgeLink {
  readonly relay: RpcStub<RelayApi>;
  readonly socket: WebSocket;
  readonly authorization: string;
  readonly announcements: Announcement[];
  drained: boolean;
}

export interface Forwarded {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly claims: JWTPayload;
}

export type EdgeHandler = (forwarded: Forwarded, response: ServerResponse) => void;

export interface TestEdge {
  readonly url: string;
  readonly port: number;
  readonly links: EdgeLink[];
  /** Status answered to upgrades instead of accepting them. */
  refuseWith: number | undefined;
  readonly dials: { count: number };
  /** Requests under /fhir/, in order. */
  readonly received: Forwarded[];
  /** Answers them; by default every write is new. */
  handler: EdgeHandler;
  /** Requests under /hub-sante/. */
  readonly outbox: TestOutbox;
  /** The newest link that has announced itself. */
  linked(count?: number): Promise<EdgeLink>;
  /** Closes the port and cuts its connections; `startTestEdge` with the same port opens it again. */
  close(): Promise<void>;
}

export interface Landed {
  readonly heads: CallHead[];
  readonly answers: CallAnswer[];
  readonly frames: number;
  readonly durationMs: number;
  /** Milliseconds from the question to each frame. */
  readonly frameMs: number[];
}

/** `outbox`: of the one that stood at that port before. */
export async function startTestEdge(port = 0, outbox = new TestOutbox()): Promise<TestEdge> {
  const received: Forwarded[] = [];
  const server = createServer(async (request, response) => {
    if (request.url?.includes('/hub-sante/')) return outbox.handle(request, response);
    if (!request.url?.includes('/fhir/')) {
      response.writeHead(404).end();
      return;
    }
    const forwarded = await readForwarded(request);
    received.push(forwarded);
    edge.handler(forwarded, response);
  });
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const links: EdgeLink[] = [];
  const dials = { count: 0 };
  server.on('upgrade', (request, socket, head) => {
    dials.count += 1;
    socket.on('error', () => {});
    if (edge.refuseWith !== undefined || request.url?.endsWith('/link') !== true) {
      socket.end(
        `HTTP/1.1 ${edge.refuseWith ?? 404} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, (accepted) => accept(accepted, request, links));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const bound = (server.address() as AddressInfo).port;
  const edge: TestEdge = {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    links,
    dials,
    received,
    outbox,
    handler: acceptAll,
    refuseWith: undefined,
    linked: (count = 1) =>
      until('a link that has announced itself', () => {
        const announced = links.filter(({ announcements }) => announcements.length > 0);
        return announced.length >= count && announced.at(-1);
      }),
    close: () => closeEdge(server, links),
  };
  return edge;
}

async function readForwarded(request: IncomingMessage): Promise<Forwarded> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers,
    body: Buffer.concat(chunks).toString('utf8'),
    claims: decodeJwt((request.headers.authorization ?? '').replace(/^Bearer /, '')),
  };
}

/** As the edge names what it has written for the vendor of the token. */
export function locationFor({ claims }: Pick<Forwarded, 'claims'>): string {
  return `http://edge.internal:8787/sas/fhir/Appointment/${claims.editor}-0123456789abcdef0123/_history/1`;
}

export const acceptAll: EdgeHandler = (forwarded, response) => {
  response.writeHead(201, {
    'content-type': 'application/fhir+json; charset=utf-8',
    location: locationFor(forwarded),
    etag: 'W/"1"',
    'last-modified': 'Tue, 24 Nov 2026 10:00:00 GMT',
  });
  response.end(forwarded.body);
};

/** As with `Prefer: return=minimal`. */
export const acceptBriefly: EdgeHandler = (forwarded, response) => {
  response.writeHead(201, { location: locationFor(forwarded) }).end();
};

/** Asks a relay, and keeps all that lands. */
export async function ask(link: EdgeLink, plan: SearchPlan): Promise<Landed> {
  const heads: CallHead[] = [];
  const answers: CallAnswer[] = [];
  const frameMs: number[] = [];
  const startedMs = performance.now();
  const onMessage = (data: Buffer): void => {
    const message = data.toString();
    if (!isFrame(message)) return;
    const frame = readFrame(message);
    if (frame.search !== plan.id) return;
    heads.push(...frame.heads);
    answers.push(...readAnswerLines(frame.body));
    frameMs.push(performance.now() - startedMs);
  };
  link.socket.on('message', onMessage);
  try {
    await link.relay.search(plan);
  } finally {
    link.socket.off('message', onMessage);
  }
  return { heads, answers, frames: frameMs.length, frameMs, durationMs: performance.now() - startedMs };
}

class Hub extends RpcTarget implements HubApi {
  readonly #link: () => EdgeLink;

  constructor(link: () => EdgeLink) {
    super();
    this.#link = link;
  }

  async announce(announcement: Announcement): Promise<void> {
    this.#link().announcements.push(announcement);
  }

  async drain(): Promise<void> {
    this.#link().drained = true;
  }
}

function accept(socket: WebSocket, request: IncomingMessage, links: EdgeLink[]): void {
  const hub = new Hub(() => link);
  const relay = newWebSocketRpcSession<RelayApi>(withoutFrames(socket), hub);
  const authorization = request.headers.authorization ?? '';
  const link: EdgeLink = { relay, socket, authorization, announcements: [], drained: false };
  links.push(link);
}

/** What Cap'n Web may read of the socket: frames of answers are not its own. */
function withoutFrames(socket: WebSocket): globalThis.WebSocket {
  const calls = new Proxy(socket, {
    get: (target, name) => {
      if (name !== 'addEventListener') {
        const value = Reflect.get(target, name) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      }
      return (type: string, listen: (event: { data?: unknown }) => void) =>
        target.addEventListener(type as 'message', (event) => {
          if (type !== 'message' || !isFrame(event.data)) listen(event);
        });
    },
    set: (target, name, value) => Reflect.set(target, name, value),
  });
  return calls as unknown as globalThis.WebSocket;
}

async function closeEdge(server: Server, links: readonly EdgeLink[]): Promise<void> {
  for (const { socket } of links) socket.terminate();
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
