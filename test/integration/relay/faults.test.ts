// Every fault of the simulated vendor that ends or alters an exchange, and the reason the relay gives for it: the
// vendor reads the guide on its own, so this also shows that the two agree when nothing is wrong.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { GivenUp } from '../../../relay/base/failure.ts';
import { loadCertificates } from '../../../relay/certificates/certificates.ts';
import { RetryBudget } from '../../../relay/search/retry-budget.ts';
import { VendorClient } from '../../../relay/vendor/vendor-client.ts';
import { ensureSandboxPki } from '../../../sandbox/pki/sandbox-pki.ts';
import { startVendor, type Vendor } from '../../../sandbox/vendors/vendor.ts';
import { askVendor, READERS } from '../../support/doubles/relay-client.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { TEST_KEYS } from '../../support/samples/rsa-keys.ts';
import { makePlan } from '../../support/scenes/relay/scene.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

/** For the faults that only a deadline ends; the others end long before theirs. */
const SHORT_MS = 800;
const LONG_MS = 20_000;
const ENDLESS: readonly unknown[] = ['hang', 'hang-body', 'drip'];

let dir: string;
let vendor: Vendor;
let client: VendorClient;
let subjects: readonly string[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'relay-faults-'));
  const pki = await ensureSandboxPki(dir, { vendorIds: ['agenda-a'], ...TEST_KEYS });
  vendor = await startVendor({ seed: 1, id: 'agenda-a', pki: dir, clientCertificate: 'require' });
  const { server } = pki.vendors.get('agenda-a')!;
  const files = {
    certFile: pki.relay.client.certFile,
    keyFile: pki.relay.client.keyFile,
    caFile: pki.caFile,
    crlFiles: [...pki.crlFiles],
  };
  const { certificates } = loadCertificates(files, 'client', 'editors[0]', Date.now());
  client = new VendorClient(
    {
      id: 'agenda-a',
      name: 'Agenda A',
      baseUrl: vendor.url,
      flows: ['INT_R01'],
      ...files,
      server: { cn: server.cn, ou: server.ou },
      redirectHosts: [],
      concurrency: 8,
      queue: 64,
    },
    certificates!,
    READERS.open('agenda-a'),
  );
  subjects = peopleOf([vendor])
    .filter(({ freeAt }) => freeAt.length > 0)
    .slice(0, 5)
    .map(({ identifier }) => identifier);
});

afterEach(() => vendor.reset());

afterAll(async () => {
  await client?.retire();
  await vendor?.close();
  await removeFolder(dir);
});

async function call(faults: unknown) {
  const budgetMs = ENDLESS.includes(faults) ? SHORT_MS : LONG_MS;
  vendor.setFaults(faults);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new GivenUp('timeout')), budgetMs);
  const plan = makePlan([], { calls: [{ editor: 'agenda-a', subjects }] });
  const { answer } = await askVendor(client, plan, controller.signal, new RetryBudget(performance.now()));
  clearTimeout(timer);
  return answer;
}

test('a faithful vendor is shown whole', async () => {
  const answer = await call([]);
  expect(answer.failure).toBeUndefined();
  expect(answer.subjects.length).toBeGreaterThan(0);
  expect(answer.received).toBe(answer.shown);
});

test.each([
  ['hang', 'timeout'],
  ['hang-body', 'timeout'],
  ['drip', 'timeout'],
  ['status-400', 'refused'],
  ['status-401', 'refused'],
  ['status-404', 'refused'],
  ['status-422', 'refused'],
  ['status-429', 'busy'],
  ['status-500', 'error'],
  ['status-503', 'busy'],
  ['html', 'not-json'],
  ['truncated', 'not-json'],
  ['gzip-bomb', 'too-large'],
  ['huge', 'too-large'],
  ['deep', 'too-deep'],
  ['reset', 'reset'],
  ['reset-early', 'reset'],
  ['not-bundle', 'not-bundle'],
  ['redirect', 'redirect'],
])('%s is %s, with nothing shown', async (fault, reason) => {
  const answer = await call(fault);
  expect(answer.failure?.reason).toBe(reason);
  expect(answer.shown).toBe(0);
});

test.each([
  ['paging-loop', 'foreign-next'],
  ['paging-foreign', 'foreign-next'],
])('%s is %s, and keeps the first page', async (fault, reason) => {
  const answer = await call(fault);
  expect(answer.failure?.reason).toBe(reason);
  expect(answer.shown).toBeGreaterThan(0);
});

test.each([
  'content-type',
  'gzip',
  'no-total',
  'no-profile',
  'unsorted',
  'narrative',
  { kind: 'paging', pageSize: 50 },
])('%j changes nothing that is shown', async (fault) => {
  const whole = await call([]);
  const answer = await call(fault);
  expect(answer.failure).toBeUndefined();
  expect(answer.shown).toBe(whole.shown);
});

test.each([
  'outside-window',
  'someone-else',
  'busy',
  'duplicate-slots',
  'missing-includes',
  'bad-dates',
  'started',
])('%s is counted: received is shown and dropped', async (fault) => {
  const answer = await call(fault);
  const dropped = answer.dropped.reduce((sum, { count }) => sum + count, 0);
  expect(answer.failure).toBeUndefined();
  expect(dropped).toBeGreaterThan(0);
  expect(answer.received).toBe(answer.shown + dropped);
});

test('a vendor that recovers is served at once, on whatever connection is left', async () => {
  await call('reset');
  await call('hang');
  expect((await call([])).failure).toBeUndefined();
});
