// Claim: a relay told to stop finishes what it has been asked and leaves nothing behind. Phases: SIGTERM while a
// vendor is being asked; a plan that was on its way; one that still arrives later; a vendor that never answers; a second signal. End: the edge
// knew first, the answers arrived, exit code 0 (1 when it was forced).

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ask } from '../../support/doubles/edge.ts';
import { sendJson } from '../../support/doubles/relay-vendor.ts';
import { makeBundle } from '../../support/samples/relay-bundle.ts';
import { makeTestAuthority, type TestAuthority } from '../../support/scenes/relay/authority.ts';
import { makePlan, makeScene, type Scene } from '../../support/scenes/relay/scene.ts';
import { until } from '../../support/wait/until.ts';

let authority: TestAuthority;
let scene: Scene;

beforeAll(async () => {
  authority = await makeTestAuthority();
});

afterAll(() => authority?.remove());

afterEach(() => scene?.close());

test('tells the edge, finishes the running search, refuses a new one and exits 0', async () => {
  const held: (() => void)[] = [];
  scene = await makeScene(
    [
      (_request, response) =>
        held.push(() => sendJson(response, makeBundle({ startMs: Date.now() + 3_600_000 }))),
    ],
    authority,
  );
  const relay = scene.startRelay();
  const link = await scene.edge.linked();
  const running = ask(link, makePlan(['agenda-1']));
  await until('the call', () => held.length === 1);
  relay.child.kill('SIGTERM');
  await until('the edge to be told', () => link.drained);
  await until('a new one to be refused', async () => {
    const late = await ask(link, makePlan(['agenda-1'], { budgetMs: 50 }));
    return late.answers[0]?.failure?.reason === 'draining';
  });
  held.shift()?.();
  expect((await running).answers[0]).toMatchObject({ shown: 1 });
  expect(await relay.ended()).toBe(0);
  expect(await relay.said('relay-closed')).toMatchObject({ reason: 'done' });
  expect(scene.vendors[0]?.sockets.size).toBe(0);
});

test('serves a plan that was on its way before the edge had been told', async () => {
  scene = await makeScene(
    [(_request, response) => sendJson(response, makeBundle({ startMs: Date.now() + 3_600_000 }))],
    authority,
  );
  const relay = scene.startRelay();
  const link = await scene.edge.linked();
  await relay.said('link-up');
  // The edge sends, but does not hear yet that the relay drains.
  link.socket.pause();
  relay.child.kill('SIGTERM');
  await relay.said('relay-draining');
  const asked = ask(link, makePlan(['agenda-1']));
  await until('the vendor is asked', () => scene.vendors[0]?.requests.length === 1);
  link.socket.resume();
  expect((await asked).answers[0]).toMatchObject({ shown: 1 });
  expect(await relay.ended()).toBe(0);
});

test('exits 0 at once when nothing runs, also on SIGINT', async () => {
  scene = await makeScene([], authority);
  const relay = scene.startRelay();
  await scene.edge.linked();
  relay.child.kill('SIGINT');
  expect(await relay.ended()).toBe(0);
});

test('exits 0 without an edge', async () => {
  scene = await makeScene([], authority);
  await scene.edge.close();
  const relay = scene.startRelay();
  await relay.said('link-down');
  relay.child.kill('SIGTERM');
  expect(await relay.ended()).toBe(0);
});

test('exits at once on a second signal', async () => {
  scene = await makeScene([() => {}], authority);
  const relay = scene.startRelay();
  const link = await scene.edge.linked();
  ask(link, makePlan(['agenda-1'], { budgetMs: 60_000 })).catch(() => {});
  await until('the call', () => scene.vendors[0]?.requests.length === 1);
  relay.child.kill('SIGTERM');
  await relay.said('relay-draining');
  relay.child.kill('SIGTERM');
  expect(await relay.ended()).toBe(1);
});
