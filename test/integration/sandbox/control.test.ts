// Steering a simulated vendor: settings for measurements and the control port.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startVendor, type Vendor } from '../../../sandbox/vendors/vendor.ts';
import type { KnownPractitioner } from '../../../sandbox/vendors/world/directory.ts';
import {
  CALLER,
  danglingReferences,
  freePractitioners,
  get,
  openScene,
  readBundle,
  resources,
  type SandboxScene,
  slotQuery,
  slots,
} from '../../support/doubles/sandbox-caller.ts';

const NOW = '2026-06-01T08:00:00.000Z';
const FROM = '2026-06-01T10:00:00.000+02:00';
const TO = '2026-06-03T23:59:59.999+02:00';

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

function known(): readonly KnownPractitioner[] {
  return vendor.practice.directory.practitioners;
}

function free(): KnownPractitioner[] {
  return freePractitioners(vendor.practice.directory);
}

function idOf({ person }: KnownPractitioner): string {
  return person.identifier;
}

function searchSlots(
  identifiers: readonly string[],
  more: { from?: string; to?: string; cpts?: boolean } = {},
) {
  const query = slotQuery({ identifiers, from: FROM, to: TO, ...more });
  return get(`${vendor.url}/Slot?${query}`, scene.agent);
}

describe('settings for measurements', () => {
  test('give each practitioner asked exactly so many slots, ahead of now, whoever is asked', async () => {
    vendor.setSettings({ slotsPerPractitioner: 20, population: 'any' });
    const strangers = Array.from({ length: 23 }, (_, rank) => `8999${String(20_000_000 + rank)}`);
    const answer = await searchSlots([...strangers, ...free().slice(0, 2).map(idOf)]);
    const bundle = readBundle(answer.text);
    expect(bundle.total).toBe(500);
    expect(slots(bundle)).toHaveLength(500);
    expect(new Set(slots(bundle).map(({ id }) => id)).size).toBe(500);
    expect(danglingReferences(answer.text)).toEqual([]);
    for (const { start } of slots(bundle)) expect(Date.parse(start)).toBeGreaterThan(Date.parse(NOW));
    expect(resources(bundle).filter(({ resourceType }) => resourceType === 'Practitioner')).toHaveLength(25);
  });

  test('add a latency', async () => {
    vendor.setSettings({ latencyMs: 80 });
    const startedMs = performance.now();
    await searchSlots([idOf(free()[0]!)]);
    expect(performance.now() - startedMs).toBeGreaterThan(75);
  });
});

/** What the tests below look at, of all that the port says. */
interface ControlBody {
  readonly openSockets: number;
  readonly requests: readonly { readonly headers: readonly [string, string][]; readonly status: number }[];
  readonly practitioners: readonly object[];
  readonly associations: readonly { readonly points: readonly object[] }[];
  readonly hang: { readonly sentence: string };
  readonly latencyMs: number;
}

describe('the control port', () => {
  async function control(method: string, path: string, body?: unknown) {
    const response = await fetch(vendor.controlUrl + path, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer: { status: number; body: ControlBody } = {
      status: response.status,
      body: JSON.parse(await response.text()),
    };
    return answer;
  }

  test('shows the requests as they came, and who sent them', async () => {
    const raw = slotQuery({ identifiers: [idOf(free()[0]!)], from: FROM, to: TO });
    await get(`${vendor.url}/Slot?${raw}`, scene.agent);
    await get(`${vendor.url}/Nope`, scene.agent);
    const { body } = await control('GET', '/state');
    expect(body).toMatchObject({ id: 'agenda-test', seed: 1, counts: { Slot: 1, unknown: 1 }, inFlight: 0 });
    expect(body.openSockets).toBeGreaterThan(0);
    expect(body.requests[0]).toMatchObject({
      method: 'GET',
      url: `/fhir/Slot?${raw}`,
      tls: 'TLSv1.3',
      client: CALLER,
      status: 200,
    });
    expect(body.requests[0]!.headers).toContainEqual(['Host', new URL(vendor.url).host]);
    expect(body.requests[1]!.status).toBe(404);
  });

  test('keeps the last fifty requests', async () => {
    for (let rank = 0; rank < 51; rank += 1) await get(`${vendor.url}/metadata?${rank}`, scene.agent);
    const { requests, counts } = vendor.state();
    expect(counts.metadata).toBe(51);
    expect(requests.map(({ url }) => url.split('?')[1])).toEqual(
      Array.from({ length: 50 }, (_, rank) => `${rank + 1}`),
    );
  });

  test('shows the directory, the faults and the settings', async () => {
    const directory = (await control('GET', '/directory')).body;
    expect(directory.practitioners).toHaveLength(known().length);
    expect(directory.practitioners[0]).toMatchObject({
      id: 'ps-1',
      identifier: expect.stringMatching(/^[80]/),
    });
    expect(directory.associations[0]!.points.length).toBeGreaterThan(0);
    expect((await control('GET', '/faults')).body.hang.sentence).toBe('Ne répond jamais.');
    expect((await control('PUT', '/settings', { latencyMs: 1 })).body).toMatchObject({
      latencyMs: 1,
      now: NOW,
    });
    expect((await control('GET', '/settings')).body.latencyMs).toBe(1);
  });

  test('sets and clears faults', async () => {
    await control('PUT', '/fault', [{ kind: 'status-503', times: 1 }]);
    expect(vendor.state().faults).toMatchObject([{ kind: 'status-503', times: 1 }]);
    await control('DELETE', '/fault');
    expect((await searchSlots([idOf(free()[0]!)])).status).toBe(200);
  });

  test('serves a given answer word for word, so many times', async () => {
    const body = ' {"resourceType": "Bundle", "étrange":1}';
    const headers = { 'Content-Type': 'application/json+fhir', 'X-Essai': 'oui' };
    await control('PUT', '/bundle', { body, status: 201, headers, times: 1 });
    const given = await searchSlots(['899912345674']);
    expect(given).toMatchObject({ status: 201, text: body });
    expect(given.headers).toMatchObject({ 'content-type': 'application/json+fhir', 'x-essai': 'oui' });
    expect(readBundle((await searchSlots(['899912345674'])).text)).toMatchObject({ total: 0 });
  });

  test('serves a given object until told otherwise', async () => {
    await control('PUT', '/bundle', { body: { resourceType: 'Bundle', type: 'searchset', total: 7 } });
    for (const _ of [1, 2]) expect(readBundle((await searchSlots(['899912345674'])).text).total).toBe(7);
    await control('DELETE', '/bundle');
    expect(readBundle((await searchSlots(['899912345674'])).text).total).toBe(0);
  });

  test('goes back to the start on reset', async () => {
    await control('PUT', '/settings', { latencyMs: 5, now: null });
    await control('PUT', '/fault', 'hang');
    await control('PUT', '/bundle', { body: {} });
    const { body } = await control('POST', '/reset');
    expect(body).toMatchObject({
      settings: { latencyMs: 0, now: NOW },
      faults: [],
      override: false,
      counts: {},
    });
  });

  test.each([
    ['PUT', '/fault', { kind: 'nope' }],
    ['PUT', '/settings', { latencyMs: -1 }],
    ['PUT', '/settings', { latencyMs: 600_001 }],
    ['PUT', '/settings', { nope: 1 }],
    ['PUT', '/settings', { now: 'demain' }],
    ['PUT', '/settings', { population: 'some' }],
    ['PUT', '/settings', { slotsPerPractitioner: 2001 }],
    ['PUT', '/settings', { caller: { cn: 'x' } }],
    ['PUT', '/settings', []],
    ['PUT', '/bundle', { status: 200 }],
    ['PUT', '/bundle', { body: '', status: 99 }],
    ['PUT', '/bundle', { body: '', headers: { 'X-A': 'b\r\nc: d' } }],
    ['PUT', '/bundle', { body: '', times: 0 }],
    ['GET', '/nope', undefined],
  ])('%s %s %j is answered 400 with a sentence and changes nothing', async (method, path, body) => {
    const before = vendor.state().settings;
    const answer = await control(method, path, body);
    expect(answer).toMatchObject({ status: 400, body: { error: expect.stringMatching(/.{10}/) } });
    expect(vendor.state()).toMatchObject({ settings: before, faults: [], override: false });
  });

  test('refuses a body that is not JSON', async () => {
    const response = await fetch(`${vendor.controlUrl}/fault`, { method: 'PUT', body: '{' });
    expect(response.status).toBe(400);
  });
});
