// passerelle-edge: the edge on one's own machine, `passerelle-edge [backup | restore | promote] --config FICHIER [--check]`. Exit
// codes: 0 done, 1 something is wrong with the settings, the files or a port, 2 wrong command line, 3 another machine serves.
// docs/hebergement.md.

import { join } from 'node:path';
import { openHostAdmin } from './admin.ts';
import { readCommand, USAGE } from './command.ts';
import { type ConfigProblem, type HostConfig, readHostConfig } from './config/read-config.ts';
import { runCopyCommand } from './copies/commands.ts';
import { COPIED, copyName } from './copies/manifest.ts';
import { type EdgeHost, type HostEvent, startEdgeHost } from './edge-host.ts';
import { folderOf, makeMetrics } from './host-metrics.ts';
import { edgeLine, logLine, openLines } from './log/lines.ts';
import { runPromoteCommand } from './replica/command.ts';
import { openReplica, Superseded } from './replica/replica.ts';
import { type ReplicaEvent, Replication } from './replica/replication.ts';
import { findWorkerd } from './runtime/find-workerd.ts';
import { readWorker } from './runtime/read-worker.ts';
import { lockState } from './state/state-lock.ts';

const LOG_TIMEOUT_MS = 1_000;
const ERRORS: ReadonlySet<string> = new Set([
  ...['runtime-ended', 'runtime-not-started', 'runtime-hung', 'database-ended', 'database-file-refused'],
  ...[
    'replica-ended',
    'replica-stuck',
    'replica-behind',
    'replica-unsent',
    'replica-unread',
    'replica-superseded',
  ],
]);
/** Fixed at the start. */
const LASTING = [
  'listen',
  'admin',
  'stateFolder',
  'exportFolder',
  'replica',
  'workerd',
  'databaseBytesMax',
] as const;
const SUPERSEDED = 3;

const lines = openLines();

async function main(): Promise<void> {
  // Whatever it writes, or has written for it, is its owner's alone.
  process.umask(0o077);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const command = readCommand(process.argv.slice(2), process.env);
  if (!command.ok) {
    process.stderr.write(`${command.error}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  if (command.value.name === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  const { file, release } = command.value;
  const { name } = command.value;
  const serves = name === 'run' || name === 'check' || (name === 'promote' && command.value.serves);
  const read = readHostConfig(file, process.env, serves);
  if (!read.ok) return refuse(read.error);
  const { config, dated } = read.value;
  switch (command.value.name) {
    case 'check':
      if (dated.length > 0) return refuse(dated);
      try {
        findWorkerd(config.workerd);
      } catch (cause) {
        return refuse([{ field: 'workerd', text: (cause as Error).message }]);
      }
      process.stdout.write('Configuration correcte.\n');
      return;
    case 'backup':
    case 'restore':
      return tell(runCopyCommand(config, command.value));
    case 'promote':
      await tell(runPromoteCommand(config, command.value));
      return command.value.serves && process.exitCode === undefined ? run(file, config, release) : undefined;
    case 'run':
      for (const { field, text } of dated)
        lines.say(logLine('warn', 'host-file-problem', { field, detail: text }));
      return run(file, config, release);
  }
}

async function tell(work: Promise<string>): Promise<void> {
  try {
    process.stdout.write(await work);
  } catch (cause) {
    process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
    process.exitCode = 1;
  }
}

async function run(file: string, config: HostConfig, release: string): Promise<void> {
  const act = hearSignals();
  const { listen, admin, stateFolder } = config;
  const lock = lockState(stateFolder, 'passerelle-edge', 'stateFolder');
  // Whose the replica is comes first: one that has been superseded serves nobody.
  const replica = config.replica && (await openReplica(config.replica, stateFolder));
  let host: EdgeHost | undefined;
  let replication: Replication | undefined;
  const metrics = makeMetrics(join(stateFolder, 'databases'), {
    health: () => host?.health(),
    replicaBehindMs: () => replication?.behindMs() ?? new Map(),
  });
  const onEvent = (event: HostEvent | ReplicaEvent): void => {
    metrics.note(event);
    lines.say(lineOf(event));
  };
  host = await startEdgeHost({
    ...listen,
    stateDir: stateFolder,
    ...readWorker(join(release, 'worker')),
    migrations: join(release, 'migrations'),
    settings: config.settings,
    exportDir: config.exportFolder,
    workerd: findWorkerd(config.workerd),
    bytesMax: config.databaseBytesMax,
    onLine: (line) => lines.say(edgeLine(line)),
    onEvent,
  });
  const running = host;
  const close = async (): Promise<void> => {
    await running.close();
    // What the databases were written last is sent too.
    await replication?.close();
  };
  try {
    if (replica !== undefined) {
      replication = new Replication({ ...replica, databases: sentOf(stateFolder), onEvent, onSuperseded });
      await replication.begin();
    }
    const port = await openHostAdmin({
      ...admin,
      registry: metrics.registry,
      ill: () => illOf(running),
      late: () => (replication?.late ?? []).map((name) => `replica ${name}`),
    });
    const ready = { event: 'host-ready', port: running.port, adminPort: port.port };
    lines.say(logLine('info', 'host-ready', ready));
    act({
      reload: () => reload(file, config, running),
      end: async () => {
        await close();
        await port.close();
        lock.release();
        lines.say(logLine('info', 'host-ended', {}));
        await lines.finish(LOG_TIMEOUT_MS);
      },
    });
  } catch (cause) {
    await close();
    throw cause;
  }
}

const sentOf = (stateFolder: string): readonly { readonly name: string; readonly file: string }[] =>
  COPIED.map((name) => ({ name, file: join(stateFolder, 'databases', copyName(name)) }));

/** At once: what is under way would be acknowledged and lost. All that was started ends with this process. */
function onSuperseded(): void {
  lines.say(logLine('error', 'replica-superseded', {}));
  void lines.finish(LOG_TIMEOUT_MS).finally(() => process.exit(SUPERSEDED));
}

function lineOf({ event, ...fields }: HostEvent | ReplicaEvent): string {
  const about = 'database' in fields ? { ...fields, database: folderOf(fields.database) } : fields;
  return logLine(ERRORS.has(event) ? 'error' : 'info', event, about);
}

function illOf(host: EdgeHost): string[] {
  const { runtime, databases } = host.health();
  const away = Object.entries(databases).flatMap(([name, isThere]) => (isThere ? [] : [folderOf(name)]));
  return runtime ? away : ['runtime', ...away];
}

/** On SIGHUP. Settings that cannot be read change nothing. */
async function reload(file: string, before: HostConfig, host: EdgeHost): Promise<void> {
  const read = readHostConfig(file, process.env);
  const problems = read.ok ? read.value.dated : read.error;
  for (const { field, text } of problems) {
    lines.say(logLine(read.ok ? 'warn' : 'error', 'host-file-problem', { field, detail: text }));
  }
  if (!read.ok) return;
  const { config } = read.value;
  const lasting = LASTING.filter((name) => JSON.stringify(config[name]) !== JSON.stringify(before[name]));
  for (const field of lasting) lines.say(logLine('warn', 'host-restart-needed', { field }));
  try {
    await host.configure(config.settings);
    lines.say(logLine('info', 'host-reloaded', {}));
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    lines.say(logLine('error', 'host-reload-failed', { detail }));
  }
}

interface Actions {
  readonly reload: () => Promise<void>;
  readonly end: () => Promise<void>;
}

/**
 * Hears signals from now on. Before there are actions, the end is at once (what was started ends with its host) and a reload
 * waits. A second SIGTERM or SIGINT waits for nobody.
 */
function hearSignals(): (actions: Actions) => void {
  let actions: Actions | undefined;
  let isEnding = false;
  let mustReload = false;
  const onEnd = (): void => {
    if (isEnding || actions === undefined) process.exit(isEnding ? 1 : 0);
    isEnding = true;
    void actions.end().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', onEnd);
  process.on('SIGINT', onEnd);
  process.on('SIGHUP', () => {
    mustReload = actions === undefined;
    if (!isEnding) void actions?.reload();
  });
  // A program that started this one with a channel wants it no longer than itself.
  process.once('disconnect', onEnd);
  process.channel?.unref();
  return (given) => {
    actions = given;
    if (mustReload) void given.reload();
  };
}

function refuse(problems: readonly ConfigProblem[]): void {
  process.stderr.write(problems.map(({ field, text }) => `${field} : ${text}.\n`).join(''));
  process.exitCode = 1;
}

try {
  await main();
} catch (cause) {
  const { code, message } = cause as NodeJS.ErrnoException;
  const why = code === 'EADDRINUSE' ? `un port est déjà pris (${message})` : message;
  process.stderr.write(`L'accès n'a pas démarré : ${why}\n`);
  process.exit(cause instanceof Superseded ? SUPERSEDED : 1);
}
