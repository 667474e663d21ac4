// The Worker's bundle, as `wrangler deploy` makes it, for the local edge, tests and benches.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '../..', '..');

const ENTRY = join(ROOT, 'worker', 'index.ts');

/**
 * Where a run of the tests keeps the Worker that it built, once it has: the programs that it starts take it from there, and
 * what is constant per build is written already.
 */
const BUILT = process.env.PASSERELLE_BUILT_WORKER;

/** `entry`: another file than the Worker's own, for tests. @returns the script. @throws Error when it does not build. */
export async function buildWorker(entry = ENTRY): Promise<string> {
  if (BUILT === undefined) await writeBuilt();
  else if (entry === ENTRY) {
    const built = await readFile(BUILT, 'utf8').catch(() => undefined);
    if (built !== undefined) return built;
  }
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
