// The relay carries: messages from the outbox to Hub Santé, acknowledgements and errors back, each once and in order.

import { describe, expect, test } from 'vitest';
import { RECEIVED_BYTES_MAX, RECEIVED_MESSAGES_MAX } from '../../../shared/link/hub-sante.ts';
import type { RelayApi } from '../../../shared/link/relay.ts';
import { type CarrierScene, carrierForEachTest } from '../../support/scenes/carrier-scene.ts';
import {
  type HubSanteScene,
  hubSanteMissing,
  SAMU_ID,
  SAS_ID,
} from '../../support/scenes/hub-sante-scene.ts';
import { until } from '../../support/wait/until.ts';

/** An invented person, who is looked for in everything that is written. */
const CANARY = { lastName: 'Quercyvaltier', firstName: 'Ysoline' } as const;

describe.skipIf(hubSanteMissing)('a relay as carrier', () => {
  let hub: HubSanteScene;
  let scene: CarrierScene;

  carrierForEachTest((made) => {
    ({ hub, scene } = made);
  });

  const idsAt = (): string[] => hub.hub.lrm(SAMU_ID).received.map(({ distributionId }) => distributionId);
  const acked = (): string[] =>
    scene.outbox.received
      .filter(({ queue }) => queue === 'ack')
      .map(({ body }) => /"reference":\{"distributionID":"([^"]+)"/.exec(body)?.[1] ?? '');

  test('carries what is due, in its order, and brings the acknowledgement of each', async () => {
    const practitioner = { rppsId: '819990000001', ...CANARY };
    const ids = scene.owe(430, { practitioner });
    expect(new Set(await scene.told(ids))).toEqual(new Set(['confirmed']));
    expect(scene.outbox.count()).toEqual({ confirmed: 430 });
    await until('an acknowledgement of each', () => acked().length >= 430);
    expect(idsAt()).toEqual(ids);
    expect(acked().sort()).toEqual([...ids].sort());
    // The broker's first answer is waited for with one message; then a lease is as large as may be.
    const full = Array.from({ length: 17 }, () => 25);
    expect(scene.outbox.leases.map(({ ids: given }) => given.length)).toEqual([1, ...full, 4]);
    // Seventeen rests, less what the first request may have been late.
    const [, second, ...later] = scene.outbox.leases;
    expect((later.at(-1)?.atMs ?? 0) - (second?.atMs ?? 0)).toBeGreaterThan(1_500);
    expect(scene.outbox.leases[0]?.request).toEqual({
      clientId: SAS_ID,
      instance: expect.any(String),
      max: 1,
    });
    expect(scene.outbox.badTokens).toEqual([]);
    expect(scene.outbox.received.filter(({ redelivered }) => redelivered)).toEqual([]);

    expect(await scene.metric('published_total{outcome="confirmed"}')).toBe(430);
    expect(await scene.metric('received_total{queue="ack"}')).toBe(430);
    await until('everything to be stored', async () => (await scene.metric('stored_total')) === 430);
    for (const gauge of ['unconfirmed', 'held', 'alarm{kind="broker"}', 'alarm{kind="publish"}']) {
      expect(await scene.metric(gauge)).toBe(0);
    }
    expect(await scene.metric('up')).toBe(1);
    const page = await (await fetch(`${await scene.relay.adminUrl()}/metrics`)).text();
    for (const written of [page, scene.relay.output()]) {
      for (const secret of [
        CANARY.lastName,
        CANARY.firstName,
        '9990000001',
        'castaing',
        ...ids.slice(0, 5),
      ]) {
        expect(written.toLowerCase()).not.toContain(secret.toLowerCase());
      }
    }
    expect(scene.relay.lines.filter(({ message }) => message === 'hub-sante-published').length).toBe(19);
  });

  test('announces the client id that it carries for, and asks at once when the edge says that a message is due', async () => {
    scene.outbox.nextMs = 60_000;
    const link = await scene.edge.linked();
    expect(link.announcements.at(-1)).toMatchObject({ relay: 'relay-test', hubSante: SAS_ID });
    const { polls } = scene.outbox;
    await until('an answer that says to wait for a minute', () => scene.outbox.polls > polls);
    const ids = scene.owe(1);
    const startedMs = performance.now();
    await (link.relay as unknown as Required<RelayApi>).publishDue();
    expect(await scene.told(ids)).toEqual(['confirmed']);
    expect(performance.now() - startedMs).toBeLessThan(50_000);
  });

  test('asks the edge ten times a second at most, however often messages are due or come, one by one', async () => {
    const asked = { lease: 0, receive: 0 };
    scene.outbox.nextMs = 60_000;
    scene.outbox.refuse = (kind) => {
      if (kind !== 'settle') asked[kind] += 1;
      return undefined;
    };
    const link = await scene.edge.linked();
    const relay = link.relay as unknown as Required<RelayApi>;
    const startedMs = performance.now();
    for (let count = 1; count <= 150; count += 1) {
      await relay.publishDue();
      await hub.hub.dispatcher.inject(`${SAS_ID}.info`, Buffer.from(`${count}`));
    }
    const { received } = scene.outbox;
    await until('all that came', () => received.length === 150);
    const most = (performance.now() - startedMs) / 100;
    expect(received.map(({ body }) => Number(body))).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
    expect(asked.lease).toBeLessThan(most + 3);
    expect(asked.receive).toBeLessThan(most + 150 / RECEIVED_MESSAGES_MAX + 3);
  });

  test('hands over whatever comes: no text, no JSON, too long, and says what it cut', async () => {
    const long = `é${'a'.repeat(RECEIVED_BYTES_MAX - 2)}`;
    const bodies = [
      Buffer.alloc(0),
      Buffer.from([0xff, 0xfe, 0x00, 0x41]),
      Buffer.from('{"distributionID": '),
      Buffer.from(JSON.stringify({ error: CANARY })),
      Buffer.from('['.repeat(100_000)),
      Buffer.from(long),
      Buffer.from(`${long}é`),
      Buffer.from('é'.repeat(2_500_000)),
    ];
    for (const body of bodies) await hub.hub.dispatcher.inject(`${SAS_ID}.info`, body);
    const { received } = scene.outbox;
    await until('all of them', () => received.length === bodies.length);
    expect(received.map(({ queue, cut }) => [queue, cut])).toEqual([
      ...Array.from({ length: 6 }, () => ['info', undefined]),
      ['info', true],
      ['info', true],
    ]);
    expect(received[0]?.body).toBe('');
    expect(received[1]?.body).toBe('\uFFFD\uFFFD\0A');
    expect(received[5]?.body).toBe(long);
    expect(received[6]?.body).toBe(long);
    expect(received[7]?.body).toBe('é'.repeat(RECEIVED_BYTES_MAX / 2));
    await until('all to be acknowledged', async () => (await scene.metric('held')) === 0);
    expect(scene.relay.output()).not.toContain(CANARY.lastName);
    // Nothing comes again: it was acknowledged.
    await scene.relay.stop();
    scene.startRelay();
    await scene.relay.said('hub-sante-up');
    await hub.hub.dispatcher.inject(`${SAS_ID}.info`, Buffer.from('last'));
    await until('the last', () => received.at(-1)?.body === 'last');
    expect(received).toHaveLength(bodies.length + 1);
  });

  test('a message that the edge refuses keeps no other waiting, is told, and is given again later', async () => {
    scene.outbox.refuse = (_kind, request) =>
      'messages' in request && request.messages.some(({ body }) => body === 'bad') ? 400 : undefined;
    for (const body of ['one', 'bad', 'two', 'three'])
      await hub.hub.dispatcher.inject(`${SAS_ID}.info`, Buffer.from(body));
    const bodies = (): string[] => scene.outbox.received.map(({ body }) => body);
    await until('the others', () => bodies().length === 3);
    expect(bodies()).toEqual(['one', 'two', 'three']);
    expect(await scene.relay.said('hub-sante-message-refused')).toMatchObject({ status: 400, bytes: 3 });
    expect(await scene.metric('alarm{kind="message"}')).toBe(1);
    expect(await scene.metric('held')).toBe(1);
    scene.outbox.refuse = () => undefined;
    await scene.renew();
    await until('the bad one', () => bodies().includes('bad'));
    expect(scene.outbox.received.at(-1)).toEqual({ queue: 'info', body: 'bad', redelivered: true });
    expect(await scene.metric('alarm{kind="message"}')).toBe(0);
  });

  test('a renewed certificate is taken under traffic, and nothing is lost or in doubt', async () => {
    const ids: string[] = [];
    let isOver = false;
    const traffic = (async () => {
      while (!isOver) {
        ids.push(...scene.owe(5));
        await until('these to leave', () => scene.outbox.due.length === 0);
      }
    })();
    const serials = new Set<string>();
    for (let nth = 2; nth <= 4; nth += 1) {
      serials.add(await scene.renew());
      await scene.relay.said('hub-sante-up', nth);
      const before = ids.length;
      await until('more traffic', () => ids.length > before + 20);
    }
    isOver = true;
    await traffic;
    expect(new Set(await scene.told(ids))).toEqual(new Set(['confirmed']));
    await until('an acknowledgement of each', () => new Set(acked()).size === ids.length);
    expect(idsAt()).toEqual(ids);
    expect(scene.relay.lines.filter(({ message }) => message === 'hub-sante-down')).toEqual([]);
    expect(serials.size).toBe(3);
  });

  test('a signal ends it when the edge knows what became of every message', async () => {
    hub.hub.lrm(SAMU_ID).behaviour = 'sound';
    const ids = scene.owe(400);
    await until('a lease', () => scene.outbox.leases.length > 1);
    scene.relay.child.kill('SIGTERM');
    expect(await scene.relay.ended()).toBe(0);
    const leased = scene.outbox.leases.flatMap(({ ids: given }) => given);
    expect(leased.length + scene.outbox.due.length).toBe(ids.length);
    expect(leased.map((id) => scene.outbox.outcomes.get(id))).toEqual(leased.map(() => ['confirmed']));
    // Another one goes on where this one has ended.
    scene.startRelay();
    await scene.told(ids);
    await until('an acknowledgement of each', () => new Set(acked()).size === ids.length);
    expect(idsAt()).toEqual(ids);
  });
});
