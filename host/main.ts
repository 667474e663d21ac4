// passerelle-edge: the edge on one's own machine, `passerelle-edge [backup | restore] --config FICHIER [--check]`. Exit codes: 0 done, 1 something
// is wrong with the settings, the files or a port, 2 wrong command line. docs/hebergement.md.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openHostAdmin } from './admin.ts';
import { readCommand, USAGE } from './command.ts';
import { type ConfigProblem, type HostConfig, readHostConfig } from './config/read-config.ts';
import { type CopyCommand, runCopyCommand } from './copies/commands.ts';
import { type EdgeHost, type HostEvent, startEdgeHost } from './edge-host.ts';
import { folderOf, makeMetrics } from './host-metrics.ts';
import { edgeLine, logLine, openLines } from './log/lines.ts';
import { findWorkerd } from './runtime/find-workerd.ts';
import { lockState } from './state/state-lock.ts';

const LOG_TIMEOUT_MS = 1_000;
const ERRORS: ReadonlySet<string> = new Set([
  ...['runtime-ended', 'runtime-not-started', 'runtime-hung', 'database-ended', 'database-file-refused'],
]);
/** Fixed at the start. */
const LASTING = ['listen', 'admin', 'stateFolder', 'exportFolder', 'workerd', 'databaseBytesMax'] as const;

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
  const read = readHostConfig(file, process.env);
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
      return copy(config, command.value);
    case 'run':
      for (const { field, text } of dated)
        lines.say(logLine('warn', 'host-file-problem', { field, detail: text }));
      return run(file, config, release);
  }
}

async function copy(config: HostConfig, command: CopyCommand): Promise<void> {
  try {
    process.stdout.write(await runCopyCommand(config, command));
  } catch (cause) {
    process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
    process.exitCode = 1;
  }
}

async function run(file: string, config: HostConfig, release: string): Promise<void> {
  const act = hearSignals();
  const { listen, admin, stateFolder } = config;
  const lock = lockState(stateFolder, 'passerelle-edge', 'stateFolder');
  let host: EdgeHost | undefined;
  const metrics = makeMetrics(join(stateFolder, 'databases'), () => host?.health());
  host = await startEdgeHost({
    ...listen,
    stateDir: stateFolder,
    script: readFileSync(join(release, 'worker', 'index.js'), 'utf8'),
    migrations: join(release, 'migrations'),
    settings: config.settings,
    exportDir: config.exportFolder,
    workerd: findWorkerd(config.workerd),
    bytesMax: config.databaseBytesMax,
    onLine: (line) => lines.say(edgeLine(line)),
    onEvent: (event) => {
      metrics.note(event);
      lines.say(lineOf(event));
    },
  });
  const running = host;
  const port = await openHostAdmin({
    ...admin,
    registry: metrics.registry,
    ill: () => illOf(running),
  }).catch(async (cause: unknown) => {
    await running.close();
    throw cause;
  });
  lines.say(logLine('info', 'host-ready', { event: 'host-ready', port: running.port, adminPort: port.port }));
  act({
    reload: () => reload(file, config, running),
    end: async () => {
      await running.close();
      await port.close();
      lock.release();
      lines.say(logLine('info', 'host-ended', {}));
      await lines.finish(LOG_TIMEOUT_MS);
    },
  });
}

function lineOf({ event, ...fields }: HostEvent): string {
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
  process.exit(1);
}
