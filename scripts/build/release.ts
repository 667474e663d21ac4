// What a release is made of, and how it is put on disk: whole or not at all.

import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { splitWorker, type WorkerModules, writeBuilt } from '../../sandbox/platform/edge/build-worker.ts';
import { type Build, VERSION } from '../../shared/version.ts';
import { listCarried, writeNotices } from './notices.ts';
import { buildProgram, NODE_MIN, PROGRAMS } from './programs.ts';
import { writeSbom } from './sbom.ts';
import { readWranglerFiles } from './wrangler-files.ts';

/** What Cloudflare loads at each start of an isolate; what it costs is told in docs/performance.md. */
const START_GZIP_BYTES_MAX = 250_000;
/** With what is loaded when it is first asked for: the console, and the description of the API (docs/decisions/0021-lazy-modules.md). */
const WORKER_GZIP_BYTES_MAX = 350_000;

/** In every release, and in nothing else that stands at `--out`. */
const MARK = 'build.json';

/** From the root → in the release; folders whole. */
const COPIES: readonly (readonly [string, string])[] = [
  ['worker/store/migrations', 'migrations'],
  ['relay/config.schema.json', 'relay/config.schema.json'],
  ['host/config/config.schema.json', 'host/config.schema.json'],
  ...['README.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE', 'docs', 'packaging'].map(
    (path) => [path, path] as const,
  ),
];

export interface Release {
  /** Path in the release → content; what is copied as it stands comes besides. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  readonly worker: WorkerSize;
}

/** Bytes: as code, and as gzip of what an isolate loads at its start and of the whole. */
interface WorkerSize {
  readonly whole: number;
  readonly startGzip: number;
  readonly wholeGzip: number;
}

/** @throws Error when it is too large. */
function measureWorker({ files, start }: Pick<WorkerModules, 'files' | 'start'>): WorkerSize {
  const code = [...files].filter(([name]) => name.endsWith('.js'));
  const gzip = (of: readonly (readonly [string, string])[]): number =>
    of.reduce((sum, [, text]) => sum + gzipSync(text, { level: 9 }).length, 0);
  const size = {
    whole: code.reduce((sum, [, text]) => sum + Buffer.byteLength(text), 0),
    startGzip: gzip(code.filter(([name]) => start.includes(name))),
    wholeGzip: gzip(code),
  };
  for (const [what, bytes, max] of [
    ['charge à son départ', size.startGzip, START_GZIP_BYTES_MAX],
    ['fait en tout', size.wholeGzip, WORKER_GZIP_BYTES_MAX],
  ] as const) {
    if (bytes > max) throw new Error(`le Worker ${what} ${bytes} octets en gzip, plus que ${max}`);
  }
  return size;
}

/** @throws Error when something does not build, or the Worker's bundle is too large. */
export async function makeRelease(root: string, build: Build): Promise<Release> {
  await writeBuilt();
  const define = { PASSERELLE_BUILD: JSON.stringify(build) };
  const worker = await splitWorker(define);
  const size = measureWorker(worker);
  const programs = await Promise.all(PROGRAMS.map((program) => buildProgram(root, program, define)));
  const metafiles = [worker.metafile, ...programs.map(({ metafile }) => metafile)];
  const carried = listCarried(root, metafiles, findRuntime());
  const files = new Map<string, string | Uint8Array>([
    ...[...worker.files].map(([name, text]) => [`worker/${name}`, text] as const),
    ...programs.flatMap((program) => [...program.files]),
    ...readWranglerFiles(root),
    ['THIRD-PARTY-LICENSES.txt', writeNotices(root, carried)],
    ['sbom.cdx.json', writeSbom(root, VERSION.number, build, carried)],
    [MARK, toJson({ version: VERSION.number, date: VERSION.date, ...build })],
    // Node reads it: these files are modules.
    ['package.json', toJson(manifest())],
  ]);
  return { files, worker: size };
}

/** @throws Error when something else than a release stands at `out`. */
export function expectReplaceable(out: string): void {
  if (existsSync(out) && readdirSync(out).length > 0 && !existsSync(join(out, MARK))) {
    throw new Error(`${out} contient autre chose qu'une version construite`);
  }
}

/** `out`: nothing, or a release, which is replaced. @throws Error of the disk. */
export function writeRelease({ files }: Release, root: string, out: string): void {
  const made = `${out}.${process.pid}`;
  try {
    for (const [path, content] of files) {
      mkdirSync(dirname(join(made, path)), { recursive: true });
      writeFileSync(join(made, path), content);
    }
    for (const [from, to] of [...COPIES, ...runtimeCopies()])
      cpSync(join(root, from), join(made, to), { recursive: true });
    rmSync(out, { recursive: true, force: true });
    renameSync(made, out);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/**
 * The npm packages by which the self-hosted edge finds workerd, for the machine that builds; folders from the root: the way to
 * the program, then the program. @throws Error when npm installed none for this machine.
 */
function findRuntime(): readonly [string, string] {
  const program = (createRequire(import.meta.url)('workerd') as { default: string }).default;
  return ['node_modules/workerd', `node_modules/@cloudflare/${basename(dirname(dirname(program)))}`];
}

/** As COPIES. The first package may hold the program a second time, which is left out. */
function runtimeCopies(): typeof COPIES {
  const [way, program] = findRuntime();
  const paths = [`${way}/package.json`, `${way}/lib`, program];
  return paths.map((path) => [path, `host/${path}`] as const);
}

function manifest(): object {
  return {
    name: 'passerelle-sas',
    version: VERSION.number,
    private: true,
    license: 'MIT',
    type: 'module',
    engines: { node: `>=${NODE_MIN}` },
  };
}

function toJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
