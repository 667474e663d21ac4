// Starts one of our Node programs as a process of its own and waits until it says that it is ready. It hears no signal
// of our terminal, so that it ends when we tell it and not before; an open channel tells it when we are gone.

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { readLines } from '../../host/runtime/read-lines.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const STOP_MS = 15_000;

export interface Child {
  readonly process: ChildProcess;
  /** The line (parsed JSON) by which it said that it is ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** SIGTERM, then SIGKILL when it does not end; resolves with its exit code. */
  stop(): Promise<number | null>;
}

export interface ChildOptions {
  /** File below the project's root, then its arguments. */
  readonly command: readonly string[];
  /** Value of `event` or `msg` in the line that means ready. */
  readonly readyEvent: string;
  /** Receives every line of standard output and standard error. */
  readonly onLine: (line: string) => void;
}

export function startChild(options: ChildOptions): Promise<Child> {
  const [file = '', ...args] = options.command;
  const child = spawn(process.execPath, [join(ROOT, file), ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  // What keeps a test or a program alive is what it waits for, not a channel that says nothing.
  child.channel?.unref();
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    const code = await exited;
    clearTimeout(timer);
    return code;
  };
  return new Promise<Child>((resolve, reject) => {
    const lines: string[] = [];
    const onLine = (line: string): void => {
      options.onLine(line);
      lines.push(line);
      const ready = readReady(line, options.readyEvent);
      if (ready !== undefined) resolve({ process: child, ready, stop });
      if (lines.length > 20) lines.shift();
    };
    readLines(child.stdout, onLine);
    readLines(child.stderr, onLine);
    child.once('error', reject);
    void exited.then((code) => reject(new Error(`${file} ended with ${code}:\n${lines.join('\n')}`)));
  });
}

/** Runs one of our programs to its end; resolves with its exit code. */
export function runChild(command: readonly string[], onLine: (line: string) => void): Promise<number | null> {
  const [file = '', ...args] = command;
  const child = spawn(process.execPath, [join(ROOT, file), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  readLines(child.stdout, onLine);
  readLines(child.stderr, onLine);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

function readReady(line: string, event: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    return value.event === event || value.msg === event || value.message === event ? value : undefined;
  } catch {
    return undefined;
  }
}
