// Following a vendor's pages, and where that stops. Whatever stops it, the slots that came before are kept.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { RetryBudget } from '../../../relay/search/retry-budget.ts';
import type { VendorClient } from '../../../relay/vendor/vendor-client.ts';
import { VENDOR_PAGES_MAX } from '../../../shared/limits.ts';
import { askVendor, makeClient } from '../../support/doubles/relay-client.ts';
import { sendJson, startTestVendor, type TestVendor } from '../../support/doubles/relay-vendor.ts';
import { makeBundle } from '../../support/samples/relay-bundle.ts';
import { makeTestAuthority, type TestAuthority } from '../../support/scenes/relay/authority.ts';
import { makePlan } from '../../support/scenes/relay/scene.ts';

const HOUR_MS = 3_600_000;

let authority: TestAuthority;
let vendor: TestVendor;
let client: VendorClient;
let next: (page: number) => string | undefined;

beforeAll(async () => {
  authority = await makeTestAuthority();
  const ca = authority.signers.org.certPem + authority.signers.root.certPem;
  vendor = await startTestVendor(await authority.server('vendor'), ca, (_request, response) => {
    const page = vendor.requests.length;
    const url = next(page);
    const startMs = Date.now() + page * HOUR_MS;
    sendJson(response, makeBundle({ startMs, tag: String(page), ...(url !== undefined && { next: url }) }));
  });
  client = makeClient({ baseUrl: `${vendor.baseUrl}/`, authority, files: await authority.client('relay') });
});

beforeEach(() => {
  vendor.requests.length = 0;
});

afterAll(async () => {
  await client?.retire();
  await vendor?.close();
  await authority?.remove();
});

async function call(links: (page: number) => string | undefined) {
  next = links;
  // Undici lends a connection again one turn of the event loop after its answer.
  await nextTurn();
  return askVendor(
    client,
    makePlan(['agenda-test']),
    AbortSignal.timeout(60_000),
    new RetryBudget(performance.now()),
  );
}

function until3(url: (page: number) => string) {
  return (page: number) => (page < 3 ? url(page) : undefined);
}

test.each([
  ['absolute', (page: number) => `${vendor.baseUrl}/Slot?page=${page + 1}`],
  ['relative to the base', (page: number) => `Slot?page=${page + 1}`],
  ['absolute in path only', (page: number) => `/fhir/Slot?page=${page + 1}`],
  ['a query alone', (page: number) => `?page=${page + 1}`],
  ['on the base itself', (page: number) => `${vendor.baseUrl}?_getpages=${page + 1}`],
])('follows a next that is %s, on one connection', async (_name, url) => {
  const { answer } = await call(until3(url));
  expect(answer).toMatchObject({ pages: 3, received: 3, shown: 3 });
  expect(answer.failure).toBeUndefined();
  expect(vendor.requests.slice(1).every((request) => request.includes('3') || request.includes('2'))).toBe(
    true,
  );
  expect(vendor.connections.count).toBe(1);
});

test.each([
  ['another host', () => 'https://elsewhere.test/fhir/Slot?page=2'],
  ['another port', () => `https://localhost:1/fhir/Slot?page=2`],
  ['another scheme', () => `http://localhost:${vendor.port}/fhir/Slot?page=2`],
  ['credentials', () => `https://user@localhost:${vendor.port}/fhir/Slot?page=2`],
  ['another path', () => `${vendor.origin}/admin?page=2`],
  ['a path that only begins alike', () => `${vendor.origin}/fhir2/Slot?page=2`],
  ['a path that climbs', () => `${vendor.baseUrl}/../admin?page=2`],
  ['a path that climbs in disguise', () => `${vendor.baseUrl}/%2e%2e/admin?page=2`],
  ['a path with an encoded slash', () => `${vendor.baseUrl}/..%2Fadmin?page=2`],
  ['no URL', () => 'https://'],
  ['nothing', () => ''],
  ['the page just read', () => vendor.requests.at(-1) ?? ''],
])('refuses a next with %s, and keeps what came before', async (_name, url) => {
  const { answer } = await call(url);
  expect(answer.failure).toEqual({ reason: 'foreign-next', status: 200 });
  expect(answer).toMatchObject({ pages: 1, shown: 1 });
  expect(vendor.requests).toHaveLength(1);
});

test('stops when a page comes round again', async () => {
  const { answer } = await call((page) => `?page=${page % 2}`);
  expect(answer.failure).toEqual({ reason: 'foreign-next', status: 200 });
  expect(answer).toMatchObject({ pages: 3, shown: 3 });
});

test('follows pages up to the bound and refuses one more', async () => {
  const whole = await call((page) => (page < VENDOR_PAGES_MAX ? `?page=${page + 1}` : undefined));
  expect(whole.answer).toMatchObject({ pages: VENDOR_PAGES_MAX, shown: VENDOR_PAGES_MAX });
  expect(whole.answer.failure).toBeUndefined();
  vendor.requests.length = 0;
  const endless = await call((page) => `?page=${page + 1}`);
  expect(endless.answer.failure).toEqual({ reason: 'too-many-pages', status: 200 });
  expect(endless.answer).toMatchObject({ pages: VENDOR_PAGES_MAX, shown: VENDOR_PAGES_MAX });
  expect(vendor.requests).toHaveLength(VENDOR_PAGES_MAX);
});

test('keeps the first page when the second fails', async () => {
  const { handler } = vendor;
  vendor.handler = (request, response) => {
    if (vendor.requests.length < 2) handler(request, response);
    else response.writeHead(500).end();
  };
  const { answer, status } = await call(() => '?page=2');
  vendor.handler = handler;
  expect(answer.failure).toEqual({ reason: 'error', status: 500 });
  expect(answer).toMatchObject({ pages: 1, shown: 1 });
  expect(status).toBe(500);
});

test('refuses more entries than the bound, over all pages', async () => {
  const { handler } = vendor;
  vendor.handler = (_request, response) => {
    const entry = Array.from({ length: 10_001 }, () => ({ resource: { resourceType: 'Slot' } }));
    sendJson(response, {
      resourceType: 'Bundle',
      type: 'searchset',
      entry,
      link: [{ relation: 'next', url: `?page=${vendor.requests.length + 1}` }],
    });
  };
  const { answer } = await call(() => undefined);
  vendor.handler = handler;
  expect(answer.failure).toEqual({ reason: 'too-many-entries', status: 200 });
  expect(answer).toMatchObject({ pages: 1, received: 10_001 });
});

test.each([['{"resourceType":"OperationOutcome"}'], ['[]'], ['null'], ['"text"'], ['{}']])(
  'calls not-bundle %s',
  async (body) => {
    const { handler } = vendor;
    vendor.handler = (_request, response) => sendJson(response, body);
    const { answer } = await call(() => undefined);
    vendor.handler = handler;
    expect(answer.failure).toEqual({ reason: 'not-bundle', status: 200 });
    expect(answer).toMatchObject({ pages: 0, received: 0 });
  },
);

test.each([
  ['a part of its answer (206)', 206, {}, [{ rule: 'answer-incomplete' }]],
  ['all that it counts', 200, { total: 1 }, []],
  ['fewer than it counts', 200, { total: 2 }, [{ rule: 'answer-incomplete' }]],
  ['an object for a list', 200, { total: 0, entry: { 0: null } }, [{ rule: 'answer-not-understood' }]],
])(
  'tells the edge what of an answer proves no "none" when a vendor sends %s',
  async (_what, status, over, doubts) => {
    const { handler } = vendor;
    vendor.handler = (_request, response) => {
      const page = { ...makeBundle({ startMs: Date.now() + HOUR_MS }), ...over };
      response.writeHead(status, { 'content-type': 'application/fhir+json' }).end(JSON.stringify(page));
    };
    const { answer } = await call(() => undefined);
    vendor.handler = handler;
    expect(answer.failure).toBeUndefined();
    expect(answer.doubts).toEqual(doubts);
  },
);

test('refuses more entries than the bound also where they are no list', async () => {
  const { handler } = vendor;
  const entry = Object.fromEntries(Array.from({ length: 20_001 }, (_, at) => [at, {}]));
  vendor.handler = (_request, response) => sendJson(response, { resourceType: 'Bundle', entry });
  const { answer } = await call(() => undefined);
  vendor.handler = handler;
  expect(answer.failure).toEqual({ reason: 'too-many-entries', status: 200 });
});

test('reads the encoding that the vendor declares', async () => {
  const { handler } = vendor;
  vendor.handler = (_request, response) => {
    const page = JSON.stringify(makeBundle({ startMs: Date.now() + HOUR_MS })).replace(
      '"family":"',
      '"family":"Lefèvre ',
    );
    const charset = 'Application/FHIR+JSON; Charset="ISO-8859-15"';
    response.writeHead(200, { 'content-type': charset }).end(Buffer.from(page, 'latin1'));
  };
  const { answer } = await call(() => undefined);
  vendor.handler = handler;
  expect(answer.subjects[0]?.holder.text).toContain('"family":"Lefèvre ');
});
