// A file, or a folder, that one run makes once, whichever test file needs it first, and all then read.

import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import { until } from '../wait/until.ts';

/** Of a folder that takes the longest to make, on a busy machine. */
const HANG_MS = 540_000;

/** What `name`, a path under the run's folder, holds; `make` gives it when it is not there yet. */
export async function runFile(name: string, make: () => Promise<string>): Promise<string> {
  const file = join(inject('runDir'), name);
  const known = readOptional(file);
  if (known !== undefined) return known;
  const made = await make();
  mkdirSync(dirname(file), { recursive: true });
  const own = `${file}.${process.pid}`;
  writeFileSync(own, made, { mode: 0o600 });
  try {
    linkSync(own, file);
    return made;
  } catch {
    // Another test file was first: what it made serves both.
    return readOptional(file) ?? made;
  } finally {
    rmSync(own, { force: true });
  }
}

/**
 * The folder `name` under the run's, made whole by one test file while the others wait. `make` is given where to make it, a path
 * where nothing stands. @throws Error of `make`, to all of them.
 */
export async function runFolder(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(inject('runDir'), name);
  const failed = `${folder}.failed`;
  try {
    mkdirSync(`${folder}.claimed`);
  } catch {
    await until(
      folder,
      () => {
        const why = readOptional(failed);
        if (why !== undefined) throw new Error(why);
        return existsSync(folder);
      },
      HANG_MS,
    );
    return folder;
  }
  try {
    await make(`${folder}.making`);
    renameSync(`${folder}.making`, folder);
  } catch (cause) {
    writeFileSync(failed, `${folder} was not made: ${String(cause)}`);
    throw cause;
  }
  return folder;
}

function readOptional(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
