// Of which commit a build is and when: read from git where the tree is a clone, else from the command line. A clean clone
// gives the same stamp each time, so that two builds of one commit are the same bytes.

import { execFileSync } from 'node:child_process';
import type { Build } from '../../shared/version.ts';

export interface StampSource {
  /** Root of the tree. */
  readonly root: string;
  /** What `--commit` says; git is not asked then. */
  readonly commit: string | undefined;
  /** Seconds since 1970, as reproducible-builds.org names it: goes before every other time. */
  readonly epoch: string | undefined;
  readonly nowMs: number;
}

export function readStamp({ root, commit, epoch, nowMs }: StampSource): Build {
  const git = commit === undefined ? askGit(root) : undefined;
  const ofCommit = commit ?? git?.commit;
  const seconds = epoch === undefined ? (git?.seconds ?? nowMs / 1000) : Number(epoch);
  const time = new Date(Math.floor(seconds) * 1000).toISOString().replace('.000Z', 'Z');
  return { ...(ofCommit !== undefined && { commit: ofCommit }), time };
}

/** `seconds`: of the commit, when the tree is just that. Undefined where git, or a clone, is not. */
function askGit(root: string): { readonly commit: string; readonly seconds?: number } | undefined {
  const ask = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    // Unpacked within somebody else's clone, it has no commit of its own.
    if (ask('rev-parse', '--show-prefix') !== '') return undefined;
    const commit = ask('rev-parse', 'HEAD');
    if (ask('status', '--porcelain') !== '') return { commit: `${commit}-dirty` };
    return { commit, seconds: Number(ask('log', '-1', '--format=%ct')) };
  } catch {
    return undefined;
  }
}
