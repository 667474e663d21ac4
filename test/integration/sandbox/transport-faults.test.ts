// What each fault of transport looks like from the calling side: answers replaced, late, cut, compressed or reset.

import { once } from 'node:events';
import { request } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FAULT_KINDS, FAULTS, type FaultKind } from '../../../sandbox/vendors/faults/fault-kinds.ts';
import { startVendor, type Vendor } from '../../../sandbox/vendors/vendor.ts';
import {
  freeIdentifiers,
  get,
  openScene,
  readBundle,
  type SandboxScene,
  slotQuery,
} from '../../support/doubles/sandbox-caller.ts';

const NOW = '2026-06-01T08:00:00.000Z';
const tested = new Set<FaultKind>();

let scene: SandboxScene;
let vendor: Vendor;
let url: string;
let sound: string;

beforeAll(async () => {
  scene = await openScene();
  vendor = await startVendor({ seed: 1, tls: scene.tls, settings: { now: NOW } });
  const identifiers = freeIdentifiers(vendor.practice.directory).slice(0, 5);
  url = `${vendor.url}/Slot?${slotQuery({ identifiers, from: NOW, to: '2026-06-03T00:00:00Z' })}`;
  sound = (await get(url, scene.agent)).text;
});

afterAll(async () => {
  await vendor.close();
  await scene.close();
});

afterEach(() => vendor.reset());

function make(kind: FaultKind, parameters: Record<string, number | string> = {}): void {
  tested.add(kind);
  vendor.setFaults({ kind, ...parameters });
}

/** The start of an answer: its status, and what came of the body when `enough` says so. */
async function peek(enough: (bytes: Buffer) => boolean) {
  const call = request(url, { agent: scene.agent });
  call.end();
  const [response] = await once(call, 'response');
  call.on('error', () => {});
  response.on('error', () => {});
  let bytes = Buffer.alloc(0);
  // Each piece: many come in one turn.
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  while (!enough(bytes)) {
    await once(response, 'data');
    bytes = Buffer.concat(chunks);
  }
  return { status: response.statusCode, headers: response.headers, bytes, call };
}

/** Sends the request on a bare TLS connection and says how that connection ended: FIN gives no error, RST does. */
async function watchEnding(): Promise<{ readonly text: string; readonly error: string | undefined }> {
  const { port, pathname, search } = new URL(url);
  const { client, tls } = scene;
  const socket = connectTls({
    port: Number(port),
    host: '127.0.0.1',
    ca: tls.ca,
    cert: client.certPem,
    key: client.keyPem,
  });
  let error: string | undefined;
  socket.on('error', (failure) => {
    error = 'code' in failure ? String(failure.code) : failure.message;
  });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await new Promise((resolve) => socket.once('close', resolve));
  return { text, error };
}

test('the search is sound without fault', () => {
  expect(readBundle(sound).total).toBeGreaterThan(20);
});

describe('a fault that answers in place of the search', () => {
  test.each<[FaultKind, number, string]>([
    ['status-400', 400, 'invalid'],
    ['status-401', 401, 'login'],
    ['status-404', 404, 'not-found'],
    ['status-422', 422, 'business-rule'],
    ['status-429', 429, 'throttled'],
    ['status-500', 500, 'exception'],
    ['status-503', 503, 'transient'],
  ])('%s: status %i and an OperationOutcome of code %s', async (kind, status, code) => {
    make(kind);
    const answer = await get(url, scene.agent);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ code }] });
    const tells = status === 429 || status === 503;
    expect(answer.headers['retry-after']).toBe(tells ? '5' : undefined);
  });

  test('status-503 tells the delay asked for', async () => {
    make('status-503', { retryAfterS: 120 });
    expect((await get(url, scene.agent)).headers['retry-after']).toBe('120');
  });

  test('html: a page with status 200', async () => {
    make('html');
    const answer = await get(url, scene.agent);
    expect(answer).toMatchObject({ status: 200, text: expect.stringMatching(/^<!doctype html>/) });
    expect(answer.headers['content-type']).toMatch(/^text\/html/);
  });

  test('not-bundle: another resource with status 200', async () => {
    make('not-bundle');
    expect(readBundle((await get(url, scene.agent)).text).resourceType).toBe('OperationOutcome');
    make('not-bundle', { as: 'Patient' });
    expect(readBundle((await get(url, scene.agent)).text).resourceType).toBe('Patient');
  });

  test('redirect: 302 to the place given', async () => {
    make('redirect', { location: 'https://ailleurs.sandbox.test/x' });
    expect(await get(url, scene.agent)).toMatchObject({
      status: 302,
      headers: { location: 'https://ailleurs.sandbox.test/x' },
    });
  });

  test('hang: not one byte, while the connection stays open', async () => {
    make('hang');
    const call = request(url, { agent: scene.agentOf(scene.client) });
    let answered = false;
    call.on('response', () => {
      answered = true;
    });
    call.on('error', () => {});
    call.end();
    await expect.poll(() => vendor.state().inFlight).toBe(1);
    // A whole other exchange goes by on the side.
    await get(`${vendor.url}/metadata`, scene.agent);
    expect(answered).toBe(false);
    expect(vendor.state().inFlight).toBe(1);
    call.destroy();
    await expect.poll(() => vendor.state().inFlight).toBe(0);
  });

  test('slow: the sound answer, late', async () => {
    make('slow', { delayMs: 90 });
    const startedMs = performance.now();
    expect((await get(url, scene.agent)).text).toBe(sound);
    expect(performance.now() - startedMs).toBeGreaterThan(85);
  });

  test('reset-early: a TCP reset before any byte', async () => {
    make('reset-early');
    expect(await watchEnding()).toEqual({ text: '', error: 'ECONNRESET' });
  });
});

describe('a fault of delivery', () => {
  test('hang-body: headers, then nothing', async () => {
    make('hang-body');
    const { status, headers, bytes, call } = await peek(() => true);
    expect(status).toBe(200);
    expect(Number(headers['content-length'])).toBe(Buffer.byteLength(sound));
    expect(bytes).toHaveLength(0);
    expect(vendor.state().inFlight).toBe(1);
    call.destroy();
  });

  test('drip: a few bytes at a time, the sound answer in the end', async () => {
    make('drip', { bytes: 7, everyMs: 1 });
    const { bytes, call } = await peek((seen) => seen.length >= 21);
    expect(sound.startsWith(bytes.toString())).toBe(true);
    expect(bytes.length).toBeLessThan(sound.length / 10);
    call.destroy();
    make('drip', { bytes: Math.ceil(sound.length / 10), everyMs: 1 });
    expect((await get(url, scene.agent)).text).toBe(sound);
  });

  test('truncated: half of the JSON, ended cleanly', async () => {
    make('truncated');
    const answer = await get(url, scene.agent);
    expect(answer.status).toBe(200);
    expect(answer.bytes.length).toBe(Math.floor(Buffer.byteLength(sound) / 2));
    expect(() => JSON.parse(answer.text)).toThrow(SyntaxError);
  });

  test('content-type: the sound body under another type', async () => {
    make('content-type', { value: 'text/json' });
    const answer = await get(url, scene.agent);
    expect(answer).toMatchObject({ text: sound, headers: { 'content-type': 'text/json' } });
  });

  test.each([
    ['none', 'application/fhir+json'],
    ['iso-8859-1', 'application/fhir+json; charset=iso-8859-1'],
    ['utf-8', 'application/fhir+json; charset=utf-8'],
  ])('latin1: the sound body in ISO-8859-1, charset %s', async (charset, type) => {
    make('latin1', { charset });
    const answer = await get(url, scene.agent);
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.text).toContain('\ufffd');
    expect(answer.bytes.toString('latin1')).toBe(sound.replace(/[\u0100-\uffff]/g, '?'));
  });

  test('gzip: the sound body, compressed though nobody asked', async () => {
    make('gzip');
    const answer = await get(url, scene.agent);
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(answer.bytes).toString('utf8')).toBe(sound);
  });

  test('gzip-bomb: a small body that unfolds into many megabytes of JSON', async () => {
    make('gzip-bomb', { megabytes: 8 });
    const answer = await get(url, scene.agent);
    const unfolded = gunzipSync(answer.bytes);
    expect(unfolded.length).toBeGreaterThan(8 << 20);
    expect(answer.bytes.length).toBeLessThan(unfolded.length / 50);
    expect(JSON.parse(unfolded.toString('utf8'))).toEqual(JSON.parse(sound));
  });

  test('huge: a sound searchset of so many megabytes, without a length', async () => {
    make('huge', { megabytes: 3 });
    const answer = await get(url, scene.agent);
    expect(answer.headers['content-length']).toBeUndefined();
    expect(answer.bytes.length).toBeGreaterThan(3 << 20);
    expect(readBundle(answer.text)).toMatchObject({ resourceType: 'Bundle', type: 'searchset' });
  });

  test('deep: JSON nested so many levels', async () => {
    make('deep', { levels: 5_000 });
    const answer = await get(url, scene.agent);
    expect(answer.text).toContain('['.repeat(5_000));
    expect(JSON.parse(answer.text).resourceType).toBe('Bundle');
  });

  test('reset: a TCP reset in the middle of the body', async () => {
    make('reset');
    const { text, error } = await watchEnding();
    expect(error).toBe('ECONNRESET');
    expect(text).toMatch(/^HTTP\/1.1 200/);
    expect(text.length).toBeLessThan(sound.length);
  });
});

describe('hostile answers', () => {
  // A kept connection would be found closed after a body that takes seconds to take apart.
  afterEach(() => scene.agent.destroy());

  /** Some have no end. */
  const head = (form: string, enough: (bytes: Buffer) => boolean) => {
    make('hostile', { form });
    return peek(enough);
  };

  test.each([
    ['values', 5_000_000, /^\[\{\},\{\}/],
    ['contained', 5_000_000, /"contained":\[\{\},/],
    ['extension', 1_000_000, /"extension":\[\{"url":""\},/],
    ['duplicates', 1_000_000, /"entry":\[\],"entry":\[\]/],
  ])('%s: under 16 MiB, of a few kB on the wire', async (form, commas, begins) => {
    make('hostile', { form });
    const { bytes, headers } = await get(url, scene.agent);
    expect(headers['content-encoding']).toBe('gzip');
    expect(bytes.length).toBeLessThan(200_000);
    const text = gunzipSync(bytes).toString('latin1');
    expect(text.length).toBeLessThan(16 << 20);
    expect(text.split(',').length).toBeGreaterThan(commas);
    expect(text).toMatch(begins);
  });

  test.each([
    'numbers',
    'nested',
    'escapes',
    'keys',
    'slots',
    'strings',
    'agendas',
    'next',
    'pages',
    'small-pages',
  ])('%s: JSON under 16 MiB', async (form) => {
    make('hostile', { form });
    const text = gunzipSync((await get(url, scene.agent)).bytes).toString('utf8');
    expect(text.length).toBeLessThan(16 << 20);
    expect(JSON.parse(text)).toMatchObject({ resourceType: 'Bundle', type: 'searchset' });
  });

  test('pages: each leads to another', async () => {
    make('hostile', { form: 'pages' });
    const read = async (address: string) =>
      JSON.parse(gunzipSync((await get(address, scene.agent)).bytes).toString('utf8')).link[0].url as string;
    const second = await read(url);
    const third = await read(new URL(second, url).href);
    expect(new Set([new URL(second, url).href, new URL(third, url).href, url]).size).toBe(3);
  });

  test.each([
    ['drip', 3],
    ['pieces', 5_000],
    ['unfinished', 14 << 20],
  ])('%s: a body that does not end', async (form, enough) => {
    const { status, bytes, call } = await head(form, ({ length }) => length >= enough);
    expect(status).toBe(200);
    expect(bytes.toString('latin1').trim()).toBe('');
    call.destroy();
  });

  test('interim: never its status', async () => {
    make('hostile', { form: 'interim' });
    const call = request(url, { agent: scene.agent });
    call.on('error', () => {});
    call.end();
    for (let answers = 0; answers < 200; answers += 1) await once(call, 'information');
    call.destroy();
  });

  test('are named in short', () => {
    vendor.setFaults('hostile:keys');
    expect(vendor.state().faults).toMatchObject([{ kind: 'hostile', parameters: { form: 'keys' } }]);
    expect(() => vendor.setFaults('hostile:nothing')).toThrow(/form de hostile vaut/);
  });
});

describe('several faults', () => {
  test('apply together: late, then compressed, under another type', async () => {
    vendor.setFaults([
      { kind: 'slow', delayMs: 30 },
      'gzip',
      { kind: 'content-type', value: 'application/json' },
    ]);
    const answer = await get(url, scene.agent);
    expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-type': 'application/json' });
    expect(gunzipSync(answer.bytes).toString('utf8')).toBe(sound);
  });

  test('of delivery apply to what answers in place of the search', async () => {
    vendor.setFaults(['status-500', 'truncated']);
    const answer = await get(url, scene.agent);
    expect(answer.status).toBe(500);
    expect(() => JSON.parse(answer.text)).toThrow(SyntaxError);
  });

  test('stop after their number of times, and never touch metadata', async () => {
    vendor.setFaults({ kind: 'status-500', times: 1 });
    expect((await get(`${vendor.url}/metadata`, scene.agent)).status).toBe(200);
    expect((await get(url, scene.agent)).status).toBe(500);
    expect((await get(url, scene.agent)).text).toBe(sound);
  });

  test('apply to the one route they name', async () => {
    vendor.setFaults({ kind: 'status-500', route: 'metadata' });
    expect((await get(`${vendor.url}/metadata`, scene.agent)).status).toBe(500);
    expect((await get(url, scene.agent)).text).toBe(sound);
  });
});

test('every fault of transport has been seen here', () => {
  expect(FAULT_KINDS.filter((kind) => FAULTS[kind].stage !== 'content' && !tested.has(kind))).toEqual([]);
});
