// What one exchange with a vendor comes to, fault by fault, over real mTLS connections.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { EditorConfig } from '../../../relay/base/config.ts';
import { GivenUp } from '../../../relay/base/failure.ts';
import type { VendorClient } from '../../../relay/vendor/vendor-client.ts';
import { makeClient, readPage } from '../../support/doubles/relay-client.ts';
import {
  type Handler,
  sendJson,
  startTestVendor,
  type TestVendor,
} from '../../support/doubles/relay-vendor.ts';
import { makeTestAuthority, type TestAuthority } from '../../support/scenes/relay/authority.ts';
import { until } from '../../support/wait/until.ts';

const EMPTY = { resourceType: 'Bundle', type: 'searchset', total: 0 };
const BYTES_MAX = 1024 * 1024;

let authority: TestAuthority;
let vendor: TestVendor;
let files: { certFile: string; keyFile: string };
const clients: VendorClient[] = [];

beforeAll(async () => {
  authority = await makeTestAuthority();
  files = await authority.client('relay');
  const ca = authority.signers.org.certPem + authority.signers.root.certPem;
  vendor = await startTestVendor(await authority.server('vendor'), ca, () => {});
});

beforeEach(() => {
  vendor.requests.length = 0;
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.retire()));
  await vendor?.close();
  await authority?.remove();
});

function connect(editor: Partial<EditorConfig> = {}): VendorClient {
  const client = makeClient({ baseUrl: vendor.baseUrl, authority, files, editor });
  clients.push(client);
  return client;
}

async function ask(handler: Handler, client = connect(), signal = AbortSignal.timeout(60_000)) {
  vendor.handler = handler;
  return readPage(client, BYTES_MAX, signal);
}

function answers(status: number, headers: Record<string, string>, body: string | Buffer = ''): Handler {
  return (_request, response) => response.writeHead(status, headers).end(body);
}

test('reads JSON whatever its content type, with or without a byte order mark', async () => {
  for (const type of ['text/html', 'application/json+fhir', 'application/octet-stream']) {
    const page = await ask(answers(200, { 'content-type': type }, `\ufeff${JSON.stringify(EMPTY)}`));
    expect(page).toMatchObject({ ok: true, value: { json: EMPTY, status: 200, noStore: false } });
  }
});

test('notes that the vendor forbids keeping its answer', async () => {
  const page = await ask(answers(200, { 'cache-control': 'private, No-Store' }, JSON.stringify(EMPTY)));
  expect(page).toMatchObject({ ok: true, value: { noStore: true } });
});

test.each([
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['br', brotliCompressSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
] as const)('decodes %s', async (encoding, compress) => {
  const body = compress(Buffer.from(JSON.stringify(EMPTY)));
  const page = await ask(answers(200, { 'content-encoding': encoding }, body));
  expect(page).toMatchObject({ ok: true, value: { json: EMPTY, bytes: JSON.stringify(EMPTY).length } });
});

test('calls too-large a small body that unfolds past the bound', async () => {
  const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, 0x20));
  expect(bomb.length).toBeLessThan(BYTES_MAX);
  const page = await ask(answers(200, { 'content-encoding': 'gzip' }, bomb));
  expect(page).toEqual({ ok: false, error: { reason: 'too-large', status: 200 } });
});

test.each([
  ['HTML', {}, '<html>nope</html>'],
  ['truncated JSON', {}, '{"resourceType":"Bundle"'],
  ['nothing', {}, ''],
  ['an unknown encoding', { 'content-encoding': 'zstd+secret' }, '{}'],
  ['gzip that is not', { 'content-encoding': 'gzip' }, '{}'],
] as const)('calls not-json %s', async (_name, headers, body) => {
  expect(await ask(answers(200, { ...headers }, body))).toEqual({
    ok: false,
    error: { reason: 'not-json', status: 200 },
  });
});

test('accepts a body at the bound and refuses one past it, with and without a length', async () => {
  const at = JSON.stringify('x'.repeat(BYTES_MAX - 2));
  const stream =
    (body: string): Handler =>
    (_request, response) => {
      response.writeHead(200);
      for (let from = 0; from < body.length; from += 65536) response.write(body.slice(from, from + 65536));
      response.end();
    };
  for (const send of [(body: string) => answers(200, {}, body), stream]) {
    expect((await ask(send(at))).ok).toBe(true);
    expect(await ask(send(`${at} `))).toEqual({ ok: false, error: { reason: 'too-large', status: 200 } });
  }
});

test('stops reading a flood at the bound', async () => {
  let written = 0;
  const page = await ask((_request, response) => {
    const chunk = Buffer.alloc(65536, 0x20);
    const pour = (): void => {
      while (!response.destroyed && response.write(chunk)) written += chunk.length;
    };
    response.on('drain', pour);
    pour();
  });
  expect(page).toEqual({ ok: false, error: { reason: 'too-large', status: 200 } });
  expect(written).toBeLessThan(20 * BYTES_MAX);
});

test('accepts JSON at the depth bound and refuses one past it', async () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  expect((await ask(answers(200, {}, nested(64)))).ok).toBe(true);
  expect(await ask(answers(200, {}, nested(65)))).toEqual({
    ok: false,
    error: { reason: 'too-deep', status: 200 },
  });
});

test('measures the depth of a large body before parsing it', async () => {
  const large = (depth: number): Buffer =>
    gzipSync(Buffer.from(`["${'x'.repeat(BYTES_MAX)}",${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}]`));
  const client = connect();
  for (const [depth, expected] of [
    [64, { ok: true }],
    [65, { ok: false, error: { reason: 'too-deep' } }],
  ] as const) {
    vendor.handler = answers(200, { 'content-encoding': 'gzip' }, large(depth));
    expect(await readPage(client, 2 * BYTES_MAX)).toMatchObject(expected);
  }
});

test('calls too-large a header block past its bound', async () => {
  const page = await ask(answers(200, { 'x-long': 'y'.repeat(17 * 1024) }, '{}'));
  expect(page).toMatchObject({ ok: false, error: { reason: 'too-large' } });
});

test('never follows a redirect', async () => {
  const page = await ask(answers(302, { location: `${vendor.origin}/elsewhere` }));
  expect(page).toEqual({ ok: false, error: { reason: 'redirect', status: 302 } });
  expect(vendor.requests).toEqual(['/fhir/Slot']);
});

test.each([
  [400, {}, { reason: 'refused', status: 400 }],
  [404, {}, { reason: 'refused', status: 404 }],
  [429, { 'retry-after': '30' }, { reason: 'busy', status: 429, retryAfterS: 30 }],
  [503, {}, { reason: 'busy', status: 503 }],
  [503, { 'retry-after': 'soon' }, { reason: 'busy', status: 503 }],
  [500, {}, { reason: 'error', status: 500 }],
  [504, {}, { reason: 'error', status: 504 }],
] as const)('maps status %d', async (status, headers, error) => {
  expect(await ask(answers(status, { ...headers }, '{"resourceType":"OperationOutcome"}'))).toEqual({
    ok: false,
    error,
  });
});

test('reads Retry-After as a date', async () => {
  const date = new Date(Date.now() + 60_000).toUTCString();
  const page = await ask(answers(503, { 'retry-after': date }));
  expect(page.ok ? 0 : page.error.retryAfterS).toBeGreaterThanOrEqual(58);
  expect(page.ok ? 0 : page.error.retryAfterS).toBeLessThanOrEqual(60);
});

test('keeps its connection after an error with a body', async () => {
  const client = connect({ concurrency: 1 });
  const before = vendor.connections.count;
  await ask(answers(500, {}, '{"resourceType":"OperationOutcome"}'), client);
  await ask(answers(200, {}, JSON.stringify(EMPTY)), client);
  expect(vendor.connections.count - before).toBe(1);
});

test('uses one connection for searches that follow each other, and several for those at once', async () => {
  const client = connect({ concurrency: 4 });
  const before = vendor.connections.count;
  for (let turn = 0; turn < 3; turn += 1) {
    await ask(answers(200, {}, '{}'), client);
    // Undici lends a connection again one turn of the event loop after its answer.
    await nextTurn();
  }
  expect(vendor.connections.count - before).toBe(1);
  await Promise.all(Array.from({ length: 12 }, () => ask(answers(200, {}, '{}'), client)));
  expect(vendor.connections.count - before).toBeLessThanOrEqual(4);
  expect(client.connections).toBe(vendor.connections.count - before);
});

test.each([
  ['before the first byte', (): Handler => (request) => request.socket.destroy()],
  [
    'in mid-body',
    (): Handler => (request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"resourceType"', () => request.socket.destroy());
    },
  ],
  [
    'in mid-chunk',
    (): Handler => (request, response) => {
      response.writeHead(200);
      response.write('{"resourceType"', () => request.socket.destroy());
    },
  ],
])('calls reset a connection closed %s', async (_name, handler) => {
  const page = await ask(handler());
  expect(page).toMatchObject({ ok: false, error: { reason: 'reset' } });
});

test('tells a kept connection that turns out to be closed from a new one that is', async () => {
  const client = connect({ concurrency: 1 });
  await ask(answers(200, {}, '{}'), client);
  const kept = await ask((request) => request.socket.destroy(), client);
  expect(kept).toMatchObject({ ok: false, error: { reason: 'reset', isStale: true } });
  const fresh = await ask((request) => request.socket.destroy());
  expect(fresh).toMatchObject({ ok: false, error: { reason: 'reset' } });
  expect(fresh.ok || fresh.error.isStale).toBeUndefined();
});

test('gives up with the reason of the signal and closes the request', async () => {
  const controller = new AbortController();
  const given = vendor.given.up;
  const asking = ask(() => controller.abort(new GivenUp('timeout')), connect(), controller.signal);
  expect(await asking).toEqual({ ok: false, error: { reason: 'timeout' } });
  await until('the vendor sees it', () => vendor.given.up > given);
});

test('calls timeout a body that drips past the budget', async () => {
  const controller = new AbortController();
  const page = await ask(
    (_request, response) => {
      response.writeHead(200);
      response.write('{"res', () => setTimeout(() => controller.abort(new GivenUp('timeout')), 20));
    },
    connect(),
    controller.signal,
  );
  expect(page).toEqual({ ok: false, error: { reason: 'timeout' } });
});

test('queues past its concurrency, refuses past its queue, and serves those that waited', async () => {
  const client = connect({ concurrency: 2, queue: 3 });
  const held: (() => void)[] = [];
  const hold: Handler = (_request, response) => held.push(() => sendJson(response, EMPTY));
  const asked = Array.from({ length: 6 }, () => ask(hold, client));
  expect(await asked[5]).toEqual({ ok: false, error: { reason: 'overloaded' } });
  expect([client.running, client.waiting]).toEqual([2, 3]);
  for (let served = 0; served < 5; served += 1) {
    (await until('a request', () => held.shift()))();
  }
  expect((await Promise.all(asked.slice(0, 5))).every(({ ok }) => ok)).toBe(true);
  await until('an empty gate', () => client.running === 0 && client.waiting === 0);
});

test('gives its place in the queue back when it gives up', async () => {
  const client = connect({ concurrency: 1, queue: 1 });
  const controller = new AbortController();
  const first = ask(() => {}, client, controller.signal);
  const second = ask(() => {}, client, controller.signal);
  controller.abort(new GivenUp('timeout'));
  expect(await first).toEqual({ ok: false, error: { reason: 'timeout' } });
  // The vendor never saw it.
  expect(await second).toEqual({ ok: false, error: { reason: 'overloaded' } });
  await until('an empty gate', () => client.running === 0 && client.waiting === 0);
  expect((await ask(answers(200, {}, '{}'), client)).ok).toBe(true);
});

test('finishes what runs before a retired client closes its connections', async () => {
  const client = connect();
  client.retain();
  let send = (): void => {};
  const asking = ask((_request, response) => {
    send = () => sendJson(response, EMPTY);
  }, client);
  await until('the request', () => vendor.requests.length === 1);
  const retired = client.retire();
  send();
  expect((await asking).ok).toBe(true);
  client.release();
  await retired;
  await until('no connection', () => client.connections === 0);
});
