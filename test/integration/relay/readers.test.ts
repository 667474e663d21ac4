// A vendor's answers cost a share of the relay: their values are counted before anything is built, they are read on threads
// that may be ended, and what others had read there is read again.

import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Readers, type ReadersSettings } from '../../../relay/reading/readers.ts';
import { RetryBudget } from '../../../relay/search/retry-budget.ts';
import type { VendorClient } from '../../../relay/vendor/vendor-client.ts';
import { VENDOR_PIECES_MAX, VENDOR_VALUES_MAX } from '../../../shared/limits.ts';
import { askVendor, makeClient } from '../../support/doubles/relay-client.ts';
import {
  type Handler,
  sendJson,
  startTestVendor,
  type TestVendor,
} from '../../support/doubles/relay-vendor.ts';
import { makeBundle } from '../../support/samples/relay-bundle.ts';
import { makeTestAuthority, type TestAuthority } from '../../support/scenes/relay/authority.ts';
import { makePlan } from '../../support/scenes/relay/scene.ts';
import { until } from '../../support/wait/until.ts';

const HOUR_MS = 3_600_000;
/** Its page is too large for the main thread. */
const MANY_SLOTS = 100;

let authority: TestAuthority;
let files: { certFile: string; keyFile: string };
const vendors: TestVendor[] = [];
const clients: VendorClient[] = [];
const open: Readers[] = [];

beforeAll(async () => {
  authority = await makeTestAuthority();
  files = await authority.client('relay');
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.retire()));
  await Promise.all(vendors.splice(0).map((vendor) => vendor.close()));
  await Promise.all(open.splice(0).map((readers) => readers.close()));
});

afterAll(() => authority?.remove());

function openReaders(settings: ReadersSettings = {}): { readers: Readers; lost: string[] } {
  const lost: string[] = [];
  const onLost = (editor: string, bound: string): void => void lost.push(`${editor} ${bound}`);
  const readers = new Readers({ threads: 1, onLost, ...settings });
  open.push(readers);
  return { readers, lost };
}

/** A vendor of this id and what a call to it comes to. */
async function connect(readers: Readers, id: string, handler: Handler) {
  const ca = authority.signers.org.certPem + authority.signers.root.certPem;
  const vendor = await startTestVendor(await authority.server('vendor'), ca, handler);
  const client = makeClient({ baseUrl: vendor.baseUrl, authority, files, readers, editor: { id } });
  vendors.push(vendor);
  clients.push(client);
  const call = async () => {
    const { answer } = await askVendor(
      client,
      makePlan([id]),
      AbortSignal.timeout(120_000),
      new RetryBudget(performance.now()),
    );
    return answer;
  };
  return { vendor, client, call };
}

const gzipped =
  (text: string): Handler =>
  (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text));
  };

const bundleOf = (entries: string): string =>
  `{"resourceType":"Bundle","type":"searchset","entry":[${entries}]}`;

/** Names of its own for every slot: what V8 takes longest to parse. */
const costly = bundleOf(
  Array.from({ length: 19_000 }, (_, slot) => {
    const keys = Array.from({ length: 9 }, (_, key) => `"k${slot}-${key}":0`);
    return `{"resource":{"resourceType":"Slot",${keys.join(',')}}}`;
  }).join(','),
);

const sound = (page: number, next?: string): object =>
  makeBundle({
    startMs: Date.now() + (1 + page) * HOUR_MS,
    slots: MANY_SLOTS,
    tag: String(page),
    ...(next && { next }),
  });

test.each([
  ['a list', (flood: string) => flood],
  ['an entry', (flood: string) => bundleOf(`{"resource":{"resourceType":"Slot","contained":${flood}}}`)],
  ['the Bundle beside its entries', (flood: string) => `{"entry":[{}],"extension":${flood}}`],
  ['the Bundle before its entries', (flood: string) => `{"extension":${flood},"entry":[{}]}`],
  ['one object, under one key', () => `{${'"a":0,'.repeat(VENDOR_VALUES_MAX)}"a":0}`],
])('counts the values that 16 kB unfold to, in %s, and builds none of them', async (_where, write) => {
  const flood = `[${'{},'.repeat(5_000_000)}{}]`;
  const { readers, lost } = openReaders({ memoryMb: () => 96 });
  const { call } = await connect(readers, 'agenda-x', gzipped(write(flood)));
  const answer = await call();
  expect(answer.failure).toEqual({ reason: 'too-large', bound: 'values', status: 200 });
  expect(lost).toEqual([]);
});

test('takes as many values as are allowed, over all pages, and not one page more', async () => {
  const page = (count: number, next?: string): string =>
    `{"resourceType":"Bundle","type":"searchset","extension":[${'0,'.repeat(count)}0]${
      next === undefined ? '' : `,"link":[{"relation":"next","url":"${next}"}]`
    }}`;
  const { readers } = openReaders();
  let rest = VENDOR_VALUES_MAX / 2 - 100;
  const { vendor, call } = await connect(readers, 'agenda-x', (request, response) => {
    const isFirst = request.url?.includes('second') !== true;
    sendJson(response, isFirst ? page(VENDOR_VALUES_MAX / 2, '?second=1') : page(rest));
  });
  expect((await call()).failure).toBeUndefined();
  rest += 200;
  vendor.requests.length = 0;
  expect((await call()).failure).toMatchObject({ reason: 'too-large', bound: 'values' });
  expect(vendor.requests).toHaveLength(2);
});

test('ends the thread of an answer that costs too much; what others had read there is read again', async () => {
  const { readers, lost } = openReaders({ cpuMsMax: 150, watchMs: 5 });
  const held = Promise.withResolvers<void>();
  const other = await connect(readers, 'agenda-b', async (request, response) => {
    if (request.url?.includes('second') !== true) return sendJson(response, sound(1, '?second=1'));
    await held.promise;
    sendJson(response, sound(60));
  });
  const hostile = await connect(readers, 'agenda-x', gzipped(costly));
  const answering = other.call();
  await until('the first page is read', () => other.vendor.requests.length === 2);
  expect((await hostile.call()).failure).toEqual({ reason: 'too-large', bound: 'cpu', status: 200 });
  expect(lost).toEqual(['agenda-x cpu']);
  expect(hostile.client.reader.lost).toBe(1);
  held.resolve();
  const answer = await answering;
  expect(answer.failure).toBeUndefined();
  expect(answer).toMatchObject({ pages: 2, received: 2 * MANY_SLOTS });
  expect(other.client.reader.lost).toBe(0);
});

test('ends the thread of an answer that takes its memory, and goes on', async () => {
  const { readers, lost } = openReaders({ memoryMb: () => 20 });
  let isSound = false;
  let pages = 0;
  // Page by page: V8 leaves a thread 16 MiB to end in.
  const { call } = await connect(readers, 'agenda-x', (_request, response) => {
    pages += 1;
    if (isSound) return sendJson(response, sound(1));
    const texts = Array.from(
      { length: 30_000 },
      (_, rank) => `"${String(rank).padStart(100, String(pages))}"`,
    );
    const slot = `{"resource":{"resourceType":"Slot","id":"s${pages}","comment":[${texts.join(',')}]}}`;
    sendJson(response, `${bundleOf(slot).slice(0, -1)},"link":[{"relation":"next","url":"?page=${pages}"}]}`);
  });
  expect((await call()).failure).toEqual({ reason: 'too-large', bound: 'memory', status: 200 });
  expect(lost).toEqual(['agenda-x memory']);
  isSound = true;
  const answer = await call();
  expect(answer.failure).toBeUndefined();
  expect(answer.shown).toBe(MANY_SLOTS);
});

test('keeps of one vendor what three of the largest answers are, read page by page at once', async () => {
  const { readers } = openReaders();
  const page = (rank: number): string =>
    `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Slot","id":"s${rank}","comment":[${'0,'.repeat(140_000)}0]}}],"link":[{"relation":"next","url":"?page=${rank}"}]}`;
  let asked = 0;
  const second: (() => void)[] = [];
  let isReleased = false;
  const { call } = await connect(readers, 'agenda-x', (request, response) => {
    asked += 1;
    const send = (): void => gzipped(page(asked))(request, response);
    if (!isReleased && request.url?.includes('page=') === true) second.push(send);
    else send();
  });
  const calls = Array.from({ length: 8 }, call);
  // Each has read one page of half of its values: seven are too many, whatever comes next.
  const first = await Promise.race(calls);
  expect(first.failure).toEqual({ reason: 'too-large', bound: 'held', status: 200 });
  await until('the others ask for more', () => second.length >= 6);
  isReleased = true;
  for (const send of second) send();
  const bounds = (await Promise.all(calls)).map(({ failure }) => failure?.bound);
  expect(bounds.every((bound) => bound === 'held' || bound === 'values')).toBe(true);
});

test('reads a vendor that was costly apart from the others', async () => {
  const { readers } = openReaders();
  const hostile = await connect(readers, 'agenda-x', gzipped(costly));
  const other = await connect(readers, 'agenda-b', (_request, response) => sendJson(response, sound(1)));
  expect(hostile.client.reader.lane).toBe(other.client.reader.lane);
  await hostile.call();
  expect(hostile.client.reader.lane).not.toBe(other.client.reader.lane);
  await other.call();
  expect(other.client.reader.isCostly).toBe(false);
});

test('lets nobody wait behind all the answers of one vendor', async () => {
  const { readers } = openReaders();
  const ended: string[] = [];
  const hostile = await connect(readers, 'agenda-x', gzipped(costly));
  const other = await connect(readers, 'agenda-b', (_request, response) => sendJson(response, sound(1)));
  // Both on one thread: what is costly is known only when the first of it is read.
  const floods = Array.from({ length: 8 }, () => hostile.call().then(() => ended.push('x')));
  await until('answers wait', () => hostile.client.reader.lane.waiting >= 4);
  await other.call().then(() => ended.push('b'));
  await Promise.all(floods);
  expect(ended).toHaveLength(9);
  expect(ended.indexOf('b')).toBeLessThan(6);
});

test('cuts an answer of single bytes, and one that never comes to its status', async () => {
  const { readers } = openReaders();
  const drops = await connect(readers, 'agenda-x', (_request, response) => {
    response.writeHead(200, { 'transfer-encoding': 'chunked' }).flushHeaders();
    const pour = (): void => {
      while (response.socket?.write('1\r\n \r\n'.repeat(1_000)) === true);
    };
    response.socket?.on('drain', pour);
    pour();
  });
  expect((await drops.call()).failure).toEqual({ reason: 'too-large', bound: 'pieces', status: 200 });
  expect(VENDOR_PIECES_MAX).toBeLessThan(100_000);
  const interim = await connect(readers, 'agenda-y', (_request, response) => {
    const pour = setInterval(() => response.writeProcessing(), 1);
    response.on('close', () => clearInterval(pour));
  });
  expect((await interim.call()).failure).toEqual({ reason: 'too-large' });
});

test('keeps of one vendor what three of the largest answers hold, whatever is asked at once', async () => {
  const { readers } = openReaders();
  const blanks = Buffer.alloc(15 * 1024 * 1024, ' ');
  const open: (() => void)[] = [];
  const { call } = await connect(readers, 'agenda-x', (_request, response) => {
    response.writeHead(200);
    response.write(blanks);
    open.push(() => response.end());
  });
  const calls = Array.from({ length: 5 }, call);
  const first = await Promise.race(calls);
  expect(first.failure).toEqual({ reason: 'too-large', bound: 'held', status: 200 });
  for (const end of open) end();
  const reasons = (await Promise.all(calls)).map(({ failure }) => failure?.bound ?? failure?.reason);
  expect(reasons.filter((reason) => reason === 'held').length).toBeGreaterThanOrEqual(2);
  // What they held is given back.
  const later = call();
  await until('it is asked', () => open.length === 6);
  open[5]?.();
  expect((await later).failure).toEqual({ reason: 'not-json', status: 200 });
});
