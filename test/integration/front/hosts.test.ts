// Host names at a running edge, as they come over the wire: which are refused, and that none of a stranger's is written
// where others read it. What every answer says of itself to browsers and caches.

import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localSettings, signToken } from '../../../sandbox/platform/local/state.ts';
import { System } from '../../support/scenes/system.ts';

const SETTINGS = { FRONT_BROWSER_HOSTS: 'browsers.example', EDGE_HOSTS: 'edge.example' };
let system: System;
let admin: Record<string, string>;

beforeAll(async () => {
  system = await System.start({ vendors: [], relay: false, settings: SETTINGS });
  const scope = 'admin system/Slot.s system/Appointment.rs system/Practitioner.cu';
  admin = { Authorization: `Bearer ${await signToken(system.state, scope)}` };
});
afterAll(() => system?.stop());

/** The head and the body of the answer, as text. Header names in small letters. */
async function ask(path: string, headers: Record<string, string>): Promise<string> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) =>
    request(system.url + path, { headers }, resolve)
      .on('error', reject)
      .end(),
  );
  const head = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}`);
  return [`HTTP ${answer.statusCode}`, ...head, await text(answer)].join('\n');
}

/** What comes first of the answer to what is sent as it is. */
function send(...lines: string[]): Promise<string> {
  const { hostname, port } = new URL(system.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write([...lines, '', ''].join('\r\n')));
    socket.once('data', (chunk: Buffer) => {
      resolve(chunk.toString('utf8'));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

const statusOf = (answer: string): number => Number(/^HTTP\S* (\d+)/.exec(answer)?.[1]);

const OPEN = ['/', '/docs', '/openapi.json', '/fhir/metadata', '/nothing', '/r/x', '/aggregator/r/x'];

describe('a name that is not ours', () => {
  it.each([
    'evil.example',
    'EVIL.example.:99',
    'edge.example.evil.test',
    'evil.test:8787',
    '[::2]',
    '10.1.2.3',
  ])('%s is refused in our words, and written nowhere', async (host) => {
    for (const path of OPEN) {
      for (const accept of ['text/html', 'application/json']) {
        const answer = await ask(path, { Host: host, Accept: accept });
        expect([path, statusOf(answer)]).toEqual([path, 421]);
        expect(answer.toLowerCase()).not.toMatch(/evil|::2|10\.1\.2/);
        expect(answer).toMatch(/host-unknown|nom d’hôte/);
        expect(answer).toMatch(/cache-control: no-store/i);
      }
    }
  });

  it.each([
    ['an absolute target', 'GET http://evil.example/ HTTP/1.1', 'Host: edge.example'],
    ['no name', 'GET / HTTP/1.1', 'Host:'],
    ['a blank', 'GET / HTTP/1.1', 'Host: a b'],
    ['a user', 'GET / HTTP/1.1', 'Host: edge.example@evil.example'],
    ['a path', 'GET / HTTP/1.1', 'Host: evil.example/x?y'],
    ['two names', 'GET / HTTP/1.1', 'Host: edge.example', 'Host: evil.example'],
  ])('%s opens nothing, and breaks nothing', async (_what, ...lines) => {
    const answer = await send(...lines);
    // What makes no URL the runtime refuses before us.
    expect([400, 421, 500]).toContain(statusOf(answer));
    expect(answer).not.toContain('evil.example');
  });

  it('in X-Forwarded-Host or Forwarded is not read', async () => {
    for (const path of OPEN) {
      const answer = await ask(path, {
        Host: 'edge.example',
        'X-Forwarded-Host': 'evil.example',
        Forwarded: 'host=evil.example',
      });
      expect(statusOf(answer)).not.toBe(421);
      expect(answer).not.toContain('evil.example');
    }
  });

  it('may ask whether the edge is well, as a balancer does', async () => {
    expect(statusOf(await ask('/healthz', { Host: '10.0.0.7' }))).toBe(200);
    // No relay is connected here.
    expect(statusOf(await ask('/readyz', { Host: '10.0.0.7' }))).toBe(503);
  });
});

it('local development needs no setting, on any port and under any name of this machine', async () => {
  for (const host of ['127.0.0.1', 'localhost:1', 'LOCALHOST.:8787', '[::1]:9'])
    expect([host, statusOf(await ask('/', { Host: host }))]).toEqual([host, 200]);
});

it('what others may keep is the same whatever name and port were asked', async () => {
  const local = { ...(await localSettings(system.state)), ...SETTINGS };
  await system.edge.configure({ ...local, PUBLIC_URL: 'https://public.example' });
  for (const path of ['/docs', '/openapi.json', '/fhir/metadata']) {
    const at = (host: string) => ask(path, { Host: host, 'X-Request-Id': 'same-for-all' });
    const [one, other] = [await at('edge.example:1'), await at('public.example')];
    expect(one).toMatch(/cache-control: public/i);
    expect(one.replace(/^date:.*$/im, '')).toBe(other.replace(/^date:.*$/im, ''));
    expect(one).toContain('https://public.example');
  }
  await system.edge.configure(local);
  for (const path of ['/docs', '/openapi.json', '/fhir/metadata'])
    expect(await ask(path, { Host: 'edge.example' })).not.toMatch(/cache-control: public/i);
});

describe('every answer', () => {
  it.each<[string, string, number, (() => Record<string, string>)?]>([
    ['a search', '/fhir/Slot?x=1', 400, () => admin],
    ['a list of operators', '/admin/editors', 200, () => admin],
    ['an export', '/admin/export/appointments?format=csv', 200, () => admin],
    ['a CapabilityStatement', '/fhir/metadata', 200],
    ['the description', '/openapi.json', 200],
    ['the description as a page', '/docs', 200],
    ['the front door as a page', '/', 200, () => ({ Accept: 'text/html' })],
    ['a refusal as a page', '/r/x', 404, () => ({ Accept: 'text/html' })],
    ['a refusal in the front’s shape', '/aggregator/api-sas/v1/editors', 401],
    ['what needs a token', '/fhir/Appointment', 401],
    ['no such path', '/nothing', 404],
    ['a WebSocket’s path', '/link', 401],
    ['a probe', '/healthz', 200],
    ['another probe', '/readyz', 503],
  ])('%s says how it is to be read and kept', async (_what, path, status, headers) => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE']) {
      const response = await fetch(system.url + path, {
        method,
        redirect: 'manual',
        headers: headers?.() ?? {},
      });
      if (method === 'GET') expect(response.status).toBe(status);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'strict-transport-security': 'max-age=31536000',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
      await response.body?.cancel();
    }
  });
});
