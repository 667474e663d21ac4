// A vendor that fails once, or always: how often the relay asks it, over real mTLS connections, and what it counts.

import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { EditorConfig } from '../../../relay/base/config.ts';
import { RetryBudget } from '../../../relay/search/retry-budget.ts';
import type { VendorClient } from '../../../relay/vendor/vendor-client.ts';
import type { SearchPlan } from '../../../shared/link/relay.ts';
import { ask } from '../../support/doubles/edge.ts';
import { askVendor, makeClient } from '../../support/doubles/relay-client.ts';
import {
  type Handler,
  sendJson,
  startTestVendor,
  type TestVendor,
} from '../../support/doubles/relay-vendor.ts';
import { makeBundle } from '../../support/samples/relay-bundle.ts';
import { makeTestAuthority, type TestAuthority } from '../../support/scenes/relay/authority.ts';
import { makePlan, makeScene } from '../../support/scenes/relay/scene.ts';
import { until } from '../../support/wait/until.ts';

const HOUR_MS = 3_600_000;
const WRITE = { method: 'POST', path: '/fhir/Practitioner', body: '{}', urgent: false } as const;

let authority: TestAuthority;
let vendor: TestVendor;
let files: { certFile: string; keyFile: string };
let budget: RetryBudget;
const clients: VendorClient[] = [];

beforeAll(async () => {
  authority = await makeTestAuthority();
  files = await authority.client('relay');
  const ca = authority.signers.org.certPem + authority.signers.root.certPem;
  vendor = await startTestVendor(await authority.server('vendor'), ca, () => {});
});

beforeEach(() => {
  vendor.requests.length = 0;
  budget = new RetryBudget(performance.now());
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.retire()));
  await vendor?.close();
  await authority?.remove();
});

const twoSlots: Handler = (_request, response) =>
  sendJson(response, makeBundle({ startMs: Date.now() + HOUR_MS, slots: 2 }));
const reset: Handler = (request) => request.socket.destroy();
const cut: Handler = (request, response) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('{"resourceType"', () => request.socket.destroy());
};
const says =
  (status: number, headers: Record<string, string> = {}): Handler =>
  (_request, response) =>
    response.writeHead(status, headers).end('{}');

/** The first requests by `handlers` in turn, all later ones by the last. */
function inTurn(...handlers: Handler[]): Handler {
  let turn = 0;
  return (request, response) => {
    handlers[Math.min(turn, handlers.length - 1)]?.(request, response);
    turn += 1;
  };
}

function connect(editor: Partial<EditorConfig> = {}): VendorClient {
  const client = makeClient({ baseUrl: vendor.baseUrl, authority, files, editor });
  clients.push(client);
  return client;
}

function call(handler: Handler, change: Partial<SearchPlan> = {}, client = connect()) {
  vendor.handler = handler;
  return askVendor(client, makePlan(['agenda-test'], change), AbortSignal.timeout(60_000), budget);
}

test.each([
  ['closes the connection before its answer', reset],
  ['closes the connection in mid-answer', cut],
  ['says 502', says(502)],
  ['says 503', says(503)],
  ['says 504', says(504)],
])('a vendor that once %s is asked twice, and its answer is whole', async (_name, fault) => {
  const { answer, retry } = await call(inTurn(fault, twoSlots));
  expect(answer.failure).toBeUndefined();
  expect([answer.shown, answer.received, answer.pages]).toEqual([2, 2, 1]);
  expect(retry).toBe('answered');
  expect(vendor.requests).toHaveLength(2);
  expect(vendor.requests[0]).toBe(vendor.requests[1]);
});

test('a kept connection found closed is the one failure too', async () => {
  const client = connect({ concurrency: 1 });
  await call(twoSlots, {}, client);
  const { answer, retry } = await call(inTurn(reset, twoSlots), {}, client);
  expect([answer.failure, answer.shown, retry]).toEqual([undefined, 2, 'answered']);
  expect(vendor.requests).toHaveLength(3);
});

test('a vendor that always closes the connection is asked twice', async () => {
  const { answer, retry } = await call(reset);
  expect(answer.failure).toEqual({ reason: 'reset' });
  expect(retry).toBe('failed');
  expect(vendor.requests).toHaveLength(2);
});

test('a call of several pages has one second try in all', async () => {
  const startMs = Date.now() + HOUR_MS;
  const first: Handler = (_request, response) =>
    sendJson(response, makeBundle({ startMs, next: `${vendor.baseUrl}/Slot?page=2` }));
  const second: Handler = (_request, response) =>
    sendJson(response, makeBundle({ startMs: startMs + HOUR_MS, tag: '2' }));
  const mended = await call(inTurn(first, reset, second));
  expect([mended.answer.pages, mended.answer.failure, mended.retry]).toEqual([2, undefined, 'answered']);
  expect(vendor.requests).toHaveLength(3);
  vendor.requests.length = 0;
  const broken = await call(inTurn(reset, first, reset, second));
  expect([broken.answer.pages, broken.answer.failure]).toEqual([1, { reason: 'reset' }]);
  expect(vendor.requests).toHaveLength(3);
});

test('a refused connection is dialled twice', async () => {
  const gone = await startTestVendor(await authority.server('gone'), '', () => {});
  await gone.close();
  const client = makeClient({ baseUrl: gone.baseUrl, authority, files });
  clients.push(client);
  const { answer, code, retry } = await call(twoSlots, {}, client);
  expect([answer.failure, code, retry]).toEqual([{ reason: 'connect' }, 'ECONNREFUSED', 'failed']);
});

test.each([
  ['500', says(500)],
  ['404', says(404)],
  ['429', says(429)],
  ['503 with Retry-After', says(503, { 'retry-after': '1' })],
  ['a redirect', says(302, { location: '/' })],
  ['what is not JSON', inTurn((_request, response) => response.end('<html>'))],
])('a vendor that answers %s is asked once', async (_name, handler) => {
  const { answer, retry } = await call(handler);
  expect(answer.failure).toBeDefined();
  expect(retry).toBeUndefined();
  expect(vendor.requests).toHaveLength(1);
});

test('a vendor is asked once when the budget of all calls is spent', async () => {
  while (budget.spend(performance.now()));
  const { answer, retry } = await call(inTurn(reset, twoSlots));
  expect([answer.failure, retry]).toEqual([{ reason: 'reset' }, 'no-budget']);
  expect(vendor.requests).toHaveLength(1);
});

test('a vendor is asked once when too little time is left', async () => {
  const { answer, retry } = await call(inTurn(reset, twoSlots), { budgetMs: 200 });
  expect([answer.failure, retry]).toEqual([{ reason: 'reset' }, 'no-time']);
  expect(vendor.requests).toHaveLength(1);
});

test('a second try takes no place in a full queue', async () => {
  const client = connect({ concurrency: 1, queue: 1 });
  const held: IncomingMessage[] = [];
  const broken = call((request) => held.push(request), {}, client);
  const waiting = call((request) => held.push(request), {}, client);
  // What is urgent passes the one that waits: the queue is as full as before when the first place is free.
  const urgent = client.write({ ...WRITE, urgent: true }, AbortSignal.timeout(60_000));
  (await until('the request', () => held[0])).socket.destroy();
  const { answer, retry } = await broken;
  expect([answer.failure, retry]).toEqual([{ reason: 'reset' }, 'no-place']);
  const write = await until('the urgent message', () => held[1]);
  expect(write.method).toBe('POST');
  vendor.handler = twoSlots;
  write.socket.destroy();
  expect(await urgent).toMatchObject({ ok: false, reason: 'reset' });
  expect((await waiting).answer.shown).toBe(2);
});

test('a message about an account is sent once, whatever becomes of it', async () => {
  vendor.handler = reset;
  const outcome = await connect().write(WRITE, AbortSignal.timeout(60_000));
  expect(outcome).toMatchObject({ ok: false, reason: 'reset', sent: true });
  expect(vendor.requests).toHaveLength(1);
});

test('second tries are counted by vendor and outcome', async () => {
  const scene = await makeScene([inTurn(reset, twoSlots), reset], authority);
  try {
    const relay = scene.startRelay();
    const landed = await ask(await scene.edge.linked(), makePlan(['agenda-1', 'agenda-2']));
    expect(landed.answers.map(({ call, shown }) => [call, shown]).sort()).toEqual([
      [0, 2],
      [1, 0],
    ]);
    expect(scene.vendors.map(({ requests }) => requests.length)).toEqual([2, 2]);
    const text = await (await fetch(`${await relay.adminUrl()}/metrics`)).text();
    expect(text).toContain('passerelle_relay_retries_total{editor="agenda-1",outcome="answered"} 1');
    expect(text).toContain('passerelle_relay_retries_total{editor="agenda-2",outcome="failed"} 1');
    expect(await relay.said('vendor-exchange')).toMatchObject({ attempt: 2 });
  } finally {
    await scene.close();
  }
});
