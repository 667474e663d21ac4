// Long answers travel compressed to callers who ask for it, over the real edge: what the wire carries, and what Node's
// fetch and a browser read. Short answers and event streams travel as they are.

import { type IncomingHttpHeaders, request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser, findChromium } from '../../support/doubles/browser.ts';
import { System, slotPath } from '../../support/scenes/system.ts';

const chromium = findChromium();
const LONG = slotPath(['899900300000', '899900300001']);
const SHORT = '/fhir/metadata';
let system: System;

interface Wire {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What the wire carries; nothing is decoded. The same answer each time: without ledger, under one request id. */
function ask(path: string, headers: Readonly<Record<string, string>>, method = 'GET'): Promise<Wire> {
  const common = {
    Authorization: `Bearer ${system.token}`,
    'X-Request-Id': 'one-for-all',
    Prefer: 'return=minimal',
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${system.url}${path}`, {
      method,
      agent: false,
      headers: { ...common, ...headers },
    });
    sent.on('error', reject).on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.end();
  });
}

beforeAll(async () => {
  system = await System.start({
    vendors: [{ seed: 1, settings: { population: 'any', slotsPerPractitioner: 20 } }],
    settings: { CACHE_TTL_S: '60' },
  });
  // Kept from now on: each answer is the same.
  await system.search(LONG);
});
afterAll(() => system?.stop());

describe('a long answer', () => {
  it.each(['gzip', 'gzip, deflate, br, zstd', 'x-gzip', 'GZIP;q=0.5', 'br, *;q=0.1'])(
    'is compressed for Accept-Encoding: %s',
    async (accepted) => {
      const plain = await ask(LONG, {});
      const given = await ask(LONG, { 'Accept-Encoding': accepted });
      expect(given.status).toBe(200);
      expect(given.headers).toMatchObject({
        'content-encoding': 'gzip',
        vary: 'Accept-Encoding',
        'content-type': 'application/fhir+json; charset=utf-8',
        'cache-control': 'no-store',
        'x-request-id': 'one-for-all',
      });
      expect(gunzipSync(given.body).toString()).toBe(plain.body.toString());
      expect(given.body.length * 8).toBeLessThan(plain.body.length);
    },
  );

  it.each([undefined, '', 'identity', 'br', 'gzip;q=0', '*;q=0', 'gzip; q=0.000, *'])(
    'is as it is for Accept-Encoding: %s',
    async (accepted) => {
      const given = await ask(LONG, accepted === undefined ? {} : { 'Accept-Encoding': accepted });
      expect(given.headers).toMatchObject({ vary: 'Accept-Encoding' });
      expect(given.headers['content-encoding']).toBeUndefined();
      expect(JSON.parse(given.body.toString())).toMatchObject({ resourceType: 'Bundle', total: 40 });
    },
  );

  it('to HEAD has its headers and no body', async () => {
    const given = await ask(LONG, { 'Accept-Encoding': 'gzip' }, 'HEAD');
    expect(given.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    expect(given.body).toHaveLength(0);
  });

  it('is read by fetch', async () => {
    const response = await system.fetch(LONG);
    expect(response.headers.get('Content-Encoding')).toBe('gzip');
    expect(await response.json()).toMatchObject({ resourceType: 'Bundle', total: 40 });
  });

  it.skipIf(chromium === undefined)('is read by a browser', async () => {
    const browser = await Browser.start(chromium ?? '');
    try {
      await browser.open(`${system.url}/healthz`, { width: 800 });
      const headers = JSON.stringify({ Authorization: `Bearer ${system.token}` });
      const [encoding, total] = await browser.evaluate<[string, number]>(
        `fetch(${JSON.stringify(LONG)}, { headers: ${headers} }).then(async (response) =>
           [response.headers.get('Content-Encoding'), (await response.json()).total])`,
      );
      expect([encoding, total]).toEqual(['gzip', 40]);
    } finally {
      await browser.stop();
    }
  });
});

it('a short answer, and a refusal, are as they are', async () => {
  for (const path of [
    SHORT,
    '/fhir/Slot',
    slotPath(['899900300000']).replace('status=free', 'status=busy'),
  ]) {
    const { headers, body } = await ask(path, { 'Accept-Encoding': 'gzip' });
    expect([headers['content-encoding'], headers.vary]).toEqual([undefined, undefined]);
    expect(() => JSON.parse(body.toString()) as unknown).not.toThrow();
  }
});

it('an event stream is as it is, so that no part waits for another', async () => {
  const { headers, body } = await ask(LONG, { 'Accept-Encoding': 'gzip', Accept: 'text/event-stream' });
  expect(headers['content-encoding']).toBeUndefined();
  expect(body.toString()).toContain('event: end');
});
