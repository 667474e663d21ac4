// The other end of the link for the relay's tests: a real WebSocket server with a real Cap'n Web session on it.
// It stands for the edge's hub, and can go away, refuse, or fall silent.

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newWebSocketRpcSession, type RpcStub, RpcTarget } from 'capnweb';
import { type WebSocket, WebSocketServer } from 'ws';
import { isFrame, readAnswerLines, readFrame } from '../../../shared/link/answer-frame.ts';
import type { Announcement, HubApi } from '../../../shared/link/hub.ts';
import type { CallHead, RelayApi, SearchPlan } from '../../../shared/link/relay.ts';
import type { CallAnswer } from '../../../shared/sas/answer.ts';
import { until } from '../wait/until.ts';

export interface EdgeLink {
  readonly relay: RpcStub<RelayApi>;
  readonly socket: WebSocket;
  readonly authorization: string;
  readonly announcements: Announcement[];
  drained: boolean;
}

export interface TestEdge {
  readonly url: string;
  readonly port: number;
  readonly links: EdgeLink[];
  /** Status answered to upgrades instead of accepting them. */
  refuseWith: number | undefined;
  readonly dials: { count: number };
  /** The newest link that has announced itself. */
  linked(count?: number): Promise<EdgeLink>;
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

export async function startTestEdge(port = 0): Promise<TestEdge> {
  const server = createServer((_request, response) => response.writeHead(404).end());
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const links: EdgeLink[] = [];
  const dials = { count: 0 };
  server.on('upgrade', (request, socket, head) => {
    dials.count += 1;
    socket.on('error', () => {});
    if (edge.refuseWith !== undefined || request.url !== '/link') {
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
