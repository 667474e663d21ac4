// GET /admin/editors tells how each vendor does: its state and since when, its last success, its last failure and why.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import type { VendorHealthReport } from '../../../worker/hub/vendors/state.ts';
import { System, slotPath } from '../../support/scenes/system.ts';

let system: System;
let admin: string;
const WHO = '899900999999';

beforeAll(async () => {
  system = await System.start({
    vendors: [{ seed: 1 }, { seed: 2 }],
    settings: { BREAKER_MODE: 'enforce' },
  });
  admin = await signToken(system.state, 'admin');
});
afterAll(() => system?.stop());
beforeEach(() => {
  for (const vendor of system.vendors) vendor.reset();
});

const asAdmin = (path: string, init: RequestInit = {}): Promise<Response> =>
  system.fetch(path, { ...init, headers: { Authorization: `Bearer ${admin}` } });
async function healthOf(editor: string): Promise<VendorHealthReport> {
  const { editors } = (await (await asAdmin('/admin/editors')).json()) as {
    editors: { id: string; health: VendorHealthReport }[];
  };
  return editors.find(({ id }) => id === editor)!.health;
}
const search = () => system.search(slotPath([WHO]));
const put = (editor: string, body: unknown) =>
  asAdmin(`/admin/editors/${editor}`, { method: 'PUT', body: JSON.stringify(body) });

it('says untried of a vendor that was not called yet', async () => {
  expect(await healthOf('agenda-a')).toEqual({ state: 'untried' });
});

it('says well, since when, and its last success', async () => {
  const startedMs = Date.now();
  await search();
  await search();
  const health = await healthOf('agenda-a');
  expect(health).toMatchObject({ state: 'well', breaker: 'closed' });
  expect(Date.parse(health.since!)).toBeGreaterThanOrEqual(startedMs);
  expect(Date.parse(health.lastSuccess!)).toBeGreaterThanOrEqual(Date.parse(health.since!));
  expect(health).not.toHaveProperty('lastFailure');
});

it('says failing since the first failure, and keeps both the last success and the reason', async () => {
  const { lastSuccess } = await healthOf('agenda-a');
  system.vendor('agenda-a').setFaults('status-500');
  await search();
  const first = await healthOf('agenda-a');
  await search();
  const health = await healthOf('agenda-a');
  expect(health).toMatchObject({
    state: 'failing',
    since: first.since,
    lastSuccess,
    lastFailure: { reason: 'error', status: 500 },
  });
  expect(Date.parse(health.lastFailure!.at)).toBeGreaterThanOrEqual(Date.parse(health.since!));
  expect(await healthOf('agenda-b')).toMatchObject({ state: 'well' });
});

it('says held back while its breaker is open', async () => {
  system.vendor('agenda-a').setFaults('status-500');
  for (let i = 0; i < 20; i += 1) await search();
  expect(await healthOf('agenda-a')).toMatchObject({
    state: 'held-back',
    since: expect.any(String) as string,
    lastFailure: { reason: 'error' },
  });
});

it('says off, and since when, of one that the operator switched off', async () => {
  const startedMs = Date.now();
  await put('agenda-b', { enabled: false });
  const health = await healthOf('agenda-b');
  expect(health).toMatchObject({ state: 'off', lastSuccess: expect.any(String) as string });
  expect(Date.parse(health.since!)).toBeGreaterThanOrEqual(startedMs);
  await put('agenda-b', { enabled: true });
  expect(await healthOf('agenda-b')).toMatchObject({ state: 'well' });
});

it('says absent, and since when, of one that no connected relay serves', async () => {
  const startedMs = Date.now();
  await system.relay?.stop();
  await system.startRelay('relay-a', { vendors: ['agenda-a'] });
  const health = await healthOf('agenda-b');
  expect(health.state).toBe('absent');
  expect(Date.parse(health.since!)).toBeGreaterThanOrEqual(startedMs);
});

it('remembers it all when the edge is started again', async () => {
  const before = await healthOf('agenda-a');
  await system.relay?.stop();
  await system.stopEdge();
  await system.startEdge();
  await system.startRelay();
  const after = await healthOf('agenda-a');
  expect(after).toMatchObject({ state: 'failing', lastFailure: { reason: 'error', status: 500 } });
  expect(after.lastSuccess).toBe(before.lastSuccess);
});
