// The edge on one's own machine: the databases, each a process of its own, workerd with the Worker on an open port, and what
// supervises them. Used by main.ts, and by the local launcher of sandbox/platform. What the host says goes to `say` as lines
// of the edge's log; what workerd writes goes to `onLine` as it is. docs/decisions/0019-host.md.

import { rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { DATABASES, type DatabaseName } from './databases/migrations.ts';
import { databaseFile, prepareFile } from './databases/prepare-files.ts';
import { DatabaseProcess } from './databases/process.ts';
import { edgeConfig, type TlsPair, variableOf, type WorkerdConfig } from './runtime/edge-config.ts';
import { serveHost } from './runtime/host-server.ts';
import { openPort } from './runtime/open-port.ts';
import { readLines } from './runtime/read-lines.ts';
import { type ProbeTimes, type RuntimeEvent, Supervisor } from './runtime/supervisor.ts';
import { diskRefusal } from './state/disk-room.ts';
import { makePrivateFolder } from './state/private-folder.ts';
import { makeSocketFolder } from './state/socket-folder.ts';

export interface EdgeHostOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Databases and objects; made when absent. Its holder has locked it (state/state-lock.ts). */
  readonly stateDir: string;
  /** The Worker's bundle. */
  readonly script: string;
  /** Modules that the Worker loads when somebody first asks for them: file name → code. */
  readonly modules?: ReadonlyMap<string, string> | undefined;
  /** Folder with a folder of migrations per database. */
  readonly migrations: string;
  readonly settings: EdgeSettings;
  /** Folder that changes of appointments are exported to; undefined: they are not. */
  readonly exportDir?: string | undefined;
  /** Path of workerd. */
  readonly workerd: string;
  /** Path of what host/database.ts was built into; absent: beside this file. */
  readonly databaseProgram?: string | undefined;
  /** Of each database; absent: what the disk holds. */
  readonly bytesMax?: number;
  /** What a request to a database may take. */
  readonly statementMs?: number;
  /** What requests under way may take before a runtime is ended; 0: they are cut. */
  readonly drainMs?: number;
  /** Of the supervision of the runtime; absent: as supervisor.ts says. */
  readonly probe?: ProbeTimes;
  readonly onLine: (line: string) => void;
  readonly onEvent: (event: HostEvent) => void;
  /** For tests: another configuration than the edge's own. */
  readonly extend?: (config: WorkerdConfig, folder: string) => WorkerdConfig;
  readonly inspect?: boolean;
}

/** What a reload may change. */
export interface EdgeSettings {
  /** By name, as the Worker reads them. */
  readonly values: Readonly<Record<string, string>>;
  readonly tls?: TlsPair | undefined;
  /** PEM. */
  readonly authorities?: readonly string[];
}

/** Something that an operator should know. */
export type HostEvent =
  | RuntimeEvent
  | {
      readonly event: 'database-ended';
      readonly database: DatabaseName;
      readonly why: string;
      readonly detail: string;
    }
  | { readonly event: 'database-file-refused'; readonly database: DatabaseName; readonly detail: string };

/** A statement of the Worker is cut at six seconds (STORE_MS); what goes on after it serves nobody. */
const STATEMENT_MS = 15_000;
const DRAIN_MS = 12_000;
/** What was said of a file is told to the Worker for so long. */
const FAULT_MS = 15_000;
/** In the source tree, and in a release, where each program is one file of the same folder. */
const DATABASE_PROGRAM = join(import.meta.dirname, `database${extname(import.meta.filename)}`);

export interface EdgeHost {
  readonly port: number;
  /** Begins a runtime with other settings on the same port; it takes over when nothing is under way. */
  configure(settings: EdgeSettings): Promise<void>;
  /** Path of a database's Unix socket. */
  databaseSocket(name: DatabaseName): string;
  /** Path of the runtime's Unix socket (runtime/entry.ts). */
  readonly controlSocket: string;
  /** A folder for sockets, its owner's alone. */
  readonly folder: string;
  health(): HostHealth;
  /** Of V8's inspector, when it is open. */
  inspectorPort(): number;
  close(): Promise<void>;
}

export interface HostHealth {
  readonly runtime: boolean;
  readonly databases: Readonly<Record<DatabaseName, boolean>>;
}

/** @throws Error with a French sentence of what cannot be made, migrated or opened; then nothing is left running. */
export async function startEdgeHost(options: EdgeHostOptions): Promise<EdgeHost> {
  const undo: (() => unknown)[] = [];
  try {
    return await start(options, undo);
  } catch (cause) {
    await endAll(undo);
    throw cause;
  }
}

async function start(options: EdgeHostOptions, undo: (() => unknown)[]): Promise<EdgeHost> {
  const { stateDir, onEvent, bytesMax, statementMs = STATEMENT_MS } = options;
  const databaseDir = join(stateDir, 'databases');
  const objects = join(stateDir, 'objects');
  for (const dir of [databaseDir, objects]) makePrivateFolder(dir);
  const folder = await makeSocketFolder(stateDir);
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const limits = bytesMax === undefined ? {} : { bytesMax };
  let fault = { words: '', atMs: 0 };
  const noteFault = (database: DatabaseName, detail: string): void => {
    // A journal's index without room is an error of input and output to SQLite, one on a disk without writes a file that does not open.
    const isAboutDisk = /SQLITE_(?:IOERR|CANTOPEN)/.test(detail);
    const words = (isAboutDisk ? diskRefusal(databaseDir) : undefined) ?? detail;
    fault = { words, atMs: Date.now() };
    onEvent({ event: 'database-file-refused', database, detail: words });
  };
  const socketOf = (name: DatabaseName): string => join(folder, `${name}.sock`);
  const prepared = { ...limits, folder: databaseDir, migrations: options.migrations };
  const startDatabase = async (name: DatabaseName): Promise<readonly [DatabaseName, DatabaseProcess]> => {
    const one = await DatabaseProcess.start({
      ...limits,
      program: options.databaseProgram ?? DATABASE_PROGRAM,
      prepare: () => prepareFile(name, prepared),
      file: databaseFile(databaseDir, name),
      socket: socketOf(name),
      statementMs,
      onOutput: (stream) => readLines(stream, options.onLine),
      onEnd: ({ why, detail }) => {
        if (why === 'failed') noteFault(name, detail);
        else onEvent({ event: 'database-ended', database: name, why, detail });
      },
    });
    undo.push(() => one.close());
    return [name, one];
  };
  const starting = DATABASES.map(({ name }) => startDatabase(name));
  // Where one cannot be started, the others are there to be ended.
  await Promise.allSettled(starting);
  const databases = await Promise.all(starting);
  const hostSocket = join(folder, 'host.sock');
  const server = await serveHost({
    socket: hostSocket,
    exportDir: options.exportDir,
    fault: () => (Date.now() - fault.atMs < FAULT_MS ? fault.words : ''),
  });
  undo.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const port = await openPort(options.host, options.port);
  undo.push(() => port.close());
  const controlSocket = join(folder, 'control.sock');
  const own = ({ values, tls, authorities = [] }: EdgeSettings): WorkerdConfig =>
    edgeConfig({
      script: options.script,
      modules: options.modules,
      settings: Object.keys(values),
      tls,
      objects,
      databases: { DB: socketOf('DB'), APPOINTMENTS: socketOf('APPOINTMENTS'), CACHE: socketOf('CACHE') },
      host: hostSocket,
      control: controlSocket,
      exports: options.exportDir !== undefined,
      authorities,
    });
  const extend = options.extend ?? ((config) => config);
  const runtimeOf = (settings: EdgeSettings) => ({
    workerd: options.workerd,
    config: extend(own(settings), folder),
    environment: Object.fromEntries(
      Object.entries(settings.values).map(([name, value]) => [variableOf(name), value]),
    ),
    fd: port.fd,
    folder,
    onLine: options.onLine,
    ...(options.inspect === true && { inspect: true }),
  });
  const supervisor = new Supervisor({
    runtime: runtimeOf(options.settings),
    control: controlSocket,
    drainMs: options.drainMs ?? DRAIN_MS,
    probe: options.probe,
    onEvent,
  });
  undo.push(() => supervisor.close());
  await supervisor.start();
  return {
    port: port.port,
    folder,
    controlSocket,
    configure: (settings) => supervisor.replace(runtimeOf(settings)),
    databaseSocket: socketOf,
    inspectorPort: () => supervisor.inspectorPort,
    health: () => ({
      runtime: supervisor.isServing,
      databases: Object.fromEntries(
        databases.map(([name, one]) => [name, one.isServing]),
      ) as HostHealth['databases'],
    }),
    close: () => endAll(undo),
  };
}

/** In the order opposite to that in which they began. */
async function endAll(undo: (() => unknown)[]): Promise<void> {
  for (let end = undo.pop(); end !== undefined; end = undo.pop()) await end();
}
