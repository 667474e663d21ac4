// Claim: a relay always comes back to its edge. Phases: the edge drops the link, goes away and returns on the same
// port, refuses the sign-in, answers "not now", falls silent. End: linked again each time, its vendors announced
// anew, and whatever it was asked over a lost link given up at the vendor.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { readIdentityKey } from '../../../relay/link/identity-key.ts';
import { Link, type LinkSettings, linkUrl } from '../../../relay/link/link.ts';
import { signRelayToken } from '../../../relay/link/token.ts';
import { RetryBudget } from '../../../relay/search/retry-budget.ts';
import { Searches } from '../../../relay/search/searches.ts';
import { LINK_AUDIENCE } from '../../../shared/link/hub.ts';
import type { LogFields } from '../../../shared/log.ts';
import { ask, startTestEdge, type TestEdge } from '../../support/doubles/edge.ts';
import { makeTestAuthority, type TestAuthority } from '../../support/scenes/relay/authority.ts';
import { makePlan, makeScene, type Scene } from '../../support/scenes/relay/scene.ts';
import { until } from '../../support/wait/until.ts';

let authority: TestAuthority;
const open: { close(): unknown }[] = [];

beforeAll(async () => {
  authority = await makeTestAuthority();
});

afterAll(() => authority?.remove());

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function scene(): Promise<Scene> {
  const made = await makeScene([() => {}], authority);
  open.push(made);
  return made;
}

test('dials again after the edge drops the link, and announces its vendors anew', async () => {
  const { edge, startRelay } = await scene();
  const relay = startRelay();
  const first = await edge.linked();
  await relay.said('link-up');
  first.socket.terminate();
  const second = await edge.linked(2);
  expect(second).not.toBe(first);
  expect(second.announcements).toEqual(first.announcements);
  expect((await relay.said('link-down')).level).toBe('warn');
  await relay.said('link-up', 2);
});

test('finds an edge that went away and came back', async () => {
  const { edge, startRelay } = await scene();
  const relay = startRelay();
  await edge.linked();
  const ready = async (): Promise<number> => (await fetch(`${await relay.adminUrl()}/readyz`)).status;
  await relay.said('link-up');
  expect(await ready()).toBe(200);
  await edge.close();
  await until('a failed dial', () => relay.lines.some(({ detail }) => detail === 'ECONNREFUSED'));
  expect(await ready()).toBe(503);
  const again = await startTestEdge(edge.port);
  open.push(again);
  await again.linked();
  await until('readiness', async () => (await ready()) === 200);
});

test.each([401, 503])(
  'keeps dialling an edge that answers %d, without its token in the log',
  async (status) => {
    const { edge, startRelay } = await scene();
    edge.refuseWith = status;
    const relay = startRelay();
    await until('three dials', () => edge.dials.count >= 3);
    expect((await relay.said('link-down')).status).toBe(status);
    edge.refuseWith = undefined;
    await edge.linked();
    expect(relay.output()).not.toMatch(/eyJ|Bearer/);
  },
);

test('signs a new token for every dial', async () => {
  const { edge, startRelay } = await scene();
  startRelay();
  const first = await edge.linked();
  first.socket.terminate();
  const second = await edge.linked(2);
  expect(second.authorization).not.toBe(first.authorization);
});

test('gives up at the vendor what was asked over a link that is lost', async () => {
  const { edge, startRelay, vendors } = await scene();
  startRelay();
  const link = await edge.linked();
  const asking = ask(link, makePlan(['agenda-1'], { budgetMs: 60_000 })).catch(() => 'lost');
  await until('the vendor is asked', () => vendors[0]?.requests.length === 1);
  link.socket.terminate();
  expect(await asking).toBe('lost');
  await until('the vendor sees its connection closed', () => vendors[0]?.given.up === 1);
});

test('leaves a link on which nothing comes back', async () => {
  const { link, edge, messages } = await directLink({ pingMs: 40 });
  link.start();
  const first = await edge.linked();
  await until('the link to be up', () => link.state === 'up');
  // From here on the edge reads nothing, so it answers no ping.
  first.socket.pause();
  await edge.linked(2);
  expect(messages.map(([message]) => message)).toContain('link-silent');
});

test('leaves a link whose edge takes no more answers', async () => {
  const { link, edge, messages } = await directLink({ backlogBytesMax: 1024 * 1024 });
  link.start();
  const first = await edge.linked();
  const calls = Array.from({ length: 2000 }, () => ({ editor: 'agenda-9', subjects: ['8100'] }));
  await ask(first, makePlan([], { calls }));
  expect(messages.map(([message]) => message)).not.toContain('link-clogged');
  first.socket.pause();
  for (let plans = 0; plans < 40; plans += 1) ask(first, makePlan([], { calls })).catch(() => {});
  await edge.linked(2);
  expect(messages.map(([message]) => message)).toContain('link-clogged');
});

test('keeps a link that answers its pings', async () => {
  const { link, edge, messages } = await directLink({ pingMs: 500 });
  link.start();
  const { socket } = await edge.linked();
  let pings = 0;
  socket.on('ping', () => {
    pings += 1;
  });
  await until('six pings', () => pings >= 6);
  expect(link.state).toBe('up');
  expect(messages.map(([message]) => message)).not.toContain('link-down');
});

test('waits longer after each failure, within ten seconds, by chance between nothing and the whole', async () => {
  const { link, edge, messages } = await directLink({ random: () => 0.01 });
  edge.refuseWith = 503;
  link.start();
  const delays = (): number[] =>
    messages.filter(([message]) => message === 'link-down').map(([, f]) => f?.delayMs ?? 0);
  await until('eight failures', () => delays().length >= 8);
  expect(delays().slice(0, 8)).toEqual([5, 10, 20, 40, 80, 100, 100, 100]);
});

test('closes from every state', async () => {
  const { link, edge } = await directLink({});
  link.close();
  link.start();
  expect(link.state).toBe('closed');
  expect(edge.dials.count).toBe(0);
});

test.each([
  ['https://edge.example', 'wss://edge.example/link'],
  ['https://edge.example/', 'wss://edge.example/link'],
  ['https://edge.example:8443/sas/', 'wss://edge.example:8443/sas/link'],
  ['http://127.0.0.1:8787', 'ws://127.0.0.1:8787/link'],
])('dials %s at %s', (url, dialled) => {
  expect(linkUrl(url)).toBe(dialled);
});

async function directLink(settings: Partial<LinkSettings>) {
  const { dir } = await scene();
  const edge: TestEdge = await startTestEdge();
  const key = readIdentityKey(`${dir}/link.key.pem`);
  if (!key.ok) throw new Error('no key');
  const messages: [string, LogFields | undefined][] = [];
  const link = new Link({
    url: edge.url,
    sign: (target) =>
      signRelayToken(
        { key: key.value, relayId: 'relay-test', edgeUrl: edge.url },
        { audience: LINK_AUDIENCE, method: 'GET', target },
        Date.now(),
      ),
    announcement: () => ({ relay: 'relay-test', version: '0', editors: [] }),
    searches: new Searches({
      vendors: () => new Map(),
      retryBudget: new RetryBudget(performance.now()),
      onExchange: () => {},
      onInternalError: () => {},
    }),
    log: (_level, message, fields) => messages.push([message, fields]),
    random: () => 0,
    ...settings,
  });
  open.push(edge, link);
  return { link, edge, messages };
}
