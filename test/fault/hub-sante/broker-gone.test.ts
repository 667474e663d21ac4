// The broker goes away: killed, silent, its connections closed by an operator. Claim: what it had not confirmed is in doubt and
// said so, what it had confirmed arrives, and the relay comes back by itself. End state: everything that the edge gave is
// told, connected again, nothing held.

import { describe, expect, test } from 'vitest';
import { type CarrierScene, carrierForEachTest } from '../../support/scenes/carrier-scene.ts';
import { type HubSanteScene, hubSanteMissing, SAMU_ID } from '../../support/scenes/hub-sante-scene.ts';
import { until } from '../../support/wait/until.ts';

describe.skipIf(hubSanteMissing)('a broker that goes away', () => {
  let hub: HubSanteScene;
  let scene: CarrierScene;

  carrierForEachTest((made) => {
    ({ hub, scene } = made);
  });

  const idsAt = (): string[] => hub.hub.lrm(SAMU_ID).received.map(({ distributionId }) => distributionId);

  test('killed before it confirms: in doubt at once, told while it is away; then all goes on', async () => {
    const { broker } = hub.hub;
    expect(await scene.told(scene.owe(1))).toEqual(['confirmed']);
    broker.pause();
    const ids = scene.owe(4);
    await until('them to have left', async () => (await scene.metric('unconfirmed')) === 4);
    await broker.kill();
    expect(await scene.told(ids)).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
    expect(['lost', 'silent']).toContain((await scene.relay.said('hub-sante-down')).reason);
    expect(await scene.metric('up')).toBe(0);
    // Without a broker it takes on nothing.
    const { polls } = scene.outbox;
    const [waiting = ''] = scene.owe(1);
    await scene.relay.said('hub-sante-dial-failed');
    expect(scene.outbox.polls).toBe(polls);
    await broker.startAgain();
    await scene.relay.said('hub-sante-up', 2);
    expect(await scene.told([waiting])).toEqual(['confirmed']);
    await until('it to arrive', () => idsAt().includes(waiting));
  });

  test('silent: left after two heartbeats, with nothing to publish', async () => {
    await scene.change({ heartbeatS: 1 });
    await scene.relay.said('hub-sante-up', 2);
    hub.hub.broker.pause();
    expect(await scene.relay.said('hub-sante-down')).toMatchObject({ reason: 'silent', level: 'warn' });
    hub.hub.broker.resume();
    await scene.relay.said('hub-sante-up', 3);
    expect(await scene.told(scene.owe(1))).toEqual(['confirmed']);
  });

  test('its operator closes all connections: said so, and dialled again', async () => {
    await hub.hub.broker.operate('close_all_connections', 'bye');
    expect(await scene.relay.said('hub-sante-down')).toMatchObject({
      reason: 'broker-closed',
      detail: '320',
    });
    await scene.relay.said('hub-sante-up', 2);
    expect(await scene.told(scene.owe(1))).toEqual(['confirmed']);
  });

  test('restarted under traffic: what was confirmed arrives, and only what was under way is in doubt', async () => {
    const ids: string[] = [];
    let isOver = false;
    const traffic = (async () => {
      while (!isOver) {
        ids.push(...scene.owe(3));
        await until('these to leave', () => scene.outbox.due.length === 0);
      }
    })();
    for (let nth = 2; nth <= 3; nth += 1) {
      await until('traffic', () => (scene.outbox.count().confirmed ?? 0) > 30 * (nth - 1));
      await hub.hub.broker.kill();
      await scene.relay.said('hub-sante-down', nth - 1);
      await hub.hub.broker.startAgain();
      await scene.relay.said('hub-sante-up', nth);
    }
    isOver = true;
    await traffic;
    const outcomes = await scene.told(ids);
    const confirmed = ids.filter((_, index) => outcomes[index] === 'confirmed');
    const doubtful = ids.filter((_, index) => outcomes[index] === 'unknown');
    // One lease at each end, of what waited then.
    expect(doubtful.length).toBeLessThanOrEqual(2 * 3);
    expect(confirmed.length).toBeGreaterThan(60);
    await until('what was confirmed', () => {
      const there = new Set(idsAt());
      return confirmed.every((id) => there.has(id));
    });
    expect([...scene.outbox.outcomes.values()].every(({ length }) => length === 1)).toBe(true);
  });
});
