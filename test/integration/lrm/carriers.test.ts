// Which relay may carry messages to LRMs, at the real edge: its token, once, for this request and this body; whether it is one of
// those that may; when it hears that something is due; and nothing at all while INT_L02 is off. shared/link/hub-sante.ts.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from '../../../bench/appointments/appointment-edge.ts';
import { INBOUND_AUDIENCE, LINK_AUDIENCE } from '../../../shared/link/hub.ts';
import {
  LEASE_MESSAGES_MAX,
  RECEIVED_BYTES_MAX,
  RECEIVED_MESSAGES_MAX,
} from '../../../shared/link/hub-sante.ts';
import { RelayKeys, ScriptedRelay } from '../../support/doubles/scripted-relay.ts';
import { ackOf, CLIENT, errorOf, LRM_ON, LrmScene } from '../../support/scenes/lrm-scene.ts';
import { until } from '../../support/wait/until.ts';

const keys = new RelayKeys('carrier').with('other');
let scene: LrmScene;
beforeAll(async () => {
  const { keys: trusted } = JSON.parse(keys.settings.RELAY_JWKS) as { keys: object[] };
  scene = await LrmScene.start({ ...LRM_ON, LRM_RELAYS: 'relay-a, carrier' }, trusted);
});
beforeEach(() => scene.clear());
afterAll(() => scene?.stop());

const told = ({ status, reason }: Answer): string =>
  reason === undefined ? String(status) : `${status} ${reason}`;
const LEASE = { max: 1 };

describe('a token', () => {
  const body = (instance = 'i'): string => JSON.stringify({ clientId: CLIENT, instance, max: 1 });

  it('serves once', async () => {
    const token = await scene.carrier.sign('lease', body());
    expect(told(await scene.carrier.send('lease', body(), token))).toBe('200');
    expect(told(await scene.carrier.send('lease', body(), token))).toBe('401 token-invalid');
  });

  it('serves for its own body and path alone', async () => {
    const { carrier } = scene;
    expect(told(await carrier.send('lease', body('j'), await carrier.sign('lease', body())))).toBe(
      '401 token-invalid',
    );
    expect(told(await carrier.send('settle', body(), await carrier.sign('lease', body())))).toBe(
      '401 token-invalid',
    );
  });

  it.each([INBOUND_AUDIENCE, LINK_AUDIENCE])('for %s opens nothing here', async (aud) => {
    expect(told(await scene.carrier.ask('lease', LEASE, { aud }))).toBe('401 token-invalid');
  });

  it('is needed, with the body it signs, and is nobody else’s', async () => {
    expect(told(await scene.carrier.send('lease', body(), ''))).toBe('401 token-invalid');
    expect(told(await scene.carrier.send('lease', body(), scene.admin))).toBe('401 token-invalid');
    expect(told(await scene.carrier.ask('lease', LEASE, { bodySha256: 'x' }))).toBe('401 token-invalid');
  });
});

describe('a relay', () => {
  it('that LRM_RELAYS does not name, or that is another client at Hub Santé, carries nothing', async () => {
    expect(told(await scene.process(scene.stranger).ask('lease', LEASE))).toBe('403 carrier-refused');
    const other = scene.process();
    other.clientId = 'fr.health.ptfsas';
    expect(told(await other.ask('lease', LEASE))).toBe('403 carrier-refused');
    expect(told(await other.ask('receive', { messages: [] }))).toBe('403 carrier-refused');
  });

  it('asks within the bounds of the contract', async () => {
    const ask = async (...of: Parameters<typeof scene.carrier.ask>): Promise<string> =>
      told(await scene.carrier.ask(...of));
    expect(await ask('lease', { max: LEASE_MESSAGES_MAX })).toBe('200');
    for (const max of [0, LEASE_MESSAGES_MAX + 1, 1.5, '1'])
      expect(await ask('lease', { max })).toBe('400 parameter-invalid');
    expect(await ask('settle', { outcomes: [{ distributionId: 'x', outcome: 'lost' }] })).toBe(
      '400 parameter-invalid',
    );
    const long = { queue: 'info', body: 'é'.repeat(RECEIVED_BYTES_MAX / 2), redelivered: false, cut: true };
    expect(
      (await scene.carrier.ask('receive', { messages: Array(RECEIVED_MESSAGES_MAX).fill(long) })).json,
    ).toEqual({
      count: RECEIVED_MESSAGES_MAX,
    });
    expect(await scene.rows('SELECT kind, count FROM lrm_strays')).toEqual([
      { kind: 'unreadable', count: RECEIVED_MESSAGES_MAX },
    ]);
    const more = Array(RECEIVED_MESSAGES_MAX + 1).fill({ ...long, body: '' });
    expect(await ask('receive', { messages: more })).toBe('400 parameter-invalid');
  });

  it('that announces that it carries hears at once that something is due, and no other does', async () => {
    const [carrier, other] = await Promise.all(
      ['carrier', 'other'].map((id) => ScriptedRelay.join(scene.edge.url, keys, id, [`agenda-${id}`])),
    );
    if (carrier === undefined || other === undefined) throw new Error('two joined');
    await carrier.announce(['agenda-carrier'], undefined, [], CLIENT);
    const value = scene.fresh();
    await scene.put(value);
    await until('it hears of the first', () => carrier.dueCalls === 1);
    for (let count = 0; count < 20; count += 1) await scene.put(scene.fresh());
    await until('it hears of the others', () => carrier.dueCalls >= 2);
    // Some are told together.
    expect(carrier.dueCalls).toBeLessThanOrEqual(21);
    const before = carrier.dueCalls;
    await scene.put(value);
    await scene.put(value, { status: 'booked' });
    await until('it hears of a change', () => carrier.dueCalls > before);
    expect(other.dueCalls).toBe(0);
    carrier.close();
    other.close();
  });

  it('hears of what waited for a confirmation, and of what leaves again at once', async () => {
    const value = scene.fresh();
    await scene.put(value);
    const first = await scene.carrier.leaseOne();
    await scene.put(value, { status: 'booked' });
    const carrier = await ScriptedRelay.join(scene.edge.url, keys, 'carrier', ['agenda-carrier']);
    await carrier.announce(['agenda-carrier'], undefined, [], CLIENT);
    await scene.carrier.settle('confirmed', first);
    await until('it hears of what waited', () => carrier.dueCalls === 1);
    const second = await scene.carrier.publish();
    await scene.carrier.receive(ackOf(first));
    expect(carrier.dueCalls).toBe(1);
    await scene.rows(`UPDATE lrm_attempts SET method = 'CreateAppointment'`);
    await scene.carrier.receive(errorOf(second, 409));
    await until('it hears of the conflict', () => carrier.dueCalls === 2);
    carrier.close();
  });
});

describe('while INT_L02 is off', () => {
  it('nothing is written for an LRM, nothing is asked, and the edge has no such path', async () => {
    const off = await LrmScene.start({});
    try {
      const value = off.fresh();
      await off.put(value);
      await off.put(value, { status: 'booked' });
      expect(await off.rows('SELECT 1 FROM lrm_messages')).toEqual([]);
      for (const kind of ['lease', 'settle', 'receive'] as const)
        expect(told(await off.carrier.ask(kind, LEASE))).toBe('404 not-found');
      expect((await off.edge.get('/admin/lrm', off.admin)).json).toMatchObject({
        state: 'off',
        undelivered: 0,
      });
      expect((await off.edge.get('/admin/activity', off.admin)).json.lrm).toBeUndefined();
    } finally {
      await off.stop();
    }
  });
});

it('an appointment of before is told with its first change, as a creation', async () => {
  const value = `rdv-${randomUUID()}`;
  const id = await scene.put(value);
  await scene.clear();
  await scene.put(value);
  expect(await scene.carrier.lease()).toEqual([]);
  await scene.put(value, { status: 'booked' });
  expect((await scene.carrier.leaseOne()).appointment).toMatchObject({
    appointmentId: id,
    method: 'CreateAppointment',
  });
});
