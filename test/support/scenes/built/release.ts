// What is published of this tree, made once in a run: the archives by `npm run release`, and all of them unpacked into one folder,
// which is then the whole build. Read by every test of what production runs; none writes there.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runFolder } from '../../samples/run-file.ts';
import { runCommand } from '../command.ts';

/** Of which commit it says it is, and when. */
export const BUILT_COMMIT = '0123456789abcdef0123456789abcdef01234567';
export const BUILT_EPOCH = '1790000000';
export const BUILT_TIME = '2026-09-21T14:13:20Z';

/** The folder that `npm run release` wrote. */
export const builtArchives = (): Promise<string> =>
  runFolder('archives', async (folder) => {
    mkdirSync(folder);
    const { code, stderr } = await runCommand(
      'release',
      ['--out', folder, '--draft', '--commit', BUILT_COMMIT],
      { cwd: folder, env: { SOURCE_DATE_EPOCH: BUILT_EPOCH } },
    );
    if (code !== 0 || stderr !== '') throw new Error(`npm run release ended with ${code}: ${stderr}`);
  });

/** The folder that `npm run build` writes, out of those archives. */
export async function builtRelease(): Promise<string> {
  const archives = await builtArchives();
  return runFolder('release', async (folder) => {
    mkdirSync(folder);
    for (const archive of readdirSync(archives).filter((name) => name.endsWith('.tar.gz'))) {
      const words = ['-xzf', join(archives, archive), '-C', folder, '--strip-components=1'];
      const { status, stderr } = spawnSync('tar', words, { encoding: 'utf8' });
      if (status !== 0) throw new Error(`tar ended with ${status}: ${stderr}`);
    }
  });
}
