// `npm run deploy` from its first command to its last, and at each place where it may not go on: over a real edge, whose new
// Worker runs on the hub that the old one left, as at 0 % of a deployment. wrangler and Cloudflare's front are doubles: they
// are other people's. What wrangler itself makes of our configuration is in the rehearsal, which runs the real one.

import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { bundleWorker } from '../../../sandbox/platform/edge/build-worker.ts';
import { readWranglerFiles } from '../../../scripts/build/wrangler-files.ts';
import { describeVersion, VERSION } from '../../../shared/version.ts';
import type { Account } from '../../support/doubles/wrangler.ts';
import { builtWorker } from '../../support/scenes/built/edge.ts';
import { type Ran, runCommand } from '../../support/scenes/command.ts';
import { System } from '../../support/scenes/system.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const DOUBLE = join(ROOT, 'test/support/doubles/wrangler.ts');
const BUILD = { commit: '0123456789abcdef0123456789abcdef01234567', time: '2026-09-21T14:13:20Z' };
const SAYS = describeVersion({ ...VERSION, build: BUILD });
const NAMES = ['passerelle-staging', 'passerelle-staging-appointments', 'passerelle-staging-cache'];
const OLD = 'version-old';

let dir: string;
let system: System;
let front: Server;
/** Searches that reached the edge. */
let searches = 0;
/** From this share of the traffic on, searches of the new version fail; 101: none. */
let breaksAt = 101;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'passerelle-deploy-'));
  const stamped = (): Promise<string> => bundleWorker(undefined, { PASSERELLE_BUILD: JSON.stringify(BUILD) });
  system = await System.start({
    vendors: [{ seed: 1 }],
    scripts: { script: stamped, hubScript: builtWorker },
  });
  const release = join(dir, 'release');
  await mkdir(join(release, 'cloudflare'), { recursive: true });
  await symlink(join(ROOT, 'worker/store/migrations'), join(release, 'migrations'));
  await mkdir(join(release, 'worker'));
  await writeFile(join(release, 'worker/index.js'), await builtWorker());
  for (const [path, text] of readWranglerFiles(ROOT)) await writeFile(join(release, path), text);
  const { number: version, date } = VERSION;
  await writeFile(join(release, 'build.json'), JSON.stringify({ version, date, ...BUILD }));
  front = createServer((request, response) => {
    answer(request.url ?? '/', request.headers).then(
      ([status, body]) => response.writeHead(status).end(body),
      () => response.writeHead(502).end(),
    );
  }).listen(0, '127.0.0.1');
  await once(front, 'listening');
  await writeFile(join(dir, 'secrets.env'), `RELAY_JWKS='{"keys":[]}'\nAUTH_JWKS='{"keys":[]}'\n`, {
    mode: 0o600,
  });
  const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  await writeFile(
    join(dir, 'settings.env'),
    `AUTH_ISSUER=https://issuer.example\nAUTH_AUDIENCE=passerelle\nPUBLIC_URL=${url}\nEDGE_HOSTS=liens.example\n`,
  );
});
afterAll(async () => {
  front?.close();
  await system?.stop();
  await removeFolder(dir);
});
beforeEach(() => {
  searches = 0;
  breaksAt = 101;
});

/** Cloudflare's front: by the header, or by what serves everybody. */
async function answer(
  path: string,
  headers: Readonly<Record<string, unknown>>,
): Promise<readonly [number, string]> {
  const { deployed } = await account();
  const pinned = /^passerelle-edge-staging="([^"]+)"$/.exec(
    String(headers['cloudflare-workers-version-overrides']),
  );
  const chosen = pinned?.[1] ?? Object.keys(deployed).find((id) => (deployed[id] ?? 0) === 100);
  if (chosen === undefined || deployed[chosen] === undefined || chosen === OLD) {
    return [200, 'ok\npasserelle 0.0.9 (sources)\n'];
  }
  if (path.startsWith('/fhir/')) {
    searches += 1;
    if (deployed[chosen] >= breaksAt) return [500, '{}'];
  }
  const { authorization } = headers;
  const found = await fetch(`${system.url}${path}`, {
    headers: { Connection: 'close', ...(typeof authorization === 'string' && { authorization }) },
  });
  return [found.status, await found.text()];
}

const path = (): string => join(dir, 'account.json');
const account = async (): Promise<Account> => JSON.parse(await readFile(path(), 'utf8')) as Account;

const EMPTY: Account = { calls: [], databases: [], migrated: [], versions: [], deployed: {} };
const SERVING: Account = {
  ...EMPTY,
  databases: NAMES.map((name) => ({ name, uuid: `uuid-of-${name}`, jurisdiction: 'eu' })),
  secrets: ['RELAY_JWKS', 'AUTH_JWKS_URL'],
  deployed: { [OLD]: 100 },
};

async function deploy(from: Partial<Account>, ...more: readonly string[]): Promise<Ran & { after: Account }> {
  await writeFile(path(), JSON.stringify({ ...EMPTY, ...from }));
  const args = [
    '--env',
    'staging',
    '--release',
    'release',
    '--wrangler',
    DOUBLE,
    '--wait',
    '0',
    '--patience',
    '0',
  ];
  const settings = more.includes('--settings') ? [] : ['--settings', 'settings.env'];
  const ran = await runCommand('deploy', [...args, ...settings, ...more], {
    cwd: dir,
    env: { ACCOUNT: path(), SMOKE_TOKEN: system.token },
  });
  return { ...ran, after: await account() };
}

const changing = ({ calls }: Account): readonly string[] =>
  calls.filter((call) => !/^(d1 list|secret list|deployments status)/.test(call));

test('the first time: databases in the Union, their migrations, the Worker with its secrets and hosts, a search', async () => {
  const { code, stdout, stderr, after } = await deploy({}, '--secrets', 'secrets.env');
  expect([code, stderr]).toEqual([0, '']);
  expect(after.databases).toEqual(
    NAMES.map((name) => ({ name, uuid: `uuid-of-${name}`, jurisdiction: 'eu' })),
  );
  expect(after.migrated).toEqual(NAMES);
  expect([after.secrets, after.deployed]).toEqual([['AUTH_JWKS', 'RELAY_JWKS'], { 'version-1': 100 }]);
  const { config } = after.versions[0]!;
  expect(config).toMatchObject({
    name: 'passerelle-edge-staging',
    main: join(dir, 'release/worker/index.js'),
    no_bundle: true,
    workers_dev: false,
    vars: { JURISDICTION: 'eu', AUTH_ISSUER: 'https://issuer.example' },
    routes: [{ pattern: '127.0.0.1' }, { pattern: 'liens.example', custom_domain: true }],
  });
  expect(JSON.stringify(config)).not.toContain('00000000-0000');
  expect(searches).toBe(1);
  expect(stdout).toContain(`passerelle-edge-staging sert ${SAYS}, version version-1.`);
});

test('over one that serves: in steps, a search asked of the new version alone at each, then everybody', async () => {
  const { code, stderr, after } = await deploy(SERVING, '--steps', '25,100');
  expect([code, stderr]).toEqual([0, '']);
  expect(changing(after).map((call) => call.replace(/ --(config|message) .*$/, ''))).toEqual([
    ...NAMES.map((name) => `d1 migrations apply ${name} --remote`),
    'versions upload',
    `versions deploy version-1@0% ${OLD}@100% --yes`,
    `versions deploy version-1@25% ${OLD}@75% --yes`,
    'versions deploy version-1@100% --yes',
    'triggers deploy',
  ]);
  expect(after.deployed).toEqual({ 'version-1': 100 });
  // At 0, at 25, at 100 by its id, at 100 as everybody comes.
  expect(searches).toBe(4);
});

test.each([
  [0, [`${OLD}@100%`]],
  [25, [`version-1@25% ${OLD}@75%`, `${OLD}@100%`]],
])('a search that fails from %i %% on gives the old version everything again', async (share, after0) => {
  breaksAt = share;
  const { code, stderr, after } = await deploy(SERVING, '--steps', '25,100');
  expect([code, after.deployed]).toEqual([1, { [OLD]: 100 }]);
  const shares = changing(after).filter((call) => call.startsWith('versions deploy'));
  expect(shares.map((call) => call.replace(/^versions deploy (.*) --yes.*$/, '$1'))).toEqual([
    `version-1@0% ${OLD}@100%`,
    ...after0,
  ]);
  expect(stderr).toContain('recherche : 500');
  expect(stderr).toContain(`La version d'avant (${OLD}) sert de nouveau`);
});

test('a way back that fails is told with the command that takes it', async () => {
  breaksAt = 0;
  const fails = { command: `versions deploy ${OLD}@100%`, words: 'the API is away' };
  const { code, stderr } = await deploy({ ...SERVING, fails });
  expect(code).toBe(1);
  expect(stderr).toContain(
    "LA VERSION D'AVANT N'A PAS PU ÊTRE REMISE : wrangler versions deploy version-old@100%",
  );
});

test.each<[string, Partial<Account>, string]>([
  ['a secret is missing', { secrets: ['AUTH_JWKS_URL'] }, '- RELAY_JWKS is missing'],
  [
    'two places say who issues tokens',
    { secrets: ['RELAY_JWKS', 'AUTH_JWKS', 'AUTH_JWKS_URL'] },
    'exactly one of AUTH_JWKS and AUTH_JWKS_URL',
  ],
  [
    'a secret is a variable too',
    { secrets: ['RELAY_JWKS', 'AUTH_JWKS', 'PUBLIC_URL'] },
    'PUBLIC_URL est à la fois',
  ],
  [
    'a database is outside the Union',
    { databases: SERVING.databases.map((one, at) => (at === 1 ? { ...one, jurisdiction: null } : one)) },
    'La base passerelle-staging-appointments est hors de la juridiction eu',
  ],
  ['somebody else deploys', { deployed: { a: 10, b: 90 } }, 'Un déploiement est en cours (a@10%, b@90%)'],
  ['the account cannot be asked', { fails: { command: 'd1 list', words: 'no token' } }, 'no token'],
  ['the secrets cannot be read', { fails: { command: 'secret list', words: 'no network' } }, 'no network'],
])('nothing is changed when %s', async (_, over, sentence) => {
  const { code, stderr, after } = await deploy({ ...SERVING, ...over });
  expect([code, changing(after)]).toEqual([1, []]);
  expect(stderr).toContain(sentence);
});

test('a migration that fails leaves the Worker that serves alone', async () => {
  const fails = { command: `d1 migrations apply ${NAMES[1]}`, words: 'near "TABEL": syntax error' };
  const { code, stderr, after } = await deploy({ ...SERVING, fails });
  expect([code, after.versions, after.deployed]).toEqual([1, [], { [OLD]: 100 }]);
  expect(stderr).toContain('near "TABEL"');
});

test('objects that migrate are deployed at once, when that is asked for', async () => {
  const words = 'you attempted to upload a version with a Durable Object migration';
  const refused = await deploy({ ...SERVING, fails: { command: 'versions upload', words } });
  expect([refused.code, refused.after.deployed]).toEqual([1, { [OLD]: 100 }]);
  expect(refused.stderr).toContain('déployer avec --at-once');
  const { code, after } = await deploy(SERVING, '--at-once');
  expect([code, after.deployed]).toEqual([0, { 'version-1': 100 }]);
});

test('secrets that others can read, and secrets among settings, are refused by name alone', async () => {
  await writeFile(join(dir, 'open.env'), 'FRONT_BASIC=gate:secret\n');
  await chmod(join(dir, 'open.env'), 0o644);
  const open = await deploy(SERVING, '--secrets', 'open.env');
  expect([open.code, changing(open.after)]).toEqual([1, []]);
  expect(open.stderr).toContain('chmod 600 open.env');
  const shown = await deploy(SERVING, '--settings', 'open.env');
  expect([shown.code, changing(shown.after)]).toEqual([1, []]);
  expect(shown.stderr).toContain('FRONT_BASIC est un secret');
  expect(open.stderr + shown.stderr).not.toContain('gate:secret');
});

test('the rehearsal asks the real wrangler, needs no account, and says what is still to be given', async () => {
  const ran = await runCommand('deploy', ['--env', 'production', '--release', 'release', '--dry-run'], {
    cwd: dir,
    env: { CLOUDFLARE_API_TOKEN: '', CLOUDFLARE_ACCOUNT_ID: '' },
  });
  expect([ran.code, ran.stderr]).toEqual([0, '']);
  expect(ran.stdout).toContain('--dry-run: exiting now.');
  expect(ran.stdout).toMatch(/env\.APPOINTMENTS \(passerelle-appointments\) +D1 Database/);
  expect(ran.stdout).toContain('RELAY_JWKS is missing');
  expect(ran.stdout).toContain('envoie le Worker passerelle-edge, à 0 %');
});
