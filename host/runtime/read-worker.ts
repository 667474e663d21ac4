// The Worker as a release carries it: its main module, and beside it what it loads when it is first asked for.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface WorkerCode {
  /** The main module. */
  readonly script: string;
  /** The others: file name → code. */
  readonly modules: ReadonlyMap<string, string>;
}

/** `folder`: a release's `worker/`. @throws Error of the file system. */
export function readWorker(folder: string): WorkerCode {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const others = readdirSync(folder).filter((name) => name.endsWith('.js') && name !== 'index.js');
  return { script: read('index.js'), modules: new Map(others.map((name) => [name, read(name)])) };
}
