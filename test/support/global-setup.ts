// What all files of one run share, in a temporary folder that ends with the run: RSA keys (samples/rsa-keys.ts), and
// V8's cache of our programs' code, which halves the start of each process that a test spawns.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { writeBuilt } from '../../sandbox/platform/edge/build-worker.ts';
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
  const dir = await mkdtemp(join(tmpdir(), 'passerelle-run-'));
  process.env.NODE_COMPILE_CACHE ??= join(dir, 'code');
  project.provide('runDir', dir);
  return () => removeFolder(dir);
}
