// The simulated Hub Santé through the outages that tests make: its broker is killed and starts again, is stopped in its
// tracks, is steered over its control port, ends.

import { mkdtemp } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publish } from '../../../sandbox/hub-sante/broker/held-connection.ts';
import { startChild } from '../../../sandbox/platform/child.ts';
import { sampleReport } from '../../support/samples/hub-sante-report.ts';
import {
  type HubSanteScene,
  hubSanteMissing,
  openHubSante,
  SAMU_ID,
  SAS_ID,
} from '../../support/scenes/hub-sante-scene.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

let scene: HubSanteScene;

async function send(count: number): Promise<string[]> {
  const sas = await scene.connect(SAS_ID);
  const channel = await sas.createConfirmChannel();
  const reports = Array.from({ length: count }, () => sampleReport({ from: SAS_ID, to: SAMU_ID }));
  await Promise.all(
    reports.map((report) =>
      publish(channel, 'hubsante', SAS_ID, Buffer.from(JSON.stringify(report)), {
        persistent: true,
        contentType: 'application/json',
      }),
    ),
  );
  return reports.map(({ distributionID }) => distributionID);
}

async function steer(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; answer: unknown }> {
  const response = await fetch(`${scene.hub.controlUrl}${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, answer: await response.json() };
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((settle) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => settle(false));
    socket.once('connect', () => {
      socket.destroy();
      settle(true);
    });
  });

const receivedIds = (): string[] =>
  scene.hub.lrm(SAMU_ID).received.map(({ distributionId }) => distributionId);

describe.skipIf(hubSanteMissing)('the simulated Hub Santé', () => {
  beforeAll(async () => {
    scene = await openHubSante();
  });

  afterAll(() => scene?.close());

  it('killed, has on its next start what it confirmed, and brings it', async () => {
    await scene.hub.dispatcher.run(false);
    const sent = await send(50);
    await scene.hub.broker.kill();
    await expect(scene.connect(SAS_ID)).rejects.toThrow(/ECONNREFUSED/);
    await scene.hub.broker.startAgain();
    await until('the dispatcher is back', () =>
      scene.hub.dispatcher.run(true).then(() => receivedIds().length > 0),
    );
    await until('all fifty', () => new Set(receivedIds()).size === 50);
    expect([...new Set(receivedIds())]).toEqual(sent);
  });

  it('paused, answers nobody; resumed, goes on', async () => {
    scene.hub.broker.pause();
    let isSent = false;
    const sent = send(1).then((ids) => {
      isSent = true;
      return ids;
    });
    // What the control port says meanwhile takes a while, and the broker says nothing.
    await steer('GET', '/state');
    expect(isSent).toBe(false);
    scene.hub.broker.resume();
    const [id = ''] = await sent;
    await until('it arrives', () => receivedIds().includes(id));
  });

  it('is steered over its control port, which refuses what it does not know in a sentence', async () => {
    expect((await steer('PUT', `/lrm/${SAMU_ID}`, { behaviour: 'late' })).answer).toMatchObject({
      clientId: SAMU_ID,
      behaviour: 'late',
      listening: true,
    });
    const [id = ''] = await send(1);
    await until('it is kept back', async () => {
      const { answer } = await steer('GET', `/lrm/${SAMU_ID}`);
      return (answer as { late: number }).late === 1;
    });
    const { answer: received } = await steer('GET', `/received/${SAMU_ID}`);
    expect((received as { distributionId: string }[]).at(-1)?.distributionId).toBe(id);
    expect((await steer('POST', `/release/${SAMU_ID}`)).answer).toEqual({ released: 1 });
    expect((await steer('DELETE', `/lrm/${SAMU_ID}`)).answer).toMatchObject({
      behaviour: 'sound',
      received: 0,
    });

    expect((await steer('PUT', '/dispatcher', { refuse: [501], source: 'none' })).status).toBe(200);
    const [refused = ''] = await send(1);
    await until('it is refused', async () => {
      const { answer } = await steer('GET', '/errors');
      return JSON.stringify(answer).includes(refused);
    });
    const injected = { kind: 'ack', body: 'bonjour', contentType: 'text/plain' };
    expect((await steer('POST', `/queue/${SAS_ID}`, injected)).status).toBe(200);
    for (const [method, path, body] of [
      ['PUT', `/lrm/${SAMU_ID}`, { behaviour: 'kind' }],
      ['PUT', '/lrm/fr.health.samu999', {}],
      ['PUT', '/dispatcher', { speed: 1 }],
      ['PUT', '/broker', { order: 'dance' }],
    ] as const) {
      expect((await steer(method, path, body)).status).toBe(400);
    }
  });

  it('as a program, leaves no broker behind when it is killed', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'hub-sante-program-'));
    const program = await startChild({
      command: ['sandbox/hub-sante/main.ts', '--state', dir, '--pki', scene.pki.dir, '--lrm', SAMU_ID],
      readyEvent: 'hub-sante-ready',
      onLine: () => undefined,
    });
    const port = Number(program.ready.port);
    expect(await isOpen(port)).toBe(true);
    program.process.kill('SIGKILL');
    await until('the broker ends', async () => !(await isOpen(port)));
    await removeFolder(dir);
  });
});
