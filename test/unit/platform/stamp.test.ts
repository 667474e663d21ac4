// Of which commit and time a build says it is (scripts/build/stamp.ts): a clone by itself, anything else by what it is told.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readStamp } from '../../../scripts/build/stamp.ts';
import { describeVersion } from '../../../shared/version.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

const NOW_MS = Date.parse('2026-03-02T08:00:00.250Z');
const COMMITTED_S = 1_700_000_000;
const hasGit = spawnSync('git', ['--version']).status === 0;

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'passerelle-stamp-'));
});
afterEach(() => removeFolder(root));

const stamp = (over: { readonly root?: string; readonly commit?: string; readonly epoch?: string } = {}) =>
  readStamp({ root, commit: undefined, epoch: undefined, nowMs: NOW_MS, ...over });

/** @returns the commit. */
async function makeClone(): Promise<string> {
  const when = `${COMMITTED_S} +0000`;
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=N', '-c', 'user.email=n@example.org', ...args], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, GIT_AUTHOR_DATE: when, GIT_COMMITTER_DATE: when },
    }).trim();
  git('init', '-q');
  await writeFile(join(root, 'a.txt'), 'a');
  git('add', 'a.txt');
  git('commit', '-qm', 'a');
  return git('rev-parse', 'HEAD');
}

test('outside a clone: now, and no commit but the one that is told', () => {
  expect(stamp()).toEqual({ time: '2026-03-02T08:00:00Z' });
  expect(stamp({ commit: 'f'.repeat(40) })).toEqual({ commit: 'f'.repeat(40), time: '2026-03-02T08:00:00Z' });
});

test.skipIf(!hasGit)('a clean clone: its commit, and the time of that, whenever it is built', async () => {
  const commit = await makeClone();
  expect(stamp()).toEqual({ commit, time: '2023-11-14T22:13:20Z' });
  expect(stamp({ epoch: '0' })).toEqual({ commit, time: '1970-01-01T00:00:00Z' });
});

test.skipIf(!hasGit)('a clone with changes: it says so, and the time is now', async () => {
  const commit = await makeClone();
  await writeFile(join(root, 'a.txt'), 'changed');
  expect(stamp()).toEqual({ commit: `${commit}-dirty`, time: '2026-03-02T08:00:00Z' });
});

test.skipIf(!hasGit)('a tree unpacked within another clone takes no commit of it', async () => {
  await makeClone();
  await mkdir(join(root, 'unpacked'));
  expect(stamp({ root: join(root, 'unpacked') })).toEqual({ time: '2026-03-02T08:00:00Z' });
});

test.each([
  [undefined, '1.2.3 (sources)'],
  [{ time: '2026-03-02T08:00:00Z' }, '1.2.3 (2026-03-02T08:00:00Z)'],
  [
    { commit: `${'0123456789'.repeat(4)}-dirty`, time: '2026-03-02T08:00:00Z' },
    '1.2.3 (012345678901-dirty, 2026-03-02T08:00:00Z)',
  ],
])('a version is told on one line: %j', (build, text) => {
  expect(describeVersion({ number: '1.2.3', date: '2026-01-01', ...(build && { build }) })).toBe(text);
});
