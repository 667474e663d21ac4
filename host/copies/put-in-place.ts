// What was brought back (restore.ts, host/replica/promote.ts) takes the place of a state folder's databases, its edge stopped.
// The core database is marked as restored first, whereupon its own trigger makes every late withdrawal due again
// (docs/accounts.md § 4); what was there is kept beside.

import { link, mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { prepareFile } from '../databases/prepare-files.ts';
import { makePrivateFolder } from '../state/private-folder.ts';
import { syncPath } from './durable-files.ts';
import { COPIED, type CopiedName, copyName } from './manifest.ts';

export interface PutOptions {
  /** Absolute. */
  readonly stateFolder: string;
  /** Folder with a folder of migrations per database: a database of an older program is brought up to date. */
  readonly migrations: string;
  /** Withdrawals of so many days before the databases' state are said again. */
  readonly days: number;
  readonly nowMs: number;
}

/** What SQLite has beside a database, which must never be seen beside another. */
const BESIDE = ['-wal', '-shm', '-journal'];

/** Where Litestream keeps, beside a database, what it has read of it: of another it would be wrong. */
export const shadowFolder = (file: string): string => join(dirname(file), `.${basename(file)}-litestream`);

/** Up to date, and marked as restored. @returns how many withdrawals are due again. @throws Error with a French sentence. */
export async function prepareRestored(
  staging: string,
  { migrations, days, nowMs }: PutOptions,
): Promise<number> {
  for (const name of ['DB', 'APPOINTMENTS'] as const) {
    const words = await prepareFile(name, { folder: staging, migrations });
    if (words === undefined) continue;
    throw new Error(`la base ${name} restaurée ne s'ouvre pas : ${words}. Rien n'a été remplacé`);
  }
  const db = new DatabaseSync(join(staging, copyName('core')));
  try {
    db.exec('BEGIN');
    const mark = db.prepare('SELECT writes FROM core_mark WHERE id = 1').get();
    db.prepare('INSERT INTO restores (at_ms, days) VALUES (?, ?)').run(nowMs, days);
    // Nobody was told of these writes: a gate that remembers more must see that there are fewer.
    db.prepare('UPDATE core_mark SET writes = ? WHERE id = 1').run(Number(mark?.writes));
    db.exec('COMMIT');
    const marked = db.prepare('SELECT COUNT(*) AS count FROM accounts WHERE restored_ms = ?').get(nowMs);
    return Number(marked?.count);
  } finally {
    // The last one that closes a database writes its journal into it and takes it away.
    db.close();
  }
}

/**
 * At no moment is there no file. `aside`: what else of the state folder is of another life than the databases. @returns where
 * what was there is; undefined: nothing was.
 */
export async function putInPlace(
  staging: string,
  { stateFolder, nowMs }: Pick<PutOptions, 'stateFolder' | 'nowMs'>,
  aside: readonly string[] = [],
): Promise<string | undefined> {
  const databases = join(stateFolder, 'databases');
  makePrivateFolder(databases);
  const kept = join(stateFolder, `before-restore-${new Date(nowMs).toISOString().replace(/[^\dTZ]/g, '')}`);
  await mkdir(kept, { mode: 0o700 });
  let isKept = false;
  for (const name of aside) isKept = (await moveTo(kept, join(stateFolder, name), rename)) || isKept;
  for (const name of COPIED) {
    await syncPath(join(staging, copyName(name)));
    isKept = (await keep(databases, kept, name)) || isKept;
    await rename(join(staging, copyName(name)), join(databases, copyName(name)));
  }
  for (const folder of [kept, databases, stateFolder]) await syncPath(folder);
  if (isKept) return kept;
  await rm(kept, { recursive: true });
  return undefined;
}

async function keep(databases: string, kept: string, name: CopiedName): Promise<boolean> {
  const file = join(databases, copyName(name));
  await moveTo(kept, shadowFolder(file), rename);
  for (const suffix of BESIDE) await moveTo(kept, file + suffix, rename);
  return moveTo(kept, file, link);
}

/** @returns false when it is not there. */
function moveTo(folder: string, path: string, move: typeof link): Promise<boolean> {
  return move(path, join(folder, basename(path))).then(
    () => true,
    (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return false;
      throw cause;
    },
  );
}
