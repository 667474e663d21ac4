// The Node programs of a release as plain JavaScript: one file each with every package in it, threads of their own beside,
// and a launcher that looks at Node's version first. Not minified: a stack of a crash says where.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Metafile, transform } from 'esbuild';
import { LEAN_MANIFEST } from '../../sandbox/platform/edge/build-worker.ts';

export interface Program {
  /** Its folder in the release. */
  readonly folder: string;
  /** Of the file that `node` is given, without `.js`. */
  readonly name: string;
  /** From the root: its `main.ts` first, then what it starts as threads or processes, or what its operator does: `NAME.js`. */
  readonly entries: readonly [string, ...string[]];
}

export const PROGRAMS: readonly Program[] = [
  {
    folder: 'relay',
    name: 'passerelle-relay',
    entries: ['relay/main.ts', 'relay/reading/thread.ts'],
  },
  {
    folder: 'cloudflare',
    name: 'passerelle-deploy',
    entries: ['scripts/deploy/main.ts', 'scripts/front-secret.ts'],
  },
  {
    folder: 'host',
    name: 'passerelle-edge',
    entries: ['host/main.ts', 'host/database.ts', 'scripts/front-secret.ts'],
  },
  { folder: 'essai', name: 'passerelle-essai', entries: ['sandbox/trial/main.ts'] },
];

/** setAuthorizer() of node:sqlite, which keeps transactions ours, came with it; worker.cpuUsage(), for the relay, with 24.6. */
export const NODE_MIN = '24.10.0';

/** Packages that are CommonJS ask for Node's own modules by `require`. */
const BANNER = `import { createRequire as makeRequire } from 'node:module';\nconst require = makeRequire(import.meta.url);`;

export interface Built {
  /** Path in the release → content. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly metafile: Metafile;
}

/** `define`: what esbuild puts in place of names. @throws Error when it does not build. */
export async function buildProgram(
  root: string,
  program: Program,
  define: Readonly<Record<string, string>>,
): Promise<Built> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [...program.entries],
    entryNames: '[name]',
    outdir: program.folder,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: `node${NODE_MIN}`,
    banner: { js: BANNER },
    // ws would look for two native packages in every folder above.
    define: { ...define, 'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"' },
    plugins: [LEAN_MANIFEST],
    logLevel: 'error',
  });
  const files = new Map(
    outputFiles.map(({ path, contents }) => [path.slice(join(root, '/').length), contents]),
  );
  files.set(`${program.folder}/${program.name}.js`, Buffer.from(await writeLauncher(root)));
  return { files, metafile };
}

async function writeLauncher(root: string): Promise<string> {
  const source = readFileSync(join(root, 'scripts/build/launcher.ts'), 'utf8');
  const { code } = await transform(source, {
    loader: 'ts',
    format: 'esm',
    target: 'es2022',
    define: { NODE_MIN: JSON.stringify(NODE_MIN), PROGRAM: '"./main.js"' },
  });
  return code;
}
