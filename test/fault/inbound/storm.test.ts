// Claim: strangers at the mTLS port, whatever they do and however many networks they come from, take no place of a vendor and
// keep none from coming; nor does one vendor keep another. Phases: a storm of each kind, while an ordinary vendor reports on a
// connection of its own each time; a vendor with all its places busy; one with more unfinished bodies, and unread answers, than
// the relay holds for one. End state: every report 201, no stranger more than the budget, nothing held.

import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Leaf } from '../../../sandbox/pki/authority.ts';
import { acceptBriefly, startTestEdge, type TestEdge } from '../../support/doubles/edge.ts';
import { call, tlsSettings } from '../../support/doubles/inbound-caller.ts';
import {
  B,
  type InboundAuthority,
  type InboundProcess,
  makeInboundAuthority,
  spawnInbound,
} from '../../support/scenes/inbound-scene.ts';
import { until } from '../../support/wait/until.ts';

const CONNECTIONS = 80;
/** A quarter of them. */
const STRANGERS_MAX = 20;
const WAVE = 10;

let authority: InboundAuthority;
let vendor: Leaf;
let other: Leaf;
let foreign: Leaf;
let edge: TestEdge;
let scene: InboundProcess;
const opened: Socket[] = [];

beforeAll(async () => {
  authority = await makeInboundAuthority();
  vendor = await authority.show();
  other = await authority.show(B);
  foreign = await authority.show({ issuer: 'spoof' });
});
afterAll(() => authority?.remove());
afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
});

async function close(): Promise<void> {
  await scene?.close();
  await edge?.close();
}

async function open(limits: Record<string, number> = {}): Promise<void> {
  edge = await startTestEdge();
  scene = await spawnInbound(authority, { edge, limits: { connections: CONNECTIONS, ...limits } });
}

const report = async (show = vendor): Promise<number> =>
  (
    await call({
      port: scene.port,
      ca: authority.ca,
      show,
      method: 'PUT',
      path: '/fhir/Appointment?identifier=1',
    })
  ).status;
const counted = async (line: string): Promise<number> => (await scene.metric(`inbound_${line}`)) ?? 0;

/** Resolves when it is there, or was refused. */
function settled<S extends Socket>(socket: S, event: 'connect' | 'secureConnect'): Promise<S> {
  opened.push(socket);
  socket.resume();
  return new Promise((resolve) => {
    for (const name of [event, 'error', 'close'] as const) socket.on(name, () => resolve(socket));
  });
}

const tcp = (localAddress: string): Promise<Socket> =>
  settled(connectTcp({ host: '127.0.0.1', port: scene.port, localAddress }), 'connect');
const tls = (localAddress: string, show?: Leaf, change: object = {}): Promise<Socket> =>
  settled(
    connectTls({
      host: '127.0.0.1',
      port: scene.port,
      localAddress,
      ...tlsSettings({ ca: authority.ca, show }),
      ...change,
    } as ConnectionOptions),
    'secureConnect',
  );

/** A ClientHello's first record, as long as records go, and then another. */
const HUGE_HELLO = Buffer.concat(
  Array.from({ length: 8 }, (_, index) =>
    Buffer.concat([
      Buffer.from([0x16, 3, 1, 0x3f, 0xfc]),
      index === 0 ? Buffer.from([1, 0x01, 0xff, 0xff, 3, 3]) : Buffer.alloc(6),
      Buffer.alloc(0x3ffc - 6, 0x41),
    ]),
  ),
);

const STRANGERS: Readonly<Record<string, (localAddress: string) => Promise<unknown>>> = {
  'without certificate, silent after the handshake': (at) => tls(at),
  'without certificate, asking': async (at) =>
    (await tls(at)).write('GET /fhir/metadata HTTP/1.1\r\nHost: r\r\n\r\n'),
  'of a foreign authority, asking': async (at) =>
    (await tls(at, foreign)).write('PUT /fhir/Appointment HTTP/1.1\r\nHost: r\r\nContent-Length: 9\r\n\r\n{'),
  'without a first byte': (at) => tcp(at),
  'with half a handshake, a byte at a time': async (at) => {
    const socket = await tcp(at);
    const hello = Buffer.from([0x16, 3, 1, 0, 0xc8, 1, 0, 0, 0xc4, 3, 3]);
    for (const byte of hello) socket.write(Buffer.from([byte]));
  },
  'with headers a byte at a time': async (at) => {
    const socket = await tls(at);
    for (const letter of 'GET / HTTP/1.1\r\nX: ') socket.write(letter);
  },
  'with a huge ClientHello': async (at) => (await tcp(at)).write(HUGE_HELLO),
  'with garbage': async (at) => (await tcp(at)).write('GET / HTTP/1.1\r\n\r\n'),
  'that renegotiate': async (at) => {
    const socket = await tls(at, undefined, { maxVersion: 'TLSv1.2' });
    if ('renegotiate' in socket && !socket.destroyed)
      (socket as ReturnType<typeof connectTls>).renegotiate({}, () => {});
  },
};

/** Networks of strangers, and for some of them the vendor's own. */
const networks =
  (ofVendor: boolean) =>
  (index: number): string =>
    ofVendor ? '127.0.0.1' : `127.${1 + (index % 6)}.7.${1 + (index % 200)}`;

async function storm(kind: string, at: (index: number) => string, count: number): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (let sent = 0; sent < count; ) {
    const wave = Array.from({ length: WAVE }, (_, index) => STRANGERS[kind]?.(at(sent + index)));
    sent += wave.length;
    await Promise.all(wave);
    statuses.push(await report());
    expect(await counted('strangers')).toBeLessThanOrEqual(STRANGERS_MAX);
  }
  return statuses;
}

describe('a storm of strangers keeps no vendor out', () => {
  beforeAll(() => open());
  afterAll(close);

  test.each(Object.keys(STRANGERS))('%s', async (kind) => {
    expect(await report()).toBe(201);
    const statuses = await storm(kind, networks(false), CONNECTIONS + 2 * WAVE);
    expect(statuses).toEqual(Array.from({ length: 10 }, () => 201));
  });

  test('from the vendor’s own network', async () => {
    const before = await counted('connections_dropped_total{reason="strangers"}');
    const kind = 'without certificate, silent after the handshake';
    const statuses = await storm(kind, networks(true), CONNECTIONS + 2 * WAVE);
    expect(statuses).toEqual(Array.from({ length: 10 }, () => 201));
    expect(await counted('connections_dropped_total{reason="strangers"}')).toBeGreaterThan(before + 50);
  });
});

describe('each vendor has its share', () => {
  afterEach(close);

  test('a network that comes too fast is turned away before any handshake, and a vendor of another one is not', async () => {
    await open();
    expect(await report()).toBe(201);
    const statuses: number[] = [];
    // However slow this machine is: more than a network may at once, until some are too many.
    await until('a connection too many', async () => {
      await Promise.all(Array.from({ length: 300 }, () => tcp('127.9.9.9')));
      for (const socket of opened.splice(0)) socket.destroy();
      statuses.push(await report());
      return (await counted('connections_dropped_total{reason="rate"}')) > 0;
    });
    expect(new Set(statuses)).toEqual(new Set([201]));
  });

  test('a stranger is let go after a while, and a vendor that asks nothing is not', async () => {
    // Whoever it is, headers are waited for no longer than that.
    await open({ handshakeMs: 500, headersMs: 600_000, requestMs: 600_000 });
    const stranger = await tls('127.3.3.3');
    // The time is the handshake's too, which a busy machine may not reach at once.
    const quiet = await until('a vendor’s connection', async () => {
      const socket = await tls('127.0.0.1', vendor);
      return !socket.destroyed && socket;
    });
    await until('the end of the stranger', () => stranger.destroyed);
    expect(await counted('strangers')).toBe(0);
    expect([quiet.destroyed, await counted('connections')]).toEqual([false, 1]);
  });

  test('a vendor with every place busy takes none of another’s; one that is idle gives way to its own', async () => {
    await open({ connections: 20 });
    // A quarter is the strangers', half of the rest each vendor's: alpha and beta.
    const places = 7;
    const idle = [];
    for (let index = 0; index < places; index += 1) idle.push(await tls('127.0.0.1', vendor));
    expect(await counted('connections')).toBe(places);
    const held: (() => void)[] = [];
    edge.handler = (...exchange) => held.push(() => acceptBriefly(...exchange));
    const running: Promise<number>[] = [];
    while (running.length < places) {
      running.push(report());
      await until('the report at the edge', () => held.length === running.length);
    }
    expect(idle.filter(({ destroyed }) => destroyed)).toHaveLength(places);
    await expect(report()).rejects.toThrow();
    expect(await counted('connections_dropped_total{reason="vendor"}')).toBe(places + 1);
    edge.handler = acceptBriefly;
    expect(await report(other)).toBe(201);
    for (const answer of held) answer();
    expect(await Promise.all(running)).toEqual(running.map(() => 201));
  });

  const HEAD = 'POST /fhir/Appointment HTTP/1.1\r\nHost: relais\r\nContent-Type: application/fhir+json\r\n';

  test('unfinished bodies of a vendor are held up to its bound, and cost no other a thing', async () => {
    await open({ connections: 1000, requestMs: 600_000 });
    const body = Buffer.alloc(250 * 1024, 0x20);
    const texts: string[] = [];
    const sockets = [];
    for (let index = 0; index < 40; index += 1) {
      const socket = await tls('127.0.0.1', vendor);
      socket.on('data', (chunk: Buffer) => texts.push(chunk.toString('latin1')));
      socket.write(`${HEAD}Content-Length: ${body.length + 1}\r\n\r\n`);
      socket.write(body);
      sockets.push(socket);
    }
    await until('a refusal', () => texts.some((text) => text.startsWith('HTTP/1.1 429')));
    expect(await counted('held_bytes')).toBeLessThanOrEqual(8 * 1024 * 1024);
    expect(await report(other)).toBe(201);
    for (const socket of sockets) socket.destroy();
    await until('nothing held', async () => (await counted('held_bytes')) === 0);
    expect(await report()).toBe(201);
  });

  test('answers that a vendor does not read are held up to its bound, and for a while', async () => {
    await open();
    const large = Buffer.from(JSON.stringify({ resourceType: 'Appointment', id: 'x'.repeat(900_000) }));
    edge.handler = (_request, response) => {
      const Location = 'https://edge.example/fhir/Appointment/alpha-0123456789abcdef0123';
      response.writeHead(200, { 'Content-Type': 'application/fhir+json', Location }).end(large);
    };
    for (let index = 0; index < 8; index += 1) {
      const socket = await tls('127.0.0.1', vendor);
      socket.pause();
      socket.write(`${HEAD}Content-Length: 2\r\n\r\n{}`.repeat(12));
    }
    await until(
      'the first to be cut',
      async () => (await counted('connections_dropped_total{reason="unread"}')) > 0,
    );
    expect(await counted('held_bytes')).toBeLessThanOrEqual(8 * 1024 * 1024);
    edge.handler = acceptBriefly;
    expect(await report(other)).toBe(201);
    await until('nothing held', async () => (await counted('held_bytes')) === 0);
  });
});
