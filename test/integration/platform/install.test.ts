// What `npm ci` says to somebody with a Node that the README allows: nothing of engines, nothing of what is deprecated. npm tells
// both from package-lock.json, before it fetches anything.

import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { subset } from 'semver';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findUnfit, findWarned, type Lock } from '../../../scripts/lock.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const readRoot = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(join(ROOT, name), 'utf8'));
const { PATH = '' } = process.env;
/** With the machine's own Node: what npm has put before it is left out. */
const OF_MACHINE = PATH.split(delimiter)
  .filter((folder) => !/node_modules[/\\]/.test(`${folder}/`))
  .join(delimiter);
const OF_PINNED = [dirname(process.execPath), PATH].join(delimiter);

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'passerelle-install-'));
  for (const name of ['package.json', 'package-lock.json']) await copyFile(join(ROOT, name), join(dir, name));
});
afterEach(() => removeFolder(dir));

/** What npm would do and says of it, without the network. */
async function dryRun(path: string): Promise<{ readonly node: string; readonly said: string }> {
  const env = {
    ...process.env,
    PATH: path,
    npm_config_cache: join(dir, 'cache'),
    npm_config_loglevel: 'warn',
  };
  const run = promisify(execFile);
  const { stdout: node } = await run('node', ['--version'], { cwd: dir, env });
  const { stderr } = await run('npm', ['ci', '--dry-run', '--offline', '--ignore-scripts'], {
    cwd: dir,
    env,
  });
  return { node: node.trim(), said: stderr };
}

test.each([
  ['the pinned Node', OF_PINNED],
  ["the machine's own Node", OF_MACHINE],
])('npm ci warns of nothing, run by %s', async (_whose, path) => {
  expect(await dryRun(path)).toEqual({ node: expect.stringMatching(/^v\d/), said: '' });
});

test('npm would say it: of a package that wants another Node, and of one that is deprecated', async () => {
  const lock = (await readRoot('package-lock.json')) as Lock;
  Object.assign(lock.packages['node_modules/ws'] ?? {}, { engines: { node: '>=99' } });
  Object.assign(lock.packages['node_modules/jose'] ?? {}, { deprecated: 'no longer kept' });
  await writeFile(join(dir, 'package-lock.json'), JSON.stringify(lock));
  expect(findWarned(lock, '>=24')).toEqual(['node_modules/ws']);
  const { said } = await dryRun(OF_PINNED);
  expect(said).toMatch(/EBADENGINE.*ws@/s);
});

test('nothing in the lock is deprecated, and each installed package runs on the pinned Node by its own word', async () => {
  const lock = (await readRoot('package-lock.json')) as Lock;
  expect(Object.keys(lock.packages).length).toBeGreaterThan(300);
  expect(Object.entries(lock.packages).filter(([, one]) => 'deprecated' in one)).toEqual([]);
  expect(findUnfit(lock, process.versions.node, ROOT)).toEqual([]);
  // Both halves of the test can fail.
  expect(findUnfit(lock, '20.19.0', ROOT)).toContain('node_modules/undici');
});

test('the Node that is pinned is one that the README and the packages allow, and comes without the development packages', async () => {
  const { engines, dependencies } = (await readRoot('package.json')) as {
    readonly engines: { readonly node: string };
    readonly dependencies: { readonly node: string };
  };
  expect(dependencies.node).toBe(process.versions.node);
  expect(subset(dependencies.node, engines.node)).toBe(true);
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  for (const [, line] of engines.node.matchAll(/(\d+\.\d+)\.0/g)) expect(readme).toContain(line);
});

test('wrangler, and what the tests run on, bring one workerd', async () => {
  const { packages } = (await readRoot('package-lock.json')) as Lock;
  const named = (name: string): string[] =>
    Object.keys(packages).filter((path) => path.endsWith(`node_modules/${name}`));
  expect(named('wrangler')).toHaveLength(1);
  expect(named('miniflare')).toHaveLength(1);
  expect(named('workerd')).toHaveLength(1);
});
