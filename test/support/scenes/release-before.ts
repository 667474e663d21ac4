// The release before this one, from git's history: which it is, scripts/release/before.json says. A tree without its history
// (an archive, a shallow clone) has none: what needs it is skipped, in one line.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');

/** `commit`: its tag's, or, while no release is tagged, the one that stands for it. */
export const BEFORE = JSON.parse(readFileSync(join(ROOT, 'scripts/release/before.json'), 'utf8')) as {
  readonly version: string;
  readonly commit: string;
};

export const hasBefore =
  existsSync(join(ROOT, '.git')) &&
  spawnSync('git', ['cat-file', '-e', `${BEFORE.commit}^{commit}`], { cwd: ROOT }).status === 0;
if (!hasBefore) console.log(`no history with ${BEFORE.commit}: the release before is not run`);

/** Its tree into an empty folder, over the packages of this one. */
export function unpackBefore(folder: string): void {
  const script = 'git archive "$1" | tar -x -C "$2"';
  execFileSync('sh', ['-c', script, 'sh', BEFORE.commit, folder], { cwd: ROOT });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
}
