// A relay on the edge's real link that answers at once that nobody has a free slot: a search goes its whole way, and what it
// takes is the edge's.

import { newWebSocketRpcSession, type RpcStub, RpcTarget } from 'capnweb';
import { WebSocket } from 'ws';
import { answerNothing } from '../../relay/reading/answer-reading.ts';
import { writeAnswerLines, writeFrame } from '../../shared/link/answer-frame.ts';
import type { HubApi } from '../../shared/link/hub.ts';
import type { SearchPlan } from '../../shared/link/relay.ts';
import type { TestRelay } from './appointment-edge.ts';

class Served extends RpcTarget {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
  }

  async search({ id, calls }: SearchPlan): Promise<void> {
    for (const call of calls.keys()) {
      const { failure: _none, ...nothing } = answerNothing(call, { reason: 'internal' });
      const heads = [{ call, durationMs: 1 }];
      this.#socket.send(writeFrame({ search: id, heads, body: writeAnswerLines(nothing) }));
    }
  }

  cancel(): void {
    // All has been answered.
  }
}

/** Serves one vendor, by INT_R01. Resolves when the edge can ask it; the caller terminates the socket. */
export async function joinMuteRelay(url: string, relay: TestRelay, vendor: string): Promise<WebSocket> {
  const token = await relay.signLink(url);
  const socket = new WebSocket(`${url.replace('http', 'ws')}/link`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  socket.on('error', () => undefined);
  const hub: RpcStub<RpcTarget & HubApi> = newWebSocketRpcSession(
    socket as unknown as globalThis.WebSocket,
    new Served(socket),
  );
  await hub.announce({
    relay: relay.id,
    version: 'bench',
    editors: [
      {
        id: vendor,
        name: vendor,
        flows: ['INT_R01'],
        redirectHosts: [],
        certificateNotAfter: '2030-01-01T00:00:00.000Z',
      },
    ],
  });
  return socket;
}
