// The Worker's bundle, as `wrangler deploy` makes it, for the local edge, tests and benches.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '../..', '..');

const ENTRY = join(ROOT, 'worker', 'index.ts');

/** `entry`: another file than the Worker's own, for tests. @returns the script. @throws Error when it does not build. */
export async function buildWorker(entry = ENTRY): Promise<string> {
  await writeBuilt();
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    logLevel: 'error',
  });
  const script = outputFiles[0]?.text;
  if (script === undefined) throw new Error('the worker did not build');
  return script;
}

/** Writes worker/built/, as wrangler does before it bundles. */
export async function writeBuilt(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/write-built.ts')], { cwd: ROOT });
}
