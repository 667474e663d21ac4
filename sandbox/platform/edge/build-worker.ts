// The Worker's bundle, as `wrangler deploy` makes it, for the local edge, tests and benches.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build, type Metafile, type Plugin } from 'esbuild';

const ROOT = join(import.meta.dirname, '../..', '..');

const ENTRY = join(ROOT, 'worker', 'index.ts');

/**
 * Where a run of the tests keeps the Worker that it built, once it has: the programs that it starts take it from there, and
 * what is constant per build is written already.
 */
const BUILT = process.env.PASSERELLE_BUILT_WORKER;

/** A program carries its version, not the list of what it was developed with. */
export const LEAN_MANIFEST: Plugin = {
  name: 'lean-manifest',
  setup({ onLoad }) {
    onLoad({ filter: /\/package\.json$/ }, async ({ path }) => {
      if (path !== join(ROOT, 'package.json')) return undefined;
      const { version, date } = JSON.parse(await readFile(path, 'utf8')) as Readonly<Record<string, string>>;
      return { contents: JSON.stringify({ version, date }), loader: 'json' };
    });
  },
};

/** `entry`: another file than the Worker's own, for tests. @returns the script. @throws Error when it does not build. */
export async function buildWorker(entry = ENTRY): Promise<string> {
  if (BUILT === undefined) await writeBuilt();
  else if (entry === ENTRY) {
    const built = await readFile(BUILT, 'utf8').catch(() => undefined);
    if (built !== undefined) return built;
  }
  return (await bundleWorker(entry)).script;
}

export interface WorkerBundle {
  readonly script: string;
  /** Its source map, without the sources. */
  readonly map: string;
  readonly metafile: Metafile;
}

/** worker/built/ is written already. `define`: what esbuild puts in place of names. @throws Error when it does not build. */
export async function bundleWorker(
  entry = ENTRY,
  define: Readonly<Record<string, string>> = {},
): Promise<WorkerBundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile: 'worker.js',
    bundle: true,
    write: false,
    metafile: true,
    // What Cloudflare loads is paid for at each start of an isolate.
    minify: true,
    sourcemap: 'external',
    sourcesContent: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    define: { ...define },
    plugins: [LEAN_MANIFEST],
    logLevel: 'error',
  });
  const [map, script] = [...outputFiles].sort((a, b) => b.path.localeCompare(a.path));
  if (script === undefined || map === undefined) throw new Error('the worker did not build');
  return { script: script.text, map: map.text, metafile };
}

/** Writes worker/built/, as wrangler does before it bundles. */
export async function writeBuilt(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/write-built.ts')], { cwd: ROOT });
}
