// `npm run build`: what it writes runs by itself, elsewhere, without this tree or its packages, and says which build it is.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readWorker } from '../../../host/runtime/read-worker.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { ask } from '../../support/doubles/edge.ts';
import { sendJson } from '../../support/doubles/relay-vendor.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { makeBundle } from '../../support/samples/relay-bundle.ts';
import { startBuiltEdge } from '../../support/scenes/built/edge.ts';
import { BUILT_COMMIT, BUILT_EPOCH, BUILT_TIME, builtRelease } from '../../support/scenes/built/release.ts';
import { type Ran, runCommand } from '../../support/scenes/command.ts';
import { makePlan, makeScene } from '../../support/scenes/relay/scene.ts';
import { System, slotPath } from '../../support/scenes/system.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const HOUR_MS = 3_600_000;
/** Of one vendor's answer: more than the main thread of a relay reads. */
const MANY_SLOTS = 100;

let dir: string;
/** Out of the published archives: far from the tree. */
let release: string;
let version: string;
let date: string;

const build = (out: string): Promise<Ran> =>
  runCommand('build', ['--out', out, '--commit', BUILT_COMMIT], {
    cwd: dir,
    env: { SOURCE_DATE_EPOCH: BUILT_EPOCH },
  });

/** SHA-256 by path. */
async function sumsOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) =>
    one.isFile(),
  );
  const sums = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    const sum = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    return [path.slice(folder.length + 1), sum] as const;
  });
  return new Map((await Promise.all(sums)).sort(([a], [b]) => a.localeCompare(b)));
}

beforeAll(async () => {
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Record<string, string>;
  ({ version = '', date = '' } = manifest);
  dir = await mkdtemp(join(tmpdir(), 'passerelle-build-'));
  release = await builtRelease();
});
afterAll(() => removeFolder(dir));

const read = (path: string): Promise<string> => readFile(join(release, path), 'utf8');

test('it holds what production runs, and says of which commit it is', async () => {
  const paths = [...(await sumsOf(release)).keys()];
  expect(paths).toEqual(
    expect.arrayContaining([
      'LICENSE',
      'THIRD-PARTY-LICENSES.txt',
      'docs/relay.md',
      'docs/samples/relay.json',
      'essai/passerelle-essai.js',
      'host/config.schema.json',
      'host/database.js',
      'host/passerelle-edge.js',
      'migrations/core/0001_editors.sql',
      'relay/config.schema.json',
      'relay/passerelle-relay.js',
      'worker/index.js',
    ]),
  );
  expect(paths.filter((path) => path.endsWith('.ts'))).toEqual([]);
  expect(JSON.parse(await read('build.json'))).toEqual({
    version,
    date,
    commit: BUILT_COMMIT,
    time: BUILT_TIME,
  });
  expect(JSON.parse(await read('package.json'))).toMatchObject({ version, type: 'module' });
});

test('it carries the licence of each package that is in it, and names no folder of the machine', async () => {
  const notices = await read('THIRD-PARTY-LICENSES.txt');
  for (const name of ['capnweb', 'jose', 'pino', 'undici', 'valibot', 'ws']) {
    expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+\n\n.*[lL]icen[cs]e`, 'ms'));
  }
  for (const path of (await sumsOf(release)).keys()) {
    // Somebody else's program, as npm has it.
    if (path.endsWith('/bin/workerd')) continue;
    expect((await read(path)).includes(`${ROOT}/`)).toBe(false);
  }
});

test('it is what the archives hold together, the same to the byte, and takes the place of the one before', async () => {
  await mkdir(join(dir, 'again'));
  await writeFile(join(dir, 'again', 'build.json'), '{}');
  await writeFile(join(dir, 'again', 'left.txt'), 'of a build before');
  const { code, stdout, stderr } = await build('again');
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`${version} (0123456789ab, ${BUILT_TIME})`);
  expect(await sumsOf(join(dir, 'again'))).toEqual(await sumsOf(release));
});

test('it replaces no folder that holds something else', async () => {
  const other = join(dir, 'other');
  await mkdir(other);
  await writeFile(join(other, 'mine.txt'), 'mine');
  const { code, stderr } = await build('other');
  expect([code, stderr]).toEqual([
    1,
    `Rien n'est écrit : ${other} contient autre chose qu'une version construite\n`,
  ]);
  expect(await readdir(other)).toEqual(['mine.txt']);
});

test('an isolate loads at most 250 kB of gzip at its start: neither the console nor the description of the API', async () => {
  const { script, modules } = readWorker(join(release, 'worker'));
  const start = new Map([['index.js', script]]);
  for (const text of start.values()) {
    for (const [, name = ''] of text.matchAll(/(?:from|import)"\.\/([^"]+)"/g)) {
      start.set(name, modules.get(name) ?? '');
    }
  }
  const loaded = [...start.values()].join('');
  expect(gzipSync(loaded, { level: 9 }).length).toBeLessThanOrEqual(250_000);
  const later = [...modules].filter(([name]) => !start.has(name)).map(([, text]) => text);
  for (const only of ['__Host-passerelle', 'API de la passerelle SAS']) {
    expect([loaded.includes(only), later.some((text) => text.includes(only))], only).toEqual([false, true]);
  }
});

test('the edge serves from the built bundle, and its probe says which build it is', async () => {
  const stateDir = join(dir, 'edge');
  const edge = await startBuiltEdge({
    port: 0,
    stateDir,
    ...readWorker(join(release, 'worker')),
    onLog: () => undefined,
  });
  try {
    const health = await fetch(`${edge.url}/healthz`);
    expect([health.status, await health.text()]).toEqual([
      200,
      `ok\npasserelle ${version} (0123456789ab, ${BUILT_TIME})\n`,
    ]);
    expect(await (await fetch(`${edge.url}/docs`)).text()).toContain('<h1>API de la passerelle SAS</h1>');
    // The console's module is there too: who is not in is shown the way in.
    const console = await fetch(`${edge.url}/console`, { redirect: 'manual' });
    expect([console.status, console.headers.get('Location')]).toEqual([303, '/console/entree']);
  } finally {
    await edge.close();
  }
});

test('the relay runs from its folder alone, reads on its threads, and says which build it is', async () => {
  const many = makeBundle({ startMs: Date.now() + HOUR_MS, slots: MANY_SLOTS });
  const scene = await makeScene([(_request, response) => sendJson(response, many)]);
  try {
    const relay = scene.startRelay(join(release, 'relay/passerelle-relay.js'));
    const link = await scene.edge.linked();
    expect(link.announcements[0]).toMatchObject({
      version,
      build: { commit: BUILT_COMMIT, time: BUILT_TIME },
    });
    const landed = await ask(link, makePlan(['agenda-1']));
    expect(landed.answers).toMatchObject([{ call: 0, shown: MANY_SLOTS }]);
    const admin = await relay.adminUrl();
    const metrics = await (await fetch(`${admin}/metrics`)).text();
    expect(metrics).toMatch(
      /^passerelle_relay_vendor_reading_seconds_total\{editor="agenda-1"\} 0\.\d*[1-9]/m,
    );
    expect(metrics).toContain(
      `passerelle_relay_build_info{version="${version}",commit="${BUILT_COMMIT}",time="${BUILT_TIME}"} 1`,
    );
    const health = await (await fetch(`${admin}/healthz`)).text();
    expect(health).toBe(`ok\npasserelle-relay ${version} (0123456789ab, ${BUILT_TIME})\n`);
    expect(relay.output()).not.toContain('reader-ended');
  } finally {
    await scene.close();
  }
});

test('a built relay serves a search at the edge, which shows what it is built of', async () => {
  const system = await System.start({
    vendors: [{ seed: 1 }],
    relayFile: join(release, 'relay/passerelle-relay.js'),
  });
  try {
    const person = peopleOf(system.vendors).find(({ full }) => !full)?.identifier ?? '';
    expect((await system.search(slotPath([person]))).states.get(person)).toBe('slots');
    const headers = { Authorization: `Bearer ${await signToken(system.state, 'admin')}` };
    expect(await (await system.fetch('/admin/relays', { headers })).json()).toMatchObject({
      relays: [{ id: 'relay-a', version, build: { commit: BUILT_COMMIT, time: BUILT_TIME } }],
    });
  } finally {
    await system.stop();
  }
});

test('an operator makes keys and hashes of the front with the build alone', () => {
  for (const folder of ['host', 'cloudflare']) {
    const make = (word: string): string =>
      spawnSync(process.execPath, [join(release, folder, 'front-secret.js'), word], {
        encoding: 'utf8',
        input: 'a long secret\n',
      }).stdout;
    expect(JSON.parse(make('key'))).toMatchObject({ kty: 'OKP', crv: 'Ed25519', d: expect.any(String) });
    expect(make('hash')).toMatch(/^pbkdf2/);
  }
});

test('a Node that is too old is told so in one sentence, and runs nothing', () => {
  const main = join(release, 'relay/passerelle-relay.js');
  const asNode = (number: string, ...args: string[]) => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${number}' } })`;
    return spawnSync(
      process.execPath,
      ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, main, ...args],
      {
        encoding: 'utf8',
      },
    );
  };
  for (const number of ['18.20.8', '20.20.2', '22.22.0', '24.5.0']) {
    const { status, stdout, stderr } = asNode(number, '--version');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      `Node 24.10.0 ou plus récent est nécessaire ; celui-ci est Node ${number} (${process.execPath}).\n`,
    );
  }
  for (const number of ['24.10.0', '24.21.0', '26.0.0']) {
    const { status, stdout } = asNode(number, '--version');
    expect([status, stdout]).toEqual([0, `passerelle-relay ${version} (0123456789ab, ${BUILT_TIME})\n`]);
  }
});
