// Runs the edge as it will run: the built bundle in workerd, its Durable Object and D1 on disk, migrations
// applied, reached directly (no dev proxy in between). `npm run edge` and `npm start` run it on the host of one's own machines,
// tests and benches on Miniflare, unless EDGE_HOST says another (docs/decisions/0019-host.md).

import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { MiniflareOptions, SharedOptions, WorkerOptions } from 'miniflare';
import { ownSettings } from '../../../host/config/own-settings.ts';
import { MIGRATIONS } from '../../../host/databases/migrations.ts';
import { edgeLine, logLine, openLines } from '../../../host/log/lines.ts';
import { COMPATIBILITY_DATE, COMPATIBILITY_FLAGS } from '../../../host/runtime/edge-config.ts';
import { writeExport } from '../../../host/runtime/export-folder.ts';
import { readLines } from '../../../host/runtime/read-lines.ts';
import { lockState } from '../../../host/state/state-lock.ts';
import { buildWorker } from './build-worker.ts';
import type { EdgeHostName, EdgeOptions, EdgeProcess } from './edge-options.ts';
import { withHubBeside } from './hub-beside.ts';
import { importDatabases } from './import-databases.ts';
import { changeTables, D1_DATABASES, d1Folder, prepareDatabases } from './prepare-databases.ts';
import { startOnWorkerd } from './workerd-edge.ts';

export type { EdgeHostName, EdgeOptions, EdgeProcess } from './edge-options.ts';

/** As in wrangler.toml. */
export const DURABLE_OBJECTS = {
  RELAY_HUB: { className: 'RelayHub', useSQLite: true },
  GATE: { className: 'Gate', useSQLite: true },
  SCHEDULER: { className: 'Scheduler', useSQLite: true },
};
/** What the runtime said of a file is told to the Worker for so long. */
const FAULT_MS = 15_000;

/** Of those that do not say it. */
const HOST: EdgeHostName = process.env.EDGE_HOST === 'workerd' ? 'workerd' : 'miniflare';
/** Of `npm start` and `npm run edge`. */
export const COMMAND_HOST: EdgeHostName = process.env.EDGE_HOST === 'miniflare' ? 'miniflare' : 'workerd';
const FILES = { workerd: 'databases', miniflare: 'd1/miniflare-D1DatabaseObject' } as const;
/** Of a state folder: where the databases are. */
export const DATABASES_FOLDER = HOST === 'workerd' ? 'databases' : 'd1';
/** Of a state folder: where SQLite's files are, an `.sqlite` for each. */
export const DATABASE_FILES = FILES[HOST];
/** The same, of those commands. */
export const COMMAND_DATABASE_FILES = FILES[COMMAND_HOST];
/** Whether D1 tells how many rows a statement read: node:sqlite cannot. */
export const TELLS_ROWS_READ = HOST !== 'workerd';

/** @throws Error with a French sentence when another program runs on its state folder. */
export async function startEdge(options: EdgeOptions): Promise<EdgeProcess> {
  const lock =
    options.stateDir === undefined ? undefined : lockState(options.stateDir, options.command ?? 'accès');
  try {
    const edge = await ((options.runsOn ?? HOST) === 'workerd' ? startOnHost(options) : startLocked(options));
    return {
      ...edge,
      close: async () => {
        await edge.close();
        lock?.release();
      },
    };
  } catch (cause) {
    lock?.release();
    throw cause;
  }
}

async function startOnHost(options: EdgeOptions): Promise<EdgeProcess> {
  const { stateDir, migrations = MIGRATIONS } = options;
  if (stateDir !== undefined) {
    const told = await importDatabases(stateDir, migrations, () => {
      endRuntimeWithUs();
      return prepareDatabases(stateDir, migrations, withOwnSignals);
    });
    if (told !== undefined) process.stderr.write(`${told}\n`);
  }
  return startOnWorkerd(options);
}

async function startLocked(options: EdgeOptions): Promise<EdgeProcess> {
  // The largest package of all: a command that only says what it was told wrongly does without.
  const { Log, LogLevel, Miniflare } = await import('miniflare');
  const script = options.script ?? (await buildWorker());
  const say = options.onLog ?? openLines().say;
  let fault = { words: '', atMs: 0 };
  const write = (line: string): void => {
    say(edgeLine(line));
    // Of a database that it cannot open the runtime says why here alone: the Worker hears of an internal error.
    const detail = /\bSQLITE_(?:CORRUPT|NOTADB|IOERR|CANTOPEN|READONLY|FULL)\b/.exec(line)?.[0];
    if (detail === undefined) return;
    fault = { words: detail, atMs: Date.now() };
    say(logLine('error', 'database-file-refused', { detail }));
  };
  // Miniflare starts a runtime that died anew, and says nothing of it.
  let meantStarts = 1;
  const oneWorker = (
    settings: Readonly<Record<string, string>>,
    port: number,
  ): SharedOptions & WorkerOptions => ({
    name: 'edge',
    // Named, so that Miniflare does not parse the bundle at each start to find what it imports.
    modules: [['worker.js', script] as const, ...(options.modules ?? [])].map(([path, contents]) => ({
      type: 'ESModule',
      path,
      contents,
    })),
    compatibilityDate: COMPATIBILITY_DATE,
    compatibilityFlags: [...COMPATIBILITY_FLAGS],
    bindings: { ...settings, ...ownSettings(options.host) },
    d1Databases: D1_DATABASES,
    durableObjects: DURABLE_OBJECTS,
    ...(options.stateDir === undefined
      ? {}
      : {
          d1Persist: d1Folder(options.stateDir),
          durableObjectsPersist: join(options.stateDir, 'objects'),
        }),
    serviceBindings: {
      STORE_FAULTS: () => new Response(Date.now() - fault.atMs < FAULT_MS ? fault.words : ''),
      ...(options.exportDir !== undefined && exportInto(options.exportDir)),
    },
    unsafeDirectSockets: [{ host: options.host, port }],
    cf: false,
    ...(options.inspect === true && { inspectorPort: 0 }),
    log: new Log(LogLevel.ERROR),
    handleRuntimeStdio: (stdout: NodeJS.ReadableStream, stderr: NodeJS.ReadableStream) => {
      meantStarts -= 1;
      if (meantStarts < 0) say(logLine('error', 'edge-runtime-restarted', {}));
      meantStarts = Math.max(meantStarts, 0);
      readLines(stdout, write);
      readLines(stderr, write);
    },
  });
  const { hubScript } = options;
  const optionsFor: (...about: Parameters<typeof oneWorker>) => MiniflareOptions =
    hubScript === undefined ? oneWorker : (...about) => withHubBeside(oneWorker(...about), hubScript);
  endRuntimeWithUs();
  const migrations = options.migrations ?? MIGRATIONS;
  if (options.stateDir !== undefined) {
    const file = await prepareDatabases(options.stateDir, migrations, withOwnSignals);
    if (file !== undefined) say(logLine('error', 'database-file-refused', { file, detail: 'at the start' }));
  }
  const miniflare = withOwnSignals(() => new Miniflare(optionsFor(options.settings, options.port)));
  try {
    await miniflare.ready;
    if (options.stateDir === undefined) await changeTables(miniflare, migrations);
  } catch (cause) {
    await miniflare.dispose();
    throw cause;
  }
  const url = (await miniflare.unsafeGetDirectURL()).origin;
  return {
    url,
    configure: (settings) => {
      meantStarts += 1;
      return miniflare.setOptions(optionsFor(settings, Number(new URL(url).port)));
    },
    runSchedule: async (at = new Date(), what = 'everything') => {
      const worker = await miniflare.getWorker();
      const cron = what === 'everything' ? '' : what;
      return (await worker.scheduled({ scheduledTime: at, cron })).outcome === 'ok';
    },
    database: (name = 'DB') => miniflare.getD1Database(name),
    object: async (binding, name) => {
      const objects = await miniflare.getDurableObjectNamespace(binding);
      return objects.get(objects.idFromName(name));
    },
    inspectorUrl: () => miniflare.getInspectorURL(),
    close: () => miniflare.dispose(),
  };
}

function exportInto(dir: string): NonNullable<WorkerOptions['serviceBindings']> {
  return {
    EXPORT_FOLDER: async (request: { readonly url: string; arrayBuffer(): Promise<ArrayBuffer> }) => {
      const status = await writeExport(dir, request.url, new Uint8Array(await request.arrayBuffer()));
      const { Response } = await import('miniflare');
      return new Response(null, { status });
    },
  };
}

/** Also when this process is killed and can end nothing itself. Miniflare reads the variable at each start of workerd. */
function endRuntimeWithUs(): void {
  if (process.platform === 'win32') return;
  const { default: workerd } = createRequire(import.meta.resolve('miniflare'))('workerd') as {
    default: string;
  };
  process.env.PASSERELLE_GUARDED ??= process.env.MINIFLARE_WORKERD_PATH ?? workerd;
  process.env.MINIFLARE_WORKERD_PATH = join(import.meta.dirname, '..', '..', 'base', 'guarded.sh');
}

/**
 * Miniflare exits at a signal, in the midst of the orderly end of a program that listens to signals itself: what else it
 * had started would be left running. Its hook on the exit itself stays.
 */
function withOwnSignals<T>(make: () => T): T {
  const own = (['SIGINT', 'SIGTERM'] as const).map((signal) => ({
    signal,
    listeners: process.listeners(signal),
  }));
  const made = make();
  for (const { signal, listeners } of own) {
    if (listeners.length === 0) continue;
    for (const one of process.listeners(signal)) {
      if (!listeners.includes(one)) process.removeListener(signal, one);
    }
  }
  return made;
}
