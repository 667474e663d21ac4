// Begins a program that ends with this one, also when this one is killed without warning: it would else keep a port, an
// object or a file that the next run needs.

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/**
 * Becomes the program, and leaves behind a guard that waits at a pipe of the host's: a word ends the guard, the pipe's end
 * ends the program too.
 */
const GUARDED = `umask 077
(read -r word <&4 || kill -KILL $$) >/dev/null 2>&1 3>&- 5<&- &
exec 4<&-
exec "$0" "$@"`;

/** Descriptors of the program besides its output, which is piped. */
export interface MoreDescriptors {
  readonly 3?: 'pipe';
  /** An open socket. */
  readonly 5?: number;
}

/** `environment`: nothing else of this process's own is handed on but what a program needs of the system. */
export function spawnGuarded(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  more: MoreDescriptors = {},
): ChildProcess {
  const stdio: NonNullable<SpawnOptions['stdio']> = ['ignore', 'pipe', 'pipe', more[3] ?? 'ignore', 'pipe'];
  if (more[5] !== undefined) stdio.push(more[5]);
  const child = spawn('/bin/sh', ['-c', GUARDED, program, ...args], {
    stdio,
    env: { ...systemVariables(), ...environment },
  });
  child.once('exit', () => {
    const guard = child.stdio[4] as Writable;
    guard.on('error', () => undefined);
    guard.end('over\n');
  });
  return child;
}

/** What a program needs of the system to find authorities, names and its time zone. */
function systemVariables(): Record<string, string> {
  const names = ['PATH', 'LANG', 'TZ', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
