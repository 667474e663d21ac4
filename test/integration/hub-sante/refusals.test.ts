// Why the relay has no connection to Hub Santé: each reason by its name, in log, metrics and alarm, and gone once mended. While
// it lasts, the relay asks the edge for no message.

import { X509Certificate } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { writeLeaf } from '../../../sandbox/pki/authority.ts';
import { type CarrierScene, emptyQueues, openCarrier } from '../../support/scenes/carrier-scene.ts';
import {
  type HubSanteScene,
  hubSanteMissing,
  openHubSante,
  SAS_ID,
} from '../../support/scenes/hub-sante-scene.ts';
import { until } from '../../support/wait/until.ts';

describe.skipIf(hubSanteMissing)('a relay that Hub Santé, or it Hub Santé, does not let in', () => {
  let hub: HubSanteScene;
  let scene: CarrierScene;
  let isLast = false;

  beforeAll(async () => {
    hub = await openHubSante();
  });
  afterAll(() => hub?.close());
  afterEach(async () => {
    await scene?.close();
    if (!isLast) await emptyQueues(hub);
  });

  /** The first word of a relay whose `hubSante` has these fields; it is never let in, and asks for nothing. */
  async function refused(fields: Readonly<Record<string, unknown>>, isAlarm = true): Promise<object> {
    scene = await openCarrier(hub, fields);
    scene.owe(1);
    const { reason, detail, level } = await scene.relay.said('hub-sante-dial-failed');
    await until('a second try', async () => {
      const tries = await scene.metric(`connections_total{outcome="${String(reason)}"}`);
      return tries !== undefined && tries >= 2;
    });
    expect(await scene.metric('up')).toBe(0);
    expect(await scene.metric('alarm{kind="broker"}')).toBe(Number(isAlarm));
    expect(level).toBe(isAlarm ? 'error' : 'warn');
    expect(scene.outbox.polls).toBe(0);
    return { reason, ...(detail !== undefined && { detail }) };
  }

  /** It is let in now, and carries what it owed. */
  async function mended(fields: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await scene.change(fields);
    await scene.relay.said('hub-sante-up');
    await until('the message to leave', () => scene.outbox.count().confirmed === 1);
    expect(await scene.metric('alarm{kind="broker"}')).toBe(0);
    expect(await scene.metric('up')).toBe(1);
  }

  test('a host name that the certificate does not bear', async () => {
    expect(await refused({ servername: 'messaging.example' })).toEqual({
      reason: 'certificate',
      detail: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    await mended({ servername: 'messaging.sandbox.test' });
  });

  test('another CN or OU than the pinned ones', async () => {
    const { cn, ou } = hub.certificates.server;
    expect(await refused({ server: { cn: 'messaging.example', ou } })).toEqual({
      reason: 'certificate',
      detail: 'vendor-cn',
    });
    await mended({ server: { cn, ou }, servername: 'localhost' });
  });

  test('a server of another authority', async () => {
    const spoofed = hub.pki.authority.files.spoofRoot;
    const own = hub.pki.authority.files.caBundle;
    const other = { caFile: spoofed, clientCaFile: own, crlFiles: [] };
    expect(await refused(other)).toMatchObject({ reason: 'certificate' });
    await mended({ caFile: own });
  });

  test('a certificate of the server that its authority has revoked', async () => {
    const { authority } = hub.pki;
    const { serialNumber } = new X509Certificate(await readFile(hub.certificates.server.certFile));
    const file = join(hub.pki.dir, 'revoked.crl');
    await authority.writeCrl({ revoked: [serialNumber], file });
    expect(await refused({ crlFiles: ['root.crl', file] })).toEqual({
      reason: 'certificate',
      detail: 'CERT_REVOKED',
    });
    // An older list would not lift it: a newer one does.
    await authority.writeCrl({ file, thisUpdate: new Date(Date.now() + 1000) });
    await until('the list to begin', async () => (await scene.metric('up')) === 1);
  });

  test('a certificate of the server that is revoked while the relay is connected', async () => {
    const { serialNumber } = new X509Certificate(await readFile(hub.certificates.server.certFile));
    scene = await openCarrier(hub);
    expect(await scene.told(scene.owe(1))).toEqual(['confirmed']);
    const file = join(scene.dir, 'org.crl');
    await hub.pki.authority.writeCrl({ revoked: [serialNumber], file });
    expect(await scene.relay.said('hub-sante-dial-failed')).toMatchObject({ detail: 'CERT_REVOKED' });
    expect(await scene.metric('up')).toBe(0);
    await hub.pki.authority.writeCrl({ file, thisUpdate: new Date(Date.now() + 1000) });
    await scene.relay.said('hub-sante-up', 2);
  });

  test('a client that the broker does not know', async () => {
    expect(await refused({ clientId: 'fr.health.unknown' })).toEqual({ reason: 'access-refused' });
  });

  test('a virtual host that is not there, or not ours', async () => {
    expect(await refused({ vhost: '26.07' })).toEqual({ reason: 'vhost-refused' });
    await hub.hub.broker.operate('add_vhost', 'other');
    await scene.change({ vhost: 'other' });
    const tries = async (): Promise<number> =>
      (await scene.metric('connections_total{outcome="vhost-refused"}')) ?? 0;
    const before = await tries();
    await until('it to be refused there too', async () => (await tries()) > before + 1);
    await mended({ vhost: '/' });
  });

  test('a certificate of ours that the broker does not take', async () => {
    const leaf = await hub.pki.authority.issueClient({ cn: SAS_ID, ou: '1', issuer: 'spoof' });
    await writeLeaf(hub.pki.dir, 'spoofed', leaf);
    const spoofed = hub.pki.authority.files.spoofRoot;
    const file = (name: string): string => join(hub.pki.dir, name);
    const fields = { certFile: file('spoofed.crt'), keyFile: file('spoofed.key'), clientCaFile: spoofed };
    const said = await refused(fields, false);
    expect(['tls', 'lost']).toContain((said as { readonly reason: string }).reason);
  });

  test('a queue that is not there, or not for us to read', async () => {
    const { broker } = hub.hub;
    const lone = 'fr.health.lone';
    await broker.operate('add_user', lone, '');
    await broker.operate('set_permissions', lone, '^$', '^hubsante$', '^fr\\.health\\.lone\\..*$');
    expect(await refused({ clientId: lone })).toEqual({ reason: 'queue-missing', detail: '404' });
    await scene.close();
    await broker.operate('set_permissions', SAS_ID, '^$', '^hubsante$', '^.*\\.info$');
    scene = await openCarrier(hub);
    expect(await scene.relay.said('hub-sante-dial-failed')).toMatchObject({
      reason: 'queue-refused',
      detail: '403',
    });
    await broker.operate('set_permissions', SAS_ID, '^$', '^hubsante$', '^fr\\.health\\.test\\.ptfsas\\..*$');
    scene.owe(1);
    await mended();
  });

  test('a port where nobody listens, or nobody speaks AMQP', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await refused({ port }, false)).toMatchObject({ reason: 'tls' });
    await new Promise((resolve) => server.close(resolve));
    const failed = (): unknown => scene.relay.lines.at(-1)?.reason;
    await until('a refused connection', () => failed() === 'connect');
    await mended({ port: hub.hub.broker.port });
  });

  test('files that are broken at a reload leave the connection as it is', async () => {
    scene = await openCarrier(hub);
    await scene.relay.said('hub-sante-up');
    await copyFile(join(scene.dir, 'root.crl'), join(scene.dir, 'client.key'));
    expect(await scene.relay.said('relay-file-problem')).toMatchObject({ field: 'hubSante.keyFile' });
    const ids = scene.owe(1);
    expect(await scene.told(ids)).toEqual(['confirmed']);
    await scene.renew();
    await scene.relay.said('relay-file-mended');
    await scene.relay.said('hub-sante-up', 2);
    expect(await scene.told(scene.owe(1))).toEqual(['confirmed']);
    await scene.change({ clientId: 'fr.health.ptfsas' });
    expect(await scene.relay.said('relay-restart-needed')).toMatchObject({ field: 'hubSante' });
    expect(await scene.told(scene.owe(1))).toEqual(['confirmed']);
  });

  // The last one: nothing gives this broker its queue again.
  test('a queue that is taken away while the relay reads it', async () => {
    isLast = true;
    scene = await openCarrier(hub);
    await scene.relay.said('hub-sante-up');
    await hub.hub.broker.operate('delete_queue', `${SAS_ID}.info`);
    expect(await scene.relay.said('hub-sante-down')).toMatchObject({ reason: 'queue-gone', level: 'error' });
    expect(await scene.relay.said('hub-sante-dial-failed')).toMatchObject({ reason: 'queue-missing' });
    expect(await scene.metric('alarm{kind="broker"}')).toBe(1);
  });
});
