// What all files of one run share, in a temporary folder that ends with the run: RSA keys (samples/rsa-keys.ts), the built
// Worker and a migrated database (scenes/built/edge.ts), the built relay (scenes/built/relay.ts), and V8's cache of our
// programs' code, which halves the start of each process that a test spawns. Tests' own temporary folders lie there too.

import { mkdir, mkdtemp, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';
import { writeBuilt } from '../../sandbox/platform/edge/build-worker.ts';
import { buildProgram, PROGRAMS } from '../../scripts/build/programs.ts';
import { removeFolder } from './wait/remove-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Absolute path of the run's folder. */
    readonly runDir: string;
  }
}

export default async function prepareRun(project: TestProject): Promise<() => Promise<void>> {
  // Many files import the routes, which need it.
  await writeBuilt();
  const dir = await mkdtemp(join(await quickFolder(), 'passerelle-run-'));
  process.env.TMPDIR = dir;
  process.env.NODE_COMPILE_CACHE ??= join(dir, 'code');
  // scenes/built/edge.ts writes it when a test first needs it.
  process.env.PASSERELLE_BUILT_WORKER = join(dir, 'worker.js');
  await writeRelay(dir);
  project.provide('runDir', dir);
  return () => removeFolder(dir);
}

async function writeRelay(runDir: string): Promise<void> {
  const program = PROGRAMS.find(({ folder }) => folder === 'relay');
  if (program === undefined) throw new Error('no relay among the programs');
  const { files } = await buildProgram(resolve(import.meta.dirname, '../..'), program, {});
  for (const [path, content] of files) {
    const file = join(runDir, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

const MEMORY_FOLDER = '/dev/shm';
const MEMORY_BYTES_MIN = 4 * 2 ** 30;

/** In memory where there is room: half of a database's time is the disk's. TMPDIR, where somebody set it, stands. */
async function quickFolder(): Promise<string> {
  if (process.env.TMPDIR !== undefined) return tmpdir();
  const { bavail, bsize } = await statfs(MEMORY_FOLDER).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize >= MEMORY_BYTES_MIN ? MEMORY_FOLDER : tmpdir();
}
