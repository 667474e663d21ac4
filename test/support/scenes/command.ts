// Runs one of package.json's own commands as npm does, in a folder of its own, and keeps what it says.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};

/** Script names that run a program of ours, and its words after `node`. */
export const COMMANDS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(scripts)
    .filter(([, line]) => /^(exec )?node [^&]*$/.test(line))
    .map(([name, line]) => [name, line.replace(/^(exec )?node /, '').split(' ')]),
);

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ran>;
  /** What it said until now. */
  said(): string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export function startCommand(name: string, args: readonly string[], options: RunOptions): Running {
  const words = COMMANDS.get(name);
  if (words === undefined) throw new Error(`package.json has no command ${name} of ours`);
  const file = words.at(-1) ?? '';
  const child = spawn(process.execPath, [...words.slice(0, -1), join(ROOT, file), ...args], {
    cwd: options.cwd,
    env: { ...process.env, PASSERELLE_TOKEN: undefined, ...options.env },
  });
  child.stdin.end(options.input ?? '');
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => {
      out[name] += text;
    });
  }
  const ended = new Promise<Ran>((done, reject) => {
    child.once('error', reject);
    child.once('close', (code) => done({ code, ...out }));
  });
  return { process: child, ended, said: () => out.stdout + out.stderr };
}

export function runCommand(name: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  return startCommand(name, args, options).ended;
}
