// The Worker's bundle, as `wrangler deploy` makes it, for the local edge, tests and benches.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

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
  return bundleWorker(entry);
}

/** worker/built/ is written already: the Worker in one file. `define`: what esbuild puts in place of names. @throws Error when it does not build. */
export async function bundleWorker(
  entry = ENTRY,
  define: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { outputFiles } = await build({ ...options(define), entryPoints: [entry], outfile: 'worker.js' });
  const [script] = outputFiles;
  if (script === undefined) throw new Error('the worker did not build');
  return script.text;
}

export interface WorkerModules {
  /** File name → code, `index.js` among them, and the source map of each, without the sources. */
  readonly files: ReadonlyMap<string, string>;
  /** Of `files`, what an isolate loads at its start: `index.js`, and what it imports before it serves. */
  readonly start: readonly string[];
  readonly metafile: Metafile;
}

/**
 * The same as a release carries it: `index.js`, and what the Worker loads when it is first asked for.
 * @param define what esbuild puts in place of names. @throws Error when it does not build.
 */
export async function splitWorker(define: Readonly<Record<string, string>>): Promise<WorkerModules> {
  const { outputFiles, metafile } = await build({
    ...options(define),
    entryPoints: [{ in: ENTRY, out: 'index' }],
    outdir: 'worker-modules',
    splitting: true,
    sourcemap: 'external',
    sourcesContent: false,
  });
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, one]) => [basename(path), one]));
  const start = new Set(['index.js']);
  for (const name of start) {
    for (const { path, kind } of outputs.get(name)?.imports ?? []) {
      if (kind === 'import-statement' && outputs.has(basename(path))) start.add(basename(path));
    }
  }
  return {
    files: new Map(outputFiles.map(({ path, text }) => [basename(path), text])),
    start: [...start],
    metafile,
  };
}

const options = (define: Readonly<Record<string, string>>) =>
  ({
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    metafile: true,
    // What Cloudflare loads is paid for at each start of an isolate.
    minify: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    define: { ...define },
    plugins: [LEAN_MANIFEST],
    logLevel: 'error',
  }) as const satisfies BuildOptions;

/** Writes worker/built/, as wrangler does before it bundles. */
export async function writeBuilt(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/write-built.ts')], { cwd: ROOT });
}
