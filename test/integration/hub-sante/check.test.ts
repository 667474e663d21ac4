// What `--check` and a reload ask of `hubSante`: everything in order, or a sentence that names the field.

import { copyFile, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { checkConfig, type HubSanteConfig } from '../../../relay/base/config.ts';
import { type HubSanteLoaded, type HubSanteState, loadHubSante } from '../../../relay/hub-sante/files.ts';
import { ensureIdentityKey } from '../../../relay/link/identity-key.ts';
import { type LeafRequest, writeLeaf } from '../../../sandbox/pki/authority.ts';
import { makeTestAuthority, type TestAuthority } from '../../support/scenes/relay/authority.ts';
import { spawnRelay } from '../../support/scenes/relay/process.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

const CLIENT = { cn: 'fr.health.test.ptfsas', ou: '399990000000019' } as const;
const DAY_MS = 86_400_000;

let authority: TestAuthority;
let dir: string;

beforeAll(async () => {
  authority = await makeTestAuthority();
});

afterAll(() => authority?.remove());

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hub-sante-check-'));
  await show({});
  await copyFile(authority.files.caBundle, join(dir, 'ca.pem'));
  await copyFile(authority.files.rootCrl, join(dir, 'root.crl'));
  await copyFile(authority.files.intermediateOrgCrl, join(dir, 'org.crl'));
});

afterEach(() => removeFolder(dir));

async function show(change: Partial<LeafRequest>): Promise<void> {
  await writeLeaf(dir, 'client', await authority.issueClient({ ...CLIENT, ...change }));
}

function settingsWith(change: Record<string, unknown>): object {
  const hubSante = {
    clientId: CLIENT.cn,
    host: 'localhost',
    certFile: 'client.crt',
    keyFile: 'client.key',
    caFile: 'ca.pem',
    crlFiles: ['root.crl', 'org.crl'],
    ...change,
  };
  const edge = { url: 'http://127.0.0.1:9', keyFile: 'link.key.pem' };
  return { relayId: 'relay-test', edge, admin: { port: 0 }, hubSante, editors: [] };
}

function configWith(change: Record<string, unknown>): HubSanteConfig {
  const checked = checkConfig(settingsWith(change), dir);
  if (!checked.ok || checked.value.hubSante === undefined) throw new Error(JSON.stringify(checked));
  return checked.value.hubSante;
}

/** The complaints, by field; a star where they do not keep a relay from starting. */
function complaints(change: Record<string, unknown> = {}): readonly string[] {
  return tell(loadHubSante(configWith(change), undefined, Date.now()));
}

function tell({ problems }: HubSanteLoaded): readonly string[] {
  return problems.map(({ field, text, dated }) => `${dated === true ? '*' : ''}${field} : ${text}`);
}

/** The complaints about the settings alone. */
function refusals(change: Record<string, unknown>): readonly string[] {
  const checked = checkConfig(settingsWith(change), dir);
  return checked.ok ? [] : checked.error.map(({ field, text }) => `${field} : ${text}`);
}

test('finds nothing to say of files that are in order, with the defaults of RabbitMQ', () => {
  expect(complaints()).toEqual([]);
  expect(configWith({})).toMatchObject({ port: 5671, vhost: '/', heartbeatS: 30 });
});

test('takes a certificate of a server, which is what Hub Santé has its clients show', async () => {
  await show({ usages: ['serverAuth'] });
  expect(complaints()).toEqual([]);
});

test('wants the client id as the CN of our certificate, alone', async () => {
  const text = 'hubSante.certFile : le CN du certificat n’est pas hubSante.clientId';
  await show({ cn: 'fr.health.ptfsas' });
  expect(complaints()).toEqual([text]);
  await show({ cn: [CLIENT.cn, 'fr.health.ptfsas'] });
  expect(complaints()).toEqual([text]);
});

test('names a key of another certificate, a missing list, and an end that has passed', async () => {
  await writeLeaf(dir, 'other', await authority.issueClient(CLIENT));
  expect(complaints({ keyFile: 'other.key' })).toEqual([
    'hubSante.keyFile : la clé ne correspond pas au certificat',
  ]);
  expect(complaints({ crlFiles: ['gone.crl'] })).toEqual(['hubSante.crlFiles[0] : ne peut pas être lu']);
  const nowMs = Date.now();
  await show({ notBefore: new Date(nowMs - 2 * DAY_MS), notAfter: new Date(nowMs - DAY_MS) });
  expect(complaints()).toEqual(['*hubSante.certFile : un certificat est expiré']);
});

test('names the field of what cannot be a setting', () => {
  expect(refusals({ clientId: 'ptfsas' })).toEqual([
    'hubSante.clientId : un identifiant comme fr.health.ptfsas est attendu',
  ]);
  expect(refusals({ host: 'amqps://localhost', port: 0, heartbeatS: 601, exchange: 'x' })).toEqual([
    "hubSante.host : un nom d'hôte ou une adresse est attendu",
    'hubSante.port : un nombre entier de 1 à 65535 est attendu',
    'hubSante.heartbeatS : un nombre entier de 1 à 600 est attendu',
    'hubSante.exchange : champ inconnu',
  ]);
  expect(refusals({ port: 65_535, heartbeatS: 600 })).toEqual([]);
});

test('keeps the old certificate when the new one is broken, of another client, or past its end', async () => {
  const config = configWith({});
  const load = (previous?: HubSanteState): HubSanteLoaded => loadHubSante(config, previous, Date.now());
  const old = load().state;
  const nowMs = Date.now();
  const worse = [
    { cn: 'fr.health.ptfsas' },
    { notBefore: new Date(nowMs - 2 * DAY_MS), notAfter: new Date(nowMs - DAY_MS) },
    { issuer: 'spoof' },
  ] as const;
  for (const change of worse) {
    await show(change);
    const loaded = load(old);
    expect(loaded.state).toBe(old);
    expect(loaded.problems).toHaveLength(1);
  }
  await show({});
  const renewed = load(old);
  expect(renewed.problems).toEqual([]);
  expect(renewed.state?.key).not.toBe(old?.key);
});

test('--check of the program says it all, each on its line, and opens nothing', async () => {
  const file = join(dir, 'relay.json');
  ensureIdentityKey(join(dir, 'link.key.pem'));
  const check = async (change: Record<string, unknown>): Promise<readonly [number | null, string]> => {
    await writeFile(file, JSON.stringify(settingsWith(change)));
    const relay = spawnRelay(['--config', file, '--check']);
    return [await relay.ended(), relay.output()];
  };
  expect(await check({})).toEqual([0, 'Configuration correcte : 0 éditeur(s).\n']);
  expect(await check({ clientId: 'fr.health.ptfsas', caFile: 'gone.pem' })).toEqual([
    1,
    'hubSante.caFile : ne peut pas être lu\n',
  ]);
  expect(await check({ clientId: 'fr.health.ptfsas' })).toEqual([
    1,
    'hubSante.certFile : le CN du certificat n’est pas hubSante.clientId\n',
  ]);
});
