// The program of a database (host/database.ts) as plain JavaScript, as a release has it: Node's reader of TypeScript would stay
// in the memory of each of its threads, 30 MB for each database. Used for `npm start` and `npm run edge`, which run for long and
// build nothing after it: esbuild's own process, 70 MB, ends too.

import { join, resolve } from 'node:path';
import { build, stop } from 'esbuild';

/** @returns the file, in `dir`. @throws Error when it does not build. */
export async function buildDatabase(dir: string): Promise<string> {
  const outfile = resolve(dir, 'database.mjs');
  await build({
    absWorkingDir: join(import.meta.dirname, '../../..'),
    entryPoints: ['host/database.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'error',
  });
  await stop();
  return outfile;
}
