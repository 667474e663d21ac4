// GET /admin/metrics of a running edge: under its own scope, in both formats, following what happens.
import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { ROUTES } from '../../../worker/routes.ts';
import { parseOpenMetrics } from '../../support/oracles/parse-open-metrics.ts';
import { System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const PATH = '/admin/metrics';
const WHO = '899900999999';
let system: System;
let token: string;

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }] });
  token = await signToken(system.state, 'metrics');
});
afterAll(() => system?.stop());

const get = (path: string, accept = 'application/openmetrics-text', given = token): Promise<Response> =>
  system.fetch(path, { headers: { Authorization: `Bearer ${given}`, Accept: accept } });
async function read(): Promise<ReadonlyMap<string, number>> {
  return parseOpenMetrics(await (await get(PATH)).text());
}
const stateOf = (editor: string, state: string): string =>
  `passerelle_edge_vendor_state{editor="${editor}",state="${state}"}`;

test('C-29: the scope metrics opens /admin/metrics and no other route', async () => {
  expect((await get(PATH)).status).toBe(200);
  const others = ROUTES.filter(({ needs, path }) => Array.isArray(needs) && path !== PATH);
  expect(others.length).toBeGreaterThan(30);
  for (const { method, path } of others) {
    const asked = path.replaceAll('\\', '').replace(/:\w+\+?/g, 'x');
    const { status } = await system.fetch(asked, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      ...(method !== 'GET' && { body: '{}' }),
    });
    expect([method, path, status]).toEqual([method, path, 403]);
  }
  expect((await get(PATH, '*/*', await signToken(system.state, 'system/*.*'))).status).toBe(403);
});

it('names its format', async () => {
  expect((await get(PATH)).headers.get('Content-Type')).toContain('application/openmetrics-text');
  expect((await get(PATH, 'text/html')).headers.get('Content-Type')).toContain('text/plain; version=0.0.4');
});

test('C-13: a vendor that was never called is untried, neither well nor failing', async () => {
  const page = await read();
  expect(page.get(stateOf('agenda-a', 'untried'))).toBe(1);
  expect(page.get(stateOf('agenda-a', 'well'))).toBe(0);
  expect(page.has('passerelle_edge_vendor_last_success_timestamp_seconds{editor="agenda-a"}')).toBe(false);
});

it('follows a vendor that fails, and holds nobody who was searched for', async () => {
  system.vendor('agenda-a').setFaults('status-500');
  await system.search(slotPath([WHO]));
  const text = await (await get(PATH)).text();
  const page = parseOpenMetrics(text);
  expect(page.get(stateOf('agenda-a', 'failing'))).toBe(1);
  expect(page.get(stateOf('agenda-b', 'well'))).toBe(1);
  expect(text).not.toContain(WHO);
});

test('C-12: without its relay every vendor is absent, which is ours, and none is failing', async () => {
  await system.relay?.stop();
  const page = await until('no relay serves', async () => {
    const now = await read();
    return now.get('passerelle_edge_relays{state="serving"}') === 0 ? now : undefined;
  });
  for (const vendor of ['agenda-a', 'agenda-b']) {
    expect(page.get(stateOf(vendor, 'absent'))).toBe(1);
    expect(page.get(stateOf(vendor, 'failing'))).toBe(0);
  }
});
