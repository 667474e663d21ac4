// How a simulated vendor starts and ends: alone or twenty in a process, and as a command.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startVendor, type Vendor } from '../../../sandbox/vendors/vendor.ts';
import { get, openScene, type SandboxScene } from '../../support/doubles/sandbox-caller.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

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

describe('the end of a vendor', () => {
  test('leaves no socket and no exchange, even with callers that wait', async () => {
    const ending = await startVendor({ seed: 2, tls: scene.tls, faults: 'hang' });
    const agent = scene.agentOf(scene.client);
    const waiting = Array.from({ length: 5 }, () =>
      get(`${ending.url}/Slot`, agent).catch((error: Error) => error),
    );
    await expect.poll(() => ending.state().inFlight).toBe(5);
    await ending.close();
    for (const outcome of await Promise.all(waiting)) expect(outcome).toBeInstanceOf(Error);
    expect(ending.state()).toMatchObject({ inFlight: 0, openSockets: 0 });
    await expect(get(`${ending.url}/metadata`, agent)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('ends an exchange when its caller leaves', async () => {
    vendor.setFaults([{ kind: 'slow', delayMs: 60_000 }]);
    const call = request(`${vendor.url}/Slot`, { agent: scene.agentOf(scene.client) });
    call.on('error', () => {});
    call.end();
    await expect.poll(() => vendor.state().inFlight).toBe(1);
    call.destroy();
    await expect.poll(() => vendor.state().inFlight).toBe(0);
    expect(vendor.state().requests[0]?.status).toBeNull();
  });

  test('may come twenty at a time in one process', async () => {
    const vendors = await Promise.all(
      Array.from({ length: 20 }, (_, seed) => startVendor({ seed, tls: scene.tls })),
    );
    const answers = await Promise.all(vendors.map(({ url }) => get(`${url}/metadata`, scene.agent)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(new Set(vendors.map(({ url }) => url)).size).toBe(20);
    await Promise.all(vendors.map((started) => started.close()));
    for (const started of vendors) expect(started.state().openSockets).toBe(0);
  });

  test('whose control port is taken leaves its other port free', async () => {
    const taken = Number(new URL(vendor.controlUrl).port);
    await expect(startVendor({ seed: 1, tls: scene.tls, controlPort: taken })).rejects.toThrow(/EADDRINUSE/);
  });
});

describe('noise at the port of a vendor', () => {
  const hostname = '127.0.0.1';
  const port = () => Number(new URL(vendor.url).port);

  test.each([
    ['bytes that are not TLS', 'GET / HTTP/1.1\r\n\r\n'],
    ['a handshake left half-way', '\x16\x03\x01\x02\x00\x01\x00'],
    ['nothing at all', ''],
  ])('%s leaves it answering, with no socket behind', async (_title, bytes) => {
    const socket = connectTcp(port(), hostname);
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.end(bytes, 'latin1');
    socket.resume();
    await once(socket, 'close');
    const agent = scene.agentOf(scene.client);
    expect((await get(`${vendor.url}/metadata`, agent)).status).toBe(200);
    agent.destroy();
    await expect.poll(() => vendor.state().openSockets).toBe(0);
  });

  test.each([
    ['a broken request line', 'NOPE\r\n\r\n', '400'],
    ['headers without end', `GET / HTTP/1.1\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, '431'],
  ])('%s inside TLS is answered and the connection ends', async (_title, bytes, status) => {
    const { client, tls } = scene;
    const socket = connectTls({
      port: port(),
      host: hostname,
      ca: tls.ca,
      cert: client.certPem,
      key: client.keyPem,
    });
    socket.write(bytes);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    await new Promise((resolve) => socket.on('error', () => {}).once('close', resolve));
    expect(text).toContain(`HTTP/1.1 ${status}`);
  });
});

describe('the command', () => {
  const start = (...args: string[]) =>
    spawn(process.execPath, ['sandbox/vendors/main.ts', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });

  test.each(['SIGTERM', 'SIGINT'] as const)('says when it is ready, and exits 0 on %s', async (signal) => {
    const dir = await mkdtemp(join(tmpdir(), 'sandbox-vendor-'));
    const child = start('--port', '0', '--seed', '3', '--pki', dir, '--fault', 'gzip,slow');
    try {
      const [line] = await once(child.stdout, 'data');
      const ready = JSON.parse(String(line));
      expect(ready).toMatchObject({
        event: 'vendor-ready',
        id: 'agenda-c',
        url: expect.stringMatching(/^https:.*\/fhir$/),
      });
      const state = (await (await fetch(`${ready.control}/state`)).json()) as { faults: { kind: string }[] };
      expect(state.faults.map(({ kind }) => kind)).toEqual(['gzip', 'slow']);
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
      await removeFolder(dir);
    }
  });

  test.each([
    [['--fault', 'nope']],
    [['--port', '70000']],
    [['--seed', 'x']],
    [['--ca', 'x']],
    [['--id', 'A/B']],
    [['--nope']],
  ])('exits 2 with its usage for %j', async (args) => {
    const child = start(...args);
    let text = '';
    child.stderr.on('data', (chunk) => {
      text += chunk;
    });
    expect(await once(child, 'close')).toEqual([2, null]);
    expect(text).toContain('Usage');
  });
});
