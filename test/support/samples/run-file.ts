// A file that one run makes once, whichever test file needs it first, and all then read.

import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';

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

function readOptional(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
