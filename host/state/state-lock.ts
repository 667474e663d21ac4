// One running program per state folder: two would overwrite each other's files and write to one database twice. The
// lock is the operating system's, taken through SQLite, so that it ends with its holder however that ends. Programs
// that only add a file (`npm run token`, `relay --trust`) do not ask for it: what they write is whole or not there.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { closeToOthers, makePrivateFolder, PRIVATE_FILE } from './private-folder.ts';

const LOCK_FILE = '.lock';
/** Says who holds it, for people. */
const HOLDER_FILE = '.lock.json';
const HOLDER_WAIT_MS = 500;
const SQLITE_BUSY = 5;

export interface StateLock {
  release(): void;
}

/**
 * `command` is the caller's own, as people type it; `option`: where they name the folder. @throws Error with a French
 * sentence: who holds the folder and what to do, or that it cannot be written. A disk without room is no reason.
 */
export function lockState(dir: string, command: string, option = '--state'): StateLock {
  let lock: DatabaseSync | undefined;
  try {
    makePrivateFolder(dir);
    lock = new DatabaseSync(join(dir, LOCK_FILE), { timeout: 0 });
    // Its journal would be a file: the lock must be had on a disk without room too.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    noteHolder(dir, command);
    closeToOthers(dir);
  } catch (cause) {
    if (lock?.isOpen === true) lock.close();
    const text = isTaken(cause) ? describeHolder(dir, option) : `Le dossier ${dir} ne peut pas être écrit.`;
    throw new Error(text, { cause });
  }
  const held = lock;
  return {
    release: () => {
      if (!held.isOpen) return;
      rmSync(join(dir, HOLDER_FILE), { force: true });
      held.close();
    },
  };
}

function noteHolder(dir: string, command: string): void {
  const file = join(dir, HOLDER_FILE);
  const holder = { pid: process.pid, command, since: new Date().toISOString() };
  try {
    writeFileSync(file, JSON.stringify(holder), { mode: PRIVATE_FILE });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') throw cause;
    rmSync(file, { force: true });
  }
}

function isTaken(cause: unknown): boolean {
  return cause instanceof Error && 'errcode' in cause && cause.errcode === SQLITE_BUSY;
}

function describeHolder(dir: string, option: string): string {
  const { pid, command, since } = readHolder(join(dir, HOLDER_FILE));
  const who = pid === undefined ? 'un autre programme' : `le processus ${pid} (${command}, depuis ${since})`;
  return `Le dossier ${dir} est déjà utilisé par ${who} : arrêtez-le, ou donnez un autre dossier (${option}).`;
}

/** Its holder writes it just after taking the lock: not there yet, it is a moment away. */
function readHolder(file: string): { pid?: number; command?: string; since?: string } {
  const endMs = Date.now() + HOLDER_WAIT_MS;
  for (;;) {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as { pid: number };
    } catch {
      if (Date.now() > endMs) return {};
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}
