// The relay as it really runs: a child process with a settings file, its log read line by line.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { until } from '../../wait/until.ts';
import { builtRelay } from '../built/relay.ts';

export type LogLine = Readonly<Record<string, unknown>> & { readonly message: string };

export interface RelayProcess {
  readonly child: ChildProcess;
  readonly lines: LogLine[];
  /** Everything written, stdout and stderr. */
  output(): string;
  /** The nth line with this message. */
  said(message: string, nth?: number): Promise<LogLine>;
  adminUrl(): Promise<string>;
  /** Exit code. */
  ended(): Promise<number | null>;
  stop(): Promise<void>;
}

/** `main`: another program file than that of these sources; `env`: besides that of the test. */
export function spawnRelay(
  args: readonly string[],
  main = builtRelay(),
  env: Readonly<Record<string, string>> = {},
): RelayProcess {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const lines: LogLine[] = [];
  let output = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    output += `${line}\n`;
    if (line.startsWith('{"level"')) lines.push(JSON.parse(line) as LogLine);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  const closed = once(child, 'close');
  const said = (message: string, nth = 1): Promise<LogLine> =>
    until(`log line ${message}\n${output}`, () => lines.filter((line) => line.message === message)[nth - 1]);
  return {
    child,
    lines,
    output: () => output,
    said,
    adminUrl: async () => `http://127.0.0.1:${String((await said('relay-ready')).port)}`,
    ended: async () => {
      await closed;
      return child.exitCode;
    },
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await closed;
    },
  };
}
