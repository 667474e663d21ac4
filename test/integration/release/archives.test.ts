// `npm run release`: what is published can be checked by those who fetch it, is the same when it is made again, and says all
// that it carries. Unpacked by tar, summed by sha256sum: programs of other people.

import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readNotes } from '../../../scripts/release/premises.ts';
import { makeArchive } from '../../../scripts/release/tar.ts';
import { VERSION } from '../../../shared/version.ts';
import { BUILT_TIME, builtArchives } from '../../support/scenes/built/release.ts';
import { runCommand } from '../../support/scenes/command.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const NAME = `passerelle-${VERSION.number}-draft`;
const MACHINES = `machines-${process.platform}-${process.arch}`;

/** What was published, and where it is unpacked. */
let out: string;
let dir: string;
const run = (command: string, ...args: string[]): string => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: out, encoding: 'utf8' });
  expect([command, status, stderr]).toEqual([command, 0, '']);
  return stdout;
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'passerelle-archives-'));
  out = await builtArchives();
  run('tar', '-xzf', `${NAME}-cloudflare.tar.gz`, '-C', dir);
});
afterAll(() => removeFolder(dir));

test('one archive for each road, one to try, notes, the list of what is inside, and sums that hold', async () => {
  expect((await readdir(out)).sort()).toEqual([
    'SHA256SUMS',
    `${NAME}-cloudflare.tar.gz`,
    `${NAME}-essai.tar.gz`,
    `${NAME}-${MACHINES}.tar.gz`,
    `${NAME}-notes.md`,
    `${NAME}.cdx.json`,
  ]);
  expect(run('sha256sum', '--check', '--strict', 'SHA256SUMS').match(/: /g)).toHaveLength(5);
  const notes = await readFile(join(out, `${NAME}-notes.md`), 'utf8');
  expect(notes).toMatch(/^## \[.*^## Ce qui ne se défait pas$/ms);
});

test('each is the whole of its road under one folder, of one time and nobody’s', () => {
  const listed = (road: string) =>
    run('tar', '--numeric-owner', '--utc', '-tvzf', `${NAME}-${road}.tar.gz`).trim();
  const [cloudflare, machines, trial] = [listed('cloudflare'), listed(MACHINES), listed('essai')];
  for (const list of [cloudflare, machines]) {
    for (const path of [
      'worker/index.js',
      'relay/passerelle-relay.js',
      'migrations/core/0001_editors.sql',
      'LICENSE',
    ])
      expect(list).toContain(` ${NAME}/${path}\n`.trimEnd());
    for (const line of list.split('\n')) {
      expect(line).toMatch(/^-rw[-r x]+ 0\/0 +\d+ 2026-09-21 14:13 passerelle-/);
    }
  }
  expect(cloudflare).toContain('/cloudflare/passerelle-deploy.js');
  expect(cloudflare).not.toMatch(/\/(?:host|essai)\//);
  expect(machines).toMatch(/^-rwxr-xr-x .*\/host\/node_modules\/@cloudflare\/workerd-[\w-]+\/bin\/workerd$/m);
  expect(machines).not.toMatch(/ passerelle-[^/]+\/(?:cloudflare|essai)\//);
  // What imitates an authority is in no road.
  expect(trial).toContain('/essai/passerelle-essai.js');
  expect(trial.split('\n').filter((line) => !line.includes(` ${NAME}/essai/`))).toEqual([]);
  const deploy = join(dir, NAME, 'cloudflare/passerelle-deploy.js');
  const wrangler = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
  const rehearsed = run(process.execPath, deploy, '--env', 'staging', '--dry-run', '--wrangler', wrangler);
  expect(rehearsed).toContain('envoie le Worker passerelle-edge-staging, à 0 %');
  const relay = join(dir, NAME, 'relay/passerelle-relay.js');
  expect(run(process.execPath, relay, '--version')).toContain(`passerelle-relay ${VERSION.number} (`);
});

test('an archive of the same files is the same to the byte, in whichever order they are found', async () => {
  const files = await readdir(join(dir, NAME), { recursive: true, withFileTypes: true });
  const entries = files
    .filter((one) => one.isFile())
    .reverse()
    .map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return { path: path.slice(dir.length + 1), content: await readFile(path) };
    });
  const packed = makeArchive(await Promise.all(entries), BUILT_TIME);
  expect(Buffer.compare(packed, await readFile(join(out, `${NAME}-cloudflare.tar.gz`)))).toBe(0);
});

test('the list names each package inside, as package-lock.json holds it', async () => {
  const sbom = JSON.parse(await readFile(join(out, `${NAME}.cdx.json`), 'utf8')) as {
    components: { name: string; version: string; purl: string; hashes: { content: string }[] }[];
    metadata: { timestamp: string };
  };
  expect(sbom).toMatchObject({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: { timestamp: BUILT_TIME },
  });
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; integrity: string }>;
  };
  for (const { name, version, purl, hashes } of sbom.components) {
    const held = lock.packages[`node_modules/${name}`];
    if (held?.version !== version) continue;
    expect(purl).toBe(`pkg:npm/${name.replace('@', '%40')}@${version}`);
    expect(`sha512-${Buffer.from(hashes[0]!.content, 'hex').toString('base64')}`).toBe(held.integrity);
  }
  const names = sbom.components.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['capnweb', 'jose', 'pino', 'undici', 'valibot', 'workerd', 'ws']),
  );
  const text = await readFile(join(dir, NAME, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
  for (const { name, version } of sbom.components) expect(text).toContain(`${name} ${version}\n`);
});

test('what is not tagged, or not told in CHANGELOG.md, is not published', async () => {
  const { code, stderr } = await runCommand('release', ['--out', 'published'], { cwd: dir });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^Rien n'est écrit :\n- /);
  expect(await readdir(dir)).not.toContain('published');
  const page = '# Changelog\n\n## [Unreleased]\n\n- x\n\n## [1.2.3] - 2026-01-01\n\n- y\n\n## [1.2.2]\n';
  expect([readNotes(page, '1.2.3'), readNotes(page, '1.2')]).toEqual([
    '## [1.2.3] - 2026-01-01\n\n- y',
    undefined,
  ]);
});

test('paths as long as the format allows are kept, one longer is refused', async () => {
  const longest = `${'d'.repeat(155)}/${'f'.repeat(100)}`;
  const content = Buffer.from('x'.repeat(513));
  const entries = [
    { path: longest, content, isExecutable: true },
    { path: 'empty', content: Buffer.alloc(0) },
  ];
  const file = join(dir, 'long.tar.gz');
  await writeFile(file, makeArchive(entries, BUILT_TIME));
  expect(run('tar', '-tzf', file)).toBe(`${longest}\nempty\n`);
  expect(run('tar', '-xOzf', file, longest)).toBe('x'.repeat(513));
  expect(() => makeArchive([{ path: `${longest}f`, content }], BUILT_TIME)).toThrow(RangeError);
});
