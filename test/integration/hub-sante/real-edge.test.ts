// The real relays between the real edge and a real broker: what a vendor wrote is acknowledged by the LRM, in the order of its
// versions, and no message leaves twice though two relays carry.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ensureIdentityKey, readIdentityKey, toPublicJwk } from '../../../relay/link/identity-key.ts';
import { type CarrierScene, type KnownRelay, openCarrier } from '../../support/scenes/carrier-scene.ts';
import { type HubSanteScene, hubSanteMissing, openHubSante } from '../../support/scenes/hub-sante-scene.ts';
import { LRM_ON, LrmScene, OTHER_SAMU, SAMU } from '../../support/scenes/lrm-scene.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

const RELAYS = ['relay-one', 'relay-two'] as const;

describe.skipIf(hubSanteMissing)('two relays and the edge', () => {
  let dir: string;
  let hub: HubSanteScene;
  let lrm: LrmScene;
  const carriers: CarrierScene[] = [];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'real-edge-'));
    hub = await openHubSante({ lrms: [SAMU, OTHER_SAMU] });
    const keys = RELAYS.map((relayId) => {
      const file = join(dir, `${relayId}.pem`);
      ensureIdentityKey(file);
      const key = readIdentityKey(file);
      if (!key.ok) throw new Error(key.error.text);
      return toPublicJwk(key.value, relayId);
    });
    lrm = await LrmScene.start(LRM_ON, keys);
    for (const relayId of RELAYS) {
      const known: KnownRelay = { relayId, edgeUrl: lrm.edge.url, keyFile: join(dir, `${relayId}.pem`) };
      carriers.push(await openCarrier(hub, {}, known));
    }
    for (const { relay } of carriers) {
      await relay.said('hub-sante-up');
      await relay.said('link-up');
    }
  });
  beforeEach(async () => {
    await lrm.clear();
    await hub.hub.lrm(SAMU).reset();
  });
  afterAll(async () => {
    for (const carrier of carriers) await carrier.close();
    await lrm?.stop();
    await hub?.close();
    await removeFolder(dir);
  });

  const acked = (id: string, count: number): Promise<unknown> =>
    until(`${count} acknowledged messages of ${id}`, async () => {
      const states = await lrm.states(id);
      return states.length === count && states.every((state) => state === 'acked');
    });

  test('each version reaches the LRM and is acknowledged, in order', async () => {
    const value = lrm.fresh();
    const id = await lrm.put(value);
    await acked(id, 1);
    await lrm.put(value, { status: 'booked' });
    await acked(id, 2);
    await lrm.put(value, { status: 'cancelled' });
    await acked(id, 3);
    const { received, appointments } = hub.hub.lrm(SAMU);
    expect(received).toHaveLength(3);
    expect(received.map(({ appointment }) => appointment.method)).toEqual([
      'CreateAppointment',
      'UpdateAppointment',
      'UpdateAppointment',
    ]);
    expect([...appointments.keys()]).toEqual([id]);
    for (const { relay } of carriers) {
      expect(relay.lines.filter(({ message }) => message === 'hub-sante-edge-failed')).toEqual([]);
    }
  });

  test('forty appointments leave once each', async () => {
    const ids = await Promise.all(Array.from({ length: 40 }, () => lrm.put(lrm.fresh())));
    for (const id of ids) await acked(id, 1);
    const { received } = hub.hub.lrm(SAMU);
    expect(received).toHaveLength(40);
    expect(new Set(received.map(({ appointment }) => appointment.appointmentId))).toEqual(new Set(ids));
    const published = await Promise.all(
      carriers.map((carrier) => carrier.metric('published_total{outcome="confirmed"}')),
    );
    expect((published[0] ?? 0) + (published[1] ?? 0)).toBe(43);
  });
});
