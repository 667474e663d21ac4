// The broker is there and takes a message not, not yet, or too late. Claim: of each message the edge is told what is sure and
// no more, and nothing is tried in a loop. Phases: the broker refuses, or is full, or the lease is over; then all is well
// again. End state: what was not taken is carried when the edge gives it again, and no alarm stands.

import { describe, expect, test } from 'vitest';
import { type CarrierScene, carrierForEachTest } from '../../support/scenes/carrier-scene.ts';
import {
  type HubSanteScene,
  hubSanteMissing,
  SAMU_ID,
  SAS_ID,
} from '../../support/scenes/hub-sante-scene.ts';
import { until } from '../../support/wait/until.ts';

const READ = '^fr\\.health\\.test\\.ptfsas\\..*$';

describe.skipIf(hubSanteMissing)('publishing, when the broker does not take a message', () => {
  let hub: HubSanteScene;
  let scene: CarrierScene;

  carrierForEachTest((made) => {
    ({ hub, scene } = made);
  });

  const idsAt = (): string[] => hub.hub.lrm(SAMU_ID).received.map(({ distributionId }) => distributionId);

  /** The broker has answered for a first message. */
  const prove = async (): Promise<void> => {
    expect(await scene.told(scene.owe(1))).toEqual(['confirmed']);
  };

  test('refused for want of rights, it stops after one message, goes on reading, and tries again when told', async () => {
    const { broker, dispatcher } = hub.hub;
    await broker.operate('set_permissions', SAS_ID, '^$', '^$', READ);
    const [first = '', ...others] = scene.owe(3);
    expect(await scene.told([first])).toEqual(['nacked']);
    expect(await scene.relay.said('hub-sante-publish-refused')).toMatchObject({
      level: 'error',
      status: 403,
    });
    expect(await scene.metric('alarm{kind="publish"}')).toBe(1);
    expect(await scene.metric('publish_refusals_total{code="403"}')).toBe(1);
    const { polls } = scene.outbox;
    for (let nth = 1; nth <= 3; nth += 1) {
      await dispatcher.inject(`${SAS_ID}.info`, Buffer.from(`${nth}`));
      await until('it to be read', () => scene.outbox.received.length === nth);
    }
    expect(scene.outbox.polls).toBe(polls);
    expect(scene.outbox.count()).toEqual({ nacked: 1 });
    // Still refused when told to try: one more message, and no more.
    scene.relay.child.kill('SIGHUP');
    await scene.relay.said('hub-sante-publish-refused', 2);
    expect(scene.outbox.polls).toBe(polls + 1);
    await until('the second to be told', () => scene.outbox.count().nacked === 2);
    await broker.operate('set_permissions', SAS_ID, '^$', '^hubsante$', READ);
    scene.relay.child.kill('SIGHUP');
    expect(await scene.told(others)).toEqual(['nacked', 'confirmed']);
    await until('the alarm to end', async () => (await scene.metric('alarm{kind="publish"}')) === 0);
    expect(scene.relay.lines.filter(({ message }) => message === 'hub-sante-down')).toEqual([]);
    await until('the third to arrive', () => idsAt().length === 1);
    expect(idsAt()).toEqual(others.slice(1));
  });

  test('a message that the broker nacks is said to be nacked, the others confirmed', async () => {
    const { broker, dispatcher } = hub.hub;
    await prove();
    await dispatcher.run(false);
    const limit = '{"max-length":2,"overflow":"reject-publish"}';
    await broker.operate('set_policy', 'full', '^dispatch$', limit, '--apply-to', 'queues');
    const ids = scene.owe(6);
    const outcomes = await scene.told(ids);
    await broker.operate('clear_policy', 'full');
    await dispatcher.run(true);
    const confirmed = ids.filter((_, index) => outcomes[index] === 'confirmed');
    expect(confirmed.length).toBeGreaterThanOrEqual(1);
    expect(confirmed.length).toBeLessThanOrEqual(2);
    expect(outcomes.slice(confirmed.length)).toEqual(ids.slice(confirmed.length).map(() => 'nacked'));
    await until('what was confirmed', () => idsAt().length === 1 + confirmed.length);
    expect(idsAt().slice(1)).toEqual(confirmed);
  });

  test('nothing leaves after its lease is over', async () => {
    await prove();
    scene.outbox.leaseMs = 0;
    const late = scene.owe(5);
    expect(new Set(await scene.told(late))).toEqual(new Set(['unsent']));
    scene.outbox.leaseMs = 60_000;
    const due = scene.owe(2);
    expect(await scene.told(due)).toEqual(['confirmed', 'confirmed']);
    await until('these alone', () => idsAt().length === 3);
    expect(idsAt().slice(1)).toEqual(due);
  });

  test('a broker that answers nothing while the lease lasts is left, and the messages are in doubt', async () => {
    const { broker } = hub.hub;
    await prove();
    scene.outbox.leaseMs = 1500;
    broker.pause();
    const ids = scene.owe(3);
    expect(await scene.told(ids)).toEqual(['unknown', 'unknown', 'unknown']);
    expect(await scene.relay.said('hub-sante-down')).toMatchObject({ reason: 'confirm-late' });
    scene.outbox.leaseMs = 60_000;
    broker.resume();
    await scene.relay.said('hub-sante-up', 2);
    expect(await scene.told(scene.owe(1))).toEqual(['confirmed']);
    expect(scene.outbox.count()).toEqual({ confirmed: 2, unknown: 3 });
  });

  test('a broker out of memory is waited for, past the lease too, and takes each message once', async () => {
    const { broker } = hub.hub;
    await prove();
    scene.outbox.leaseMs = 1500;
    await broker.operate('set_vm_memory_high_watermark', '0');
    const ids = scene.owe(4);
    await until('it to say so', async () => (await scene.metric('alarm{kind="blocked"}')) === 1);
    await until('the lease to be over', () => scene.outbox.leases.length === 2);
    await until('the edge to hear that they wait', () => scene.outbox.holding.includes(ids.at(-1) ?? ''));
    await broker.operate('set_vm_memory_high_watermark', '0.4');
    expect(new Set(await scene.told(ids))).toEqual(new Set(['confirmed']));
    await until('each to arrive', () => idsAt().length === 5);
    expect(idsAt().slice(1)).toEqual(ids);
    expect(scene.relay.lines.filter(({ message }) => message === 'hub-sante-down')).toEqual([]);
  });
});
