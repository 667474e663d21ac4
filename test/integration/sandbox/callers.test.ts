// Who a simulated vendor answers: certificates, sessions and TLS versions it accepts, and those it answers 403.

import { once } from 'node:events';
import { Agent } from 'node:https';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startVendor, type Vendor } from '../../../sandbox/vendors/vendor.ts';
import { CALLER, get, openScene, type SandboxScene } from '../../support/doubles/sandbox-caller.ts';

const NOW = '2026-06-01T08:00:00.000Z';

let scene: SandboxScene;
let vendor: Vendor;

beforeAll(async () => {
  scene = await openScene();
  vendor = await startVendor({ seed: 1, id: 'agenda-test', tls: scene.tls, settings: { now: NOW } });
});

afterAll(async () => {
  await vendor.close();
  await scene.close();
});

afterEach(() => vendor.reset());

describe('a caller', () => {
  const ask = (agent: Agent) => get(`${vendor.url}/metadata`, agent);

  test('without certificate is answered 403 with an OperationOutcome', async () => {
    const answer = await ask(scene.agentOf(undefined));
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.text)).toMatchObject({
      resourceType: 'OperationOutcome',
      issue: [{ code: 'forbidden' }],
    });
  });

  test.each([
    ['of the sibling authority', { issuer: 'pers' }],
    ['of the impostor', { issuer: 'spoof' }],
    ['self-signed', { issuer: 'self' }],
    ['expired', { notAfter: new Date(Date.now() - 1000) }],
    ['for servers only', { usages: ['serverAuth'] }],
    ['with two OU', { ou: ['399990222222018', CALLER.ou] }],
    ['with two CN', { cn: ['autre', CALLER.cn] }],
  ] as const)('with a certificate %s is answered 403', async (_title, broken) => {
    const leaf = await scene.authority.issueClient({ ...CALLER, ...broken });
    expect((await ask(scene.agentOf(leaf))).status).toBe(403);
  });

  test('that shows its leaf alone is accepted', async () => {
    expect((await ask(scene.agentOf(scene.client, { chain: 'leaf only' }))).status).toBe(200);
  });

  test('that is not the one set is answered 403, on the connection it already has', async () => {
    expect((await ask(scene.agent)).status).toBe(200);
    vendor.setSettings({ caller: { ...CALLER, cn: CALLER.cn.toUpperCase() } });
    expect((await ask(scene.agent)).status).toBe(403);
    vendor.setSettings({ caller: { ...CALLER, ou: '399990999999018' } });
    expect((await ask(scene.agent)).status).toBe(403);
    vendor.setSettings({ caller: CALLER });
    expect((await ask(scene.agent)).status).toBe(200);
  });

  test('that resumes a session is checked like the others', async () => {
    const stranger = await scene.authority.issueClient({ ...CALLER, issuer: 'pers' });
    const { port } = new URL(vendor.url);
    const open = (session?: Buffer) =>
      connect({
        port: Number(port),
        host: '127.0.0.1',
        ca: scene.tls.ca,
        cert: stranger.certPem,
        key: stranger.keyPem,
        ...(session && { session }),
      });
    const ask = async (socket: ReturnType<typeof open>) => {
      socket.write('GET /fhir/metadata HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      await once(socket, 'close');
      return text.slice(9, 12);
    };
    const first = open();
    const session = once(first, 'session');
    expect(await ask(first)).toBe('403');
    const second = open((await session)[0]);
    await once(second, 'secureConnect');
    expect(second.isSessionReused()).toBe(true);
    expect(await ask(second)).toBe('403');
  });

  test('with TLS 1.1 is refused, with TLS 1.2 and 1.3 accepted', async () => {
    const agentOf = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
      new Agent({
        ca: scene.tls.ca,
        cert: scene.client.certPem,
        key: scene.client.keyPem,
        minVersion: version,
        maxVersion: version,
        ciphers: 'DEFAULT@SECLEVEL=0',
      });
    expect((await ask(agentOf('TLSv1.2'))).status).toBe(200);
    expect((await ask(agentOf('TLSv1.3'))).status).toBe(200);
    await expect(ask(agentOf('TLSv1.1'))).rejects.toThrow();
    expect(vendor.state().requests.map(({ tls }) => tls)).toEqual(['TLSv1.2', 'TLSv1.3']);
  });

  test('without certificate fails in the handshake at a vendor that requires one', async () => {
    const strict = await startVendor({ seed: 1, tls: scene.tls, clientCertificate: 'require' });
    try {
      await expect(get(`${strict.url}/metadata`, scene.agentOf(undefined))).rejects.toThrow();
      expect((await get(`${strict.url}/metadata`, scene.agentOf(scene.client))).status).toBe(200);
    } finally {
      await strict.close();
    }
  });
});
