// Claim: a relay's token opens one link of one hub once, and a link is for relays that announce themselves. Phases: a token
// again, also after the edge was started again; at another hub; sockets that say nothing, only that they drain, or nonsense.
// End: each is refused or closed within seconds, and the relay that serves goes on.

import { newWebSocketRpcSession, RpcTarget } from 'capnweb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { linkUrl } from '../../../relay/link/link.ts';
import { type HubApi, LINK_CLOSE } from '../../../shared/link/hub.ts';
import { RelayKeys, ScriptedRelay } from '../../support/doubles/scripted-relay.ts';
import { System } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const keys = new RelayKeys('relay-a', 'relay-b');
let system: System;
beforeAll(async () => {
  system = await System.start({ vendors: [], relay: false, settings: { HUBS: '2', ...keys.settings } });
});
afterAll(() => system?.stop());

interface Dialled {
  /** Of the upgrade; 101 when the link is open. */
  readonly status: number;
  readonly socket: WebSocket;
  closedWith: number | undefined;
}

async function dial(token: string, hub = 0): Promise<Dialled> {
  const socket = new WebSocket(linkUrl(system.url, hub), { headers: { authorization: `Bearer ${token}` } });
  const status = await new Promise<number>((resolve) => {
    socket.on('error', () => undefined);
    socket.once('open', () => resolve(101));
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
  });
  const dialled: Dialled = { status, socket, closedWith: undefined };
  socket.once('close', (code) => {
    dialled.closedWith = code;
  });
  return dialled;
}

it('takes a token once, at the hub that it names, also after the edge was started again', async () => {
  const token = await keys.sign('relay-b', system.url);
  expect((await dial(token, 1)).status).toBe(401);
  const first = await dial(token);
  expect(first.status).toBe(101);
  expect((await dial(token)).status).toBe(401);
  await system.stopEdge();
  await system.startEdge();
  expect((await dial(token)).status).toBe(401);
  const next = await dial(await keys.sign('relay-b', system.url));
  expect(next.status).toBe(101);
  next.socket.terminate();
});

it('closes links that announce nothing, and no other', async () => {
  const relay = await ScriptedRelay.join(system.url, keys, 'relay-a', ['agenda-s']);
  const silent = await dial(await keys.sign('relay-b', system.url));
  const draining = await dial(await keys.sign('relay-b', system.url));
  const hub = newWebSocketRpcSession<HubApi>(
    draining.socket as unknown as globalThis.WebSocket,
    new RpcTarget(),
  );
  await hub.drain();
  const liar = await dial(await keys.sign('relay-b', system.url));
  const lied = newWebSocketRpcSession<HubApi>(
    liar.socket as unknown as globalThis.WebSocket,
    new RpcTarget(),
  );
  await expect(lied.announce({ relay: 'relay-a', version: 'x', editors: [] })).rejects.toThrow();
  await until('the liar is out', () => liar.closedWith !== undefined);
  await until('the silent ones are out', () => [silent, draining].every((one) => one.closedWith));
  expect([silent.closedWith, draining.closedWith]).toEqual([LINK_CLOSE.mute, LINK_CLOSE.mute]);
  expect(liar.closedWith).toBe(LINK_CLOSE.unreadable);
  expect(relay.closedWith).toBeUndefined();
  relay.close();
});
