// The bounds of the relay's mTLS port, each on both sides: sizes, counts, times, rate, and what TLS may not do.

import { connect as connectTcp } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Leaf } from '../../../sandbox/pki/authority.ts';
import { acceptBriefly } from '../../support/doubles/edge.ts';
import { type Call, call, keptAgent, tlsSettings } from '../../support/doubles/inbound-caller.ts';
import {
  B,
  type InboundAuthority,
  type InboundScene,
  makeInboundAuthority,
  openInbound,
} from '../../support/scenes/inbound-scene.ts';
import { until } from '../../support/wait/until.ts';

const BODY_BYTES_MAX = 256 * 1024;

let authority: InboundAuthority;
let leaf: Leaf;
let scene: InboundScene;

beforeAll(async () => {
  authority = await makeInboundAuthority();
  leaf = await authority.show();
});

afterAll(() => authority?.remove());
afterEach(() => scene?.close());

const open = async (limits: Record<string, number> = {}): Promise<void> => {
  scene = await openInbound(authority, { limits });
};
const base = (): Omit<Call, 'method'> => ({ port: scene.port, ca: authority.ca, show: leaf });

interface Raw {
  readonly socket: TLSSocket;
  text: string;
  isClosed: boolean;
}

/** A connection whose bytes the test writes itself. */
async function dial(change: object = {}): Promise<Raw> {
  const socket = connect({ host: '127.0.0.1', port: scene.port, ...tlsSettings(base()), ...change });
  const raw: Raw = { socket, text: '', isClosed: false };
  socket.on('data', (chunk: Buffer) => {
    raw.text += chunk.toString('latin1');
  });
  socket.on('close', () => {
    raw.isClosed = true;
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  return raw;
}

const HEAD = 'POST /fhir/Appointment HTTP/1.1\r\nHost: relais\r\nContent-Type: application/fhir+json\r\n';

test('takes a body of 256 KiB and refuses one byte more', async () => {
  await open();
  const body = Buffer.alloc(BODY_BYTES_MAX, 0x20);
  expect((await call({ ...base(), body })).status).toBe(201);
  expect(scene.edge.received[0]?.body).toHaveLength(BODY_BYTES_MAX);
  const refused = await call({ ...base(), body: Buffer.concat([body, Buffer.from(' ')]) });
  expect([refused.status, JSON.parse(refused.text).issue[0].code]).toEqual([413, 'too-long']);
  const chunked = await call({
    ...base(),
    body: Buffer.alloc(BODY_BYTES_MAX + 1),
    headers: { 'transfer-encoding': 'chunked' },
  });
  expect(chunked.status).toBe(413);
  expect(scene.edge.received).toHaveLength(1);
});

test('takes 15 KiB of headers and refuses 17', async () => {
  await open();
  expect((await call({ ...base(), headers: { x: 'a'.repeat(15 * 1024) } })).status).toBe(201);
  expect((await call({ ...base(), headers: { x: 'a'.repeat(17 * 1024) } })).status).toBe(431);
});

test('invites a body only once the certificate is judged, and never one that is too large', async () => {
  await open();
  const accepted = await dial();
  accepted.socket.write(`${HEAD}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
  await until('the invitation', () => accepted.text.startsWith('HTTP/1.1 100'));
  accepted.socket.write('{}');
  await until('the answer', () => accepted.text.includes('HTTP/1.1 201'));
  const large = await dial();
  large.socket.write(`${HEAD}Expect: 100-continue\r\nContent-Length: ${BODY_BYTES_MAX + 1}\r\n\r\n`);
  await until('the refusal', () => large.text.startsWith('HTTP/1.1 413') && large.isClosed);
  const unknown = await dial({ cert: undefined, key: undefined });
  unknown.socket.write(`${HEAD}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
  await until('the refusal', () => unknown.text.startsWith('HTTP/1.1 403') && unknown.isClosed);
  accepted.socket.destroy();
});

test('lets a refused caller finish its body and read the answer', async () => {
  await open();
  const answers = await Promise.all(
    [2, BODY_BYTES_MAX, 900_000].map((bytes) =>
      call({ ...base(), show: undefined, body: Buffer.alloc(bytes) }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
  expect(scene.edge.received).toEqual([]);
});

test('holds so many connections of a vendor, drops one more, and takes another for one that asks nothing', async () => {
  // One of three is the strangers', one each vendor's.
  await open({ connections: 3 });
  const first = await dial();
  const held: (() => void)[] = [];
  scene.edge.handler = (...exchange) => held.push(() => acceptBriefly(...exchange));
  first.socket.write(`${HEAD}Content-Length: 2\r\n\r\n{}`);
  await until('the request at the edge', () => held.length === 1);
  await expect(call(base())).rejects.toThrow();
  expect(await scene.metric('connections_dropped_total{reason="vendor"}')).toBe(1);
  for (const answer of held) answer();
  await until('the answer', () => first.text.includes('HTTP/1.1 201'));
  scene.edge.handler = acceptBriefly;
  // What asks nothing gives way.
  expect((await call(base())).status).toBe(201);
  await until('the end of the first', () => first.isClosed);
});

test('answers so many requests on one connection, and says which is the last', async () => {
  await open({ requestsPerConnection: 2 });
  const agent = keptAgent(base());
  const answers = [];
  for (let i = 0; i < 3; i += 1) answers.push(await call({ ...base(), agent }));
  expect(answers.map(({ status, headers }) => [status, headers.connection])).toEqual([
    [201, 'keep-alive'],
    [201, 'close'],
    [201, 'keep-alive'],
  ]);
  agent.destroy();
});

test('closes a connection that asks nothing more', async () => {
  await open({ keepAliveMs: 50 });
  const raw = await dial();
  raw.socket.write(`${HEAD}Content-Length: 2\r\n\r\n{}`);
  await until('the answer, then the end', () => raw.text.includes('201') && raw.isClosed);
});

test('closes on a caller that does not shake hands', async () => {
  await open({ handshakeMs: 60 });
  const socket = connectTcp({ host: '127.0.0.1', port: scene.port });
  let isClosed = false;
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
  });
  await until('the end', () => isClosed);
  expect(await scene.metric('handshake_failures_total{reason="timeout"}')).toBe(1);
});

test('answers 408 to headers that do not end', async () => {
  await open({ headersMs: 60 });
  const raw = await dial();
  raw.socket.write(HEAD);
  await until('the end', () => raw.text.startsWith('HTTP/1.1 408') && raw.isClosed);
});

test('answers 408 to a body that does not end, and hands nothing of it on', async () => {
  await open({ requestMs: 60 });
  const raw = await dial();
  raw.socket.write(`${HEAD}Content-Length: 100\r\n\r\n{"a`);
  await until('the end', () => raw.text.startsWith('HTTP/1.1 408') && raw.isClosed);
  expect(scene.edge.received).toEqual([]);
  await until(
    'the count',
    async () => (await scene.metric('requests_total{editor="alpha",status="gone"}')) === 1,
  );
});

test('answers 429 past the rate, per vendor, and takes again after the time it said', async () => {
  await open({ editorBurst: 3, editorRequestsPerSecond: 2 });
  const statuses = [];
  for (let i = 0; i < 3; i += 1) statuses.push((await call(base())).status);
  expect(statuses).toEqual([201, 201, 201]);
  const refused = await until('the bucket to be empty', async () => {
    const answer = await call(base());
    return answer.status === 429 && answer;
  });
  expect(refused.headers['retry-after']).toBe('1');
  expect(JSON.parse(refused.text)).toMatchObject({
    resourceType: 'OperationOutcome',
    issue: [{ code: 'throttled' }],
  });
  const other = await authority.show(B);
  expect((await call({ ...base(), show: other })).status).toBe(201);
  await until('a place', async () => (await call(base())).status === 201);
});

test('speaks no TLS 1.1, and in 1.2 only what is forward secret and authenticated', async () => {
  await open();
  const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' };
  await expect(dial(old)).rejects.toThrow();
  for (const ciphers of ['AES128-GCM-SHA256', 'ECDHE-RSA-AES128-SHA256', 'ECDHE-RSA-AES128-SHA']) {
    await expect(dial({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` })).rejects.toThrow();
  }
  expect(await scene.metric('handshake_failures_total{reason="version"}')).toBe(4);
  const best = await dial();
  expect(best.socket.getProtocol()).toBe('TLSv1.3');
  best.socket.destroy();
});

test('does not renegotiate', async () => {
  await open();
  const raw = await dial({ maxVersion: 'TLSv1.2' });
  const error = await new Promise<Error | null>((resolve) => {
    raw.socket.renegotiate({}, resolve);
    raw.socket.once('error', resolve);
    raw.socket.once('close', () => resolve(new Error('closed')));
  });
  expect(error).not.toBeNull();
  raw.socket.destroy();
});

test('answers 400 to what is not HTTP, and goes on', async () => {
  await open();
  const raw = await dial();
  raw.socket.write('BOO\r\n\r\n');
  await until('the end', () => raw.text.startsWith('HTTP/1.1 400') && raw.isClosed);
  expect((await call(base())).status).toBe(201);
});

test('counts every refusal of a flood, and logs the first of them', async () => {
  await open();
  const flood = 230;
  const startedMs = performance.now();
  const one = { ...base(), show: undefined, method: 'GET' };
  const statuses = new Set<number>();
  for (let sent = 0; sent < flood; sent += 10) {
    const answers = await Promise.all(Array.from({ length: 10 }, () => call(one)));
    for (const { status } of answers) statuses.add(status);
  }
  expect([...statuses]).toEqual([403]);
  expect(await scene.metric('refusals_total{reason="no-certificate"}')).toBe(flood);
  const elapsedS = (performance.now() - startedMs) / 1000;
  const logged = scene.log.filter(({ message }) => message === 'inbound-refused').length;
  expect(logged).toBeGreaterThanOrEqual(200);
  expect(logged).toBeLessThanOrEqual(201 + 10 * elapsedS);
});
