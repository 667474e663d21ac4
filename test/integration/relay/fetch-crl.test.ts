// `fetch-crl` as a timer runs it: the real program against a web server of lists. What is sound replaces what stands in
// the files, anything else leaves it there byte for byte, and the running relay tells which.

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../../../relay/base/config.ts';
import { download } from '../../../relay/crl/download.ts';
import { fetchLists } from '../../../relay/crl/fetch-lists.ts';
import type { CrlRequest } from '../../../sandbox/pki/authority.ts';
import { ask } from '../../support/doubles/edge.ts';
import { type ListPublisher, startListPublisher } from '../../support/doubles/list-publisher.ts';
import { type Handler, sendJson } from '../../support/doubles/relay-vendor.ts';
import { makeBundle } from '../../support/samples/relay-bundle.ts';
import { makeTestAuthority, type TestAuthority } from '../../support/scenes/relay/authority.ts';
import { spawnRelay } from '../../support/scenes/relay/process.ts';
import { makePlan, makeScene, type Scene } from '../../support/scenes/relay/scene.ts';
import { until } from '../../support/wait/until.ts';

const DAY_MS = 86_400_000;
const ROOT = 'ACR-EL.crl';
const ORG = 'ACI-EL-ORG.crl';

const twoSlots: Handler = (_request, response) =>
  sendJson(response, makeBundle({ startMs: Date.now() + 3_600_000, slots: 2 }));

let publisher: ListPublisher;
let authority: TestAuthority;
let scene: Scene;

beforeAll(async () => {
  publisher = await startListPublisher();
  authority = await makeTestAuthority({ crlBaseUrl: publisher.url });
});
afterAll(async () => {
  await authority?.remove();
  await publisher?.close();
});

beforeEach(async () => {
  scene = await makeScene([twoSlots], authority);
  await settle({});
  publisher.publish(ROOT, await list({ issuer: 'root' }));
  publisher.publish(ORG, await list({}));
});
afterEach(() => scene?.close());

/** Writes the settings with two files of lists that are not there yet. */
async function settle(
  change: Record<string, unknown>,
  ofEditor: Record<string, unknown> = {},
): Promise<void> {
  const [editor] = scene.config.editors;
  const crlFiles = [`lists/${ROOT}`, `lists/${ORG}`];
  await scene.writeConfig({ ...scene.config, ...change, editors: [{ ...editor, crlFiles, ...ofEditor }] });
}

async function list(request: CrlRequest): Promise<Uint8Array> {
  const { der } = await authority.writeCrl({ ...request, file: join(scene.dir, 'published.crl') });
  return der;
}

const fileOf = (name: string): string => join(scene.dir, 'lists', name);

async function run(...args: string[]) {
  const relay = spawnRelay([...args, '--config', scene.configFile]);
  const code = await relay.ended();
  return { code, output: relay.output(), lines: relay.lines };
}

test('brings each list into the file of its name, so that the relay may start', async () => {
  const before = await run('--check');
  expect(before.output).toContain('crlFiles[0] : ne peut pas être lu');
  const { code, lines, output } = await run('fetch-crl');
  expect([
    code,
    output
      .split('\n')
      .filter((line) => !line.startsWith('{'))
      .join(''),
  ]).toEqual([0, '']);
  expect(lines.map(({ message, cn }) => [message, cn ?? '']).sort()).toEqual([
    ['crl-done', ''],
    ['crl-fetched', 'TEST AC IGC-SANTE ELEMENTAIRE ORGANISATIONS (IMITATION)'],
    ['crl-fetched', 'TEST AC RACINE IGC-SANTE ELEMENTAIRE (IMITATION)'],
  ]);
  expect((await stat(fileOf(ORG))).mode & 0o777).toBe(0o600);
  expect((await run('--check')).code).toBe(0);
  const root = readFileSync(fileOf(ROOT), 'utf8');
  // Asked again, the same lists change nothing.
  const again = await run('fetch-crl');
  expect(again.lines.map(({ message }) => message)).toEqual(['crl-unchanged', 'crl-unchanged', 'crl-done']);
  expect([again.code, readFileSync(fileOf(ROOT), 'utf8')]).toEqual([0, root]);
});

const past = { thisUpdate: new Date(Date.now() - 9 * DAY_MS), nextUpdate: new Date(Date.now() - DAY_MS) };
const later = { thisUpdate: new Date(Date.now() + DAY_MS) };
const older = { thisUpdate: new Date(Date.now() - 2 * DAY_MS) };

test.each<[string, () => Promise<Uint8Array | string | RequestListener>, object]>([
  [
    'an impostor',
    () => list({ signedBy: 'spoof' }),
    { reason: 'refused', detail: "la liste n'est pas signée par son autorité" },
  ],
  [
    'a list cut in half',
    () => list({ truncated: true }),
    { reason: 'refused', detail: "n'est pas une liste de révocation entière" },
  ],
  ['a list past its date', () => list(past), { reason: 'refused', detail: 'la liste est périmée' }],
  ['a list not begun', () => list(later), { reason: 'refused', detail: "la liste n'est pas encore valable" }],
  [
    'an older list',
    () => list(older),
    { reason: 'refused', detail: 'la liste est plus ancienne que celle qui sert' },
  ],
  [
    'a delta',
    () => list({ delta: 'critical' }),
    { reason: 'refused', detail: 'la liste est partielle ou illisible' },
  ],
  [
    'another authority’s list',
    () => list({ issuer: 'pers' }),
    { reason: 'refused', detail: "la liste n'est celle d'aucune autorité de caFile" },
  ],
  [
    'a page',
    async () => '<html>maintenance</html>',
    { reason: 'refused', detail: 'ne contient aucune liste de révocation (PEM ou DER)' },
  ],
  [
    'an error',
    async () => (_, response) => response.writeHead(503).end(),
    { reason: 'status', detail: '503' },
  ],
  [
    'a redirection',
    async () => (_, response) => response.writeHead(302, { location: ROOT }).end(),
    { reason: 'status', detail: '302' },
  ],
  [
    'a closed connection',
    async () =>
      ({ socket }) =>
        socket.destroy(),
    { reason: 'unreachable' },
  ],
  [
    'half a body',
    async () => (_, response) =>
      response.writeHead(200, { 'content-length': 9 }).write('x', () => response.destroy()),
    { reason: 'unreachable' },
  ],
])('%s leaves the list that stands there', async (_name, answer, failure) => {
  expect(await bring()).toEqual({ outcomes: ['fetched', 'fetched'], failures: [] });
  const before = readFileSync(fileOf(ORG));
  publisher.publish(ORG, await answer());
  const url = `${publisher.url}${ORG}`;
  // The other authority is served all the same.
  expect(await bring()).toEqual({
    outcomes: ['failed', 'unchanged'],
    failures: [expect.objectContaining({ url, ...failure })],
  });
  expect(readFileSync(fileOf(ORG))).toEqual(before);
});

/** The same in this process: what each authority's list came to, and the addresses that failed. */
async function bring() {
  const config = readConfig(scene.configFile);
  if (!config.ok) throw new Error(JSON.stringify(config.error));
  const { addresses, authorities } = await fetchLists(config.value, Date.now);
  return {
    outcomes: authorities.map(({ outcome }) => outcome).sort(),
    failures: addresses.filter(({ reason }) => reason !== undefined),
  };
}

test('ends with 1 when a list did not come, names the host alone, and serves with the old one', async () => {
  await bring();
  publisher.publish(ORG, 'nothing');
  const { code, lines, output } = await run('fetch-crl');
  expect(code).toBe(1);
  expect(output).toContain('fetch-crl : la liste de « TEST AC IGC-SANTE ELEMENTAIRE ORGANISATIONS');
  expect(output).not.toContain(publisher.url);
  const host = new URL(publisher.url).host;
  expect(lines.find(({ message }) => message === 'crl-address-failed')).toMatchObject({ host });
  expect(lines.find(({ message }) => message === 'crl-failed')).toMatchObject({ level: 'error' });
  expect((await run('--check')).code).toBe(0);
});

test('a list older than one that has served is refused, also when the file is gone', async () => {
  await bring();
  const relay = scene.startRelay();
  await relay.said('relay-list-marks-begun');
  rmSync(fileOf(ORG));
  publisher.publish(ORG, await list(older));
  expect((await bring()).failures).toMatchObject([
    { detail: 'la liste est plus ancienne qu’une autre qui a déjà servi' },
  ]);
  expect(existsSync(fileOf(ORG))).toBe(false);
});

test('an authority of which no certificate names an address is brought by crlUrls', async () => {
  const { intermediatePers, root } = authority.files;
  const caFile = join(scene.dir, 'pers.pem');
  await writeFile(caFile, readFileSync(intermediatePers, 'utf8') + readFileSync(root, 'utf8'));
  const editor = { caFile, clientCaFile: authority.files.caBundle };
  await settle({}, editor);
  expect(await bring()).toEqual({ outcomes: ['failed', 'fetched'], failures: [] });
  publisher.publish('PERS.crl', await list({ issuer: 'pers' }));
  await settle({ crlUrls: [`${publisher.url}PERS.crl`] }, editor);
  expect((await bring()).outcomes).toEqual(['fetched', 'unchanged']);
  expect((await run('--check')).code).toBe(0);
});

test('the lists of Hub Santé’s authorities come like those of vendors', async () => {
  const own = await authority.client('hub-sante');
  const hubSante = {
    clientId: 'fr.health.passerelle',
    host: 'hub.example',
    certFile: own.certFile,
    keyFile: own.keyFile,
    caFile: authority.files.caBundle,
    crlFiles: [`hub/${ROOT}`, `hub/${ORG}`],
  };
  await settle({ hubSante }, { crlFiles: [] });
  expect(await bring()).toEqual({ outcomes: ['fetched', 'fetched'], failures: [] });
  expect(existsSync(join(scene.dir, 'hub', ORG))).toBe(true);
});

test('the running relay takes the new list at once, and tells at its port what did not come', async () => {
  await bring();
  const relay = scene.startRelay();
  const adminUrl = await relay.adminUrl();
  const read = async (path: string): Promise<string> => (await fetch(`${adminUrl}${path}`)).text();
  expect(await read('/metrics')).toMatch(/crl_fetch_failed\{authority="TEST AC IGC[^}]*\} 0\n/);
  const link = await scene.edge.linked();
  await ask(link, makePlan(['agenda-1']));
  expect(await relay.said('vendor-exchange')).toMatchObject({ reason: 'ok' });
  publisher.publish(ORG, await list({ revoked: [scene.vendorSerial], thisUpdate: new Date() }));
  await bring();
  await relay.said('relay-reloaded');
  await ask(link, makePlan(['agenda-1']));
  expect(await relay.said('vendor-exchange', 2)).toMatchObject({
    reason: 'certificate',
    detail: 'CERT_REVOKED',
  });
  publisher.publish(ORG, 'nothing');
  await bring();
  expect(await read('/metrics')).toMatch(/crl_fetch_failed\{authority="TEST AC IGC[^}]*\} 1\n/);
  relay.child.kill('SIGHUP');
  await until('the problem', async () =>
    (await read('/problems')).includes('n’a pas pu être récupérée (refused)'),
  );
  expect((await relay.said('relay-file-problem')).level).toBe('warn');
});

test('a server that never answers is left at the deadline', async () => {
  publisher.publish(ORG, () => {});
  expect(await download(`${publisher.url}${ORG}`, 50)).toEqual({ ok: false, error: { reason: 'timeout' } });
});
