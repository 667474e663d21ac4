// passerelle-edge: the edge on one's own machine, `passerelle-edge --config FICHIER [--check]`. Exit codes: 0 done, 1 something
// is wrong with the settings, the files or a port, 2 wrong command line. docs/hebergement.md.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describeUsage, type Flags, readCommandLine } from '../shared/command-line.ts';
import { openHostAdmin } from './admin.ts';
import { type ConfigProblem, type HostConfig, readHostConfig } from './config/read-config.ts';
import { type EdgeHost, type HostEvent, startEdgeHost } from './edge-host.ts';
import { folderOf, makeMetrics } from './host-metrics.ts';
import { edgeLine, logLine, openLines } from './log/lines.ts';
import { findWorkerd } from './runtime/workerd-process.ts';
import { lockState } from './state/state-lock.ts';

const FLAGS = {
  config: { kind: 'text', hint: 'FICHIER', required: true, about: 'réglages, voir docs/hebergement.md' },
  check: { kind: 'switch', about: 'vérifie tout sans ouvrir de port, et se termine' },
  release: {
    kind: 'text',
    hint: 'DOSSIER',
    about: 'où sont worker/index.js et migrations/ (par défaut : à côté du dossier du programme)',
  },
} as const satisfies Flags;
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
  const { help, values, problems } = readCommandLine(process.argv.slice(2), FLAGS, { env: process.env });
  const usage = describeUsage('passerelle-edge --config FICHIER [options]', FLAGS);
  if (help) {
    process.stdout.write(usage);
    return;
  }
  if (problems.length > 0) {
    process.stderr.write(`${problems.join('\n')}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  const file = resolve(values.config);
  const read = readHostConfig(file, process.env);
  if (!read.ok) return refuse(read.error);
  const { config, dated } = read.value;
  if (values.check) {
    if (dated.length > 0) return refuse(dated);
    process.stdout.write('Configuration correcte.\n');
    return;
  }
  for (const { field, text } of dated)
    lines.say(logLine('warn', 'host-file-problem', { field, detail: text }));
  await run(file, config, resolve(values.release ?? join(import.meta.dirname, '..')));
}

async function run(file: string, config: HostConfig, release: string): Promise<void> {
  const act = hearSignals();
  const { listen, admin, stateFolder } = config;
  const lock = lockState(stateFolder, 'passerelle-edge');
  let host: EdgeHost | undefined;
  const metrics = makeMetrics(join(stateFolder, 'databases'), () => host?.health());
  host = await startEdgeHost({
    ...listen,
    stateDir: stateFolder,
    script: readFileSync(join(release, 'worker', 'index.js'), 'utf8'),
    migrations: join(release, 'migrations'),
    settings: config.settings,
    exportDir: config.exportFolder,
    workerd: config.workerd ?? findWorkerd(),
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
