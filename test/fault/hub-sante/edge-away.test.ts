// The edge goes away. Claim: nothing that Hub Santé sent is acknowledged before the edge has stored it, and no outcome is
// forgotten. Phases: messages come, or leave, while the edge is away; the relay may be killed meanwhile; the edge is there
// again. End state: the edge has everything, the broker nothing.

import { describe, expect, test } from 'vitest';
import { startTestEdge } from '../../support/doubles/edge.ts';
import { type CarrierScene, carrierForEachTest } from '../../support/scenes/carrier-scene.ts';
import { type HubSanteScene, hubSanteMissing, SAS_ID } from '../../support/scenes/hub-sante-scene.ts';
import { until } from '../../support/wait/until.ts';

const NAMES = Array.from({ length: 30 }, (_, index) => `message ${index}`);

describe.skipIf(hubSanteMissing)('an edge that goes away', () => {
  let hub: HubSanteScene;
  let scene: CarrierScene;

  carrierForEachTest((made) => {
    ({ hub, scene } = made);
  });

  const bodies = (): string[] => scene.outbox.received.map(({ body }) => body);
  const inject = async (): Promise<void> => {
    for (const name of NAMES) await hub.hub.dispatcher.inject(`${SAS_ID}.ack`, Buffer.from(name));
    await until(
      'as many as it may hold',
      async () => (await scene.metric('held')) === Math.min(NAMES.length, 100),
    );
  };
  const returns = async (): Promise<void> => {
    scene.edge = await startTestEdge(scene.edge.port, scene.outbox);
  };

  test('what comes meanwhile waits unacknowledged, and arrives once and in order', async () => {
    await scene.edge.close();
    await inject();
    const { route } = await scene.relay.said('hub-sante-edge-failed');
    expect(['/hub-sante/lease', '/hub-sante/receive']).toContain(route);
    expect(await scene.metric('stored_total')).toBe(0);
    await returns();
    await until('all of them', () => bodies().length >= NAMES.length);
    expect(bodies()).toEqual(NAMES);
    await until('all to be acknowledged', async () => (await scene.metric('held')) === 0);
    await scene.relay.said('hub-sante-edge-back');
    expect(scene.outbox.received.some(({ redelivered }) => redelivered)).toBe(false);
  });

  test('a relay that is killed meanwhile has lost nothing: the broker gives it to the next one', async () => {
    await scene.edge.close();
    await inject();
    await scene.relay.stop();
    await returns();
    scene.startRelay();
    await until('all of them', () => bodies().length >= NAMES.length);
    expect(bodies().sort()).toEqual([...NAMES].sort());
    expect(scene.outbox.received.filter(({ redelivered }) => redelivered)).toHaveLength(NAMES.length);
  });

  test('an edge that stores and loses its answer gets it again, and not for ever', async () => {
    let lost = 0;
    const store = scene.outbox.received;
    scene.outbox.refuse = (_kind, request) => {
      if (!('messages' in request) || lost === 2) return undefined;
      lost += 1;
      store.push(...request.messages);
      return 'cut';
    };
    await hub.hub.dispatcher.inject(`${SAS_ID}.info`, Buffer.from('one'));
    await until('a third time', () => bodies().length === 3);
    await until('it to be acknowledged', async () => (await scene.metric('held')) === 0);
    await hub.hub.dispatcher.inject(`${SAS_ID}.info`, Buffer.from('two'));
    await until('the next', () => bodies().length === 4);
    expect(bodies()).toEqual(['one', 'one', 'one', 'two']);
  });

  test('what became of a lease is told again until the edge has heard it, and nothing is taken on before', async () => {
    let tries = 0;
    scene.outbox.refuse = (_kind, request) => {
      if (!('outcomes' in request)) return undefined;
      tries += 1;
      return tries <= 3 ? [503, 401, 'cut' as const][tries - 1] : undefined;
    };
    const ids = scene.owe(5);
    expect(new Set(await scene.told(ids))).toEqual(new Set(['confirmed']));
    expect(scene.outbox.leases.map(({ ids: given }) => given.length)).toEqual([1, 4]);
    expect(tries).toBe(5);
    expect(scene.outbox.count()).toEqual({ confirmed: 5 });
  });

  test('ended while the edge is away, it ends all the same, and the broker keeps what is not stored', async () => {
    await scene.edge.close();
    await inject();
    scene.relay.child.kill('SIGTERM');
    expect(await scene.relay.ended()).toBe(0);
    await returns();
    scene.startRelay();
    await until('all of them', () => bodies().length >= NAMES.length);
    expect(bodies().sort()).toEqual([...NAMES].sort());
  });
});
