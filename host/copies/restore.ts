// `passerelle-edge restore`: puts a copy in the place of a state folder's databases, its edge stopped. Everything is held
// against the manifest before anything is replaced; what was there is kept beside. The restored core database says of itself
// that it was restored, whereupon its own trigger makes every late withdrawal due again (docs/accounts.md § 4).

import { chmod, copyFile, link, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { prepareFile } from '../databases/prepare-files.ts';
import { makePrivateFolder, PRIVATE_FILE } from '../state/private-folder.ts';
import { lockState } from '../state/state-lock.ts';
import { syncPath } from './durable-files.ts';
import { type Contents, inspectCopy } from './inspect-copy.ts';
import {
  COPIED,
  type CopiedDatabase,
  type CopiedName,
  copyName,
  type Manifest,
  readManifest,
  sha256Of,
} from './manifest.ts';

export interface RestoreOptions {
  /** Absolute. */
  readonly stateFolder: string;
  /** Folder of a copy, absolute. */
  readonly from: string;
  /** Folder with a folder of migrations per database: a copy of an older program is brought up to date. */
  readonly migrations: string;
  /** Withdrawals of so many days before the copy are said again. */
  readonly days: number;
  readonly nowMs: number;
}

export interface Restored {
  readonly manifest: Manifest;
  /** Where what was there before is; undefined: nothing was. */
  readonly keptAt: string | undefined;
  /** Withdrawals that are due again. */
  readonly reasserted: number;
}

/** What SQLite has beside a database, which must never be seen beside another. */
const BESIDE = ['-wal', '-shm', '-journal'];

/** @throws Error with a French sentence; then the databases are as they were. */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { stateFolder, from } = options;
  const manifest = readManifest(from);
  if (!manifest.ok) throw new Error(manifest.error);
  const lock = lockState(stateFolder, 'passerelle-edge restore', 'stateFolder');
  const staging = await mkdtemp(join(stateFolder, 'restoring-'));
  try {
    for (const about of manifest.value.databases) await take(from, staging, about);
    const reasserted = await prepare(staging, options);
    return { manifest: manifest.value, keptAt: await putInPlace(staging, options), reasserted };
  } finally {
    await rm(staging, { recursive: true, force: true });
    lock.release();
  }
}

/** Of our own copy of it, which nobody changes after it was looked at. */
async function take(from: string, staging: string, about: CopiedDatabase): Promise<void> {
  const file = join(staging, copyName(about.name));
  const wrong = (why: string): never => {
    throw new Error(
      `la copie de ${about.name} n'est pas ce que dit son manifeste : ${why}. Rien n'a été remplacé`,
    );
  };
  await copyFile(join(from, copyName(about.name)), file).catch((cause: NodeJS.ErrnoException) =>
    wrong(`le fichier ne se lit pas (${cause.code})`),
  );
  await chmod(file, PRIVATE_FILE);
  const { size } = await stat(file);
  if (size !== about.bytes) wrong(`${size} octets au lieu de ${about.bytes}`);
  if ((await sha256Of(file)) !== about.sha256) wrong('la somme SHA-256 diffère');
  let found: Contents;
  try {
    found = inspectCopy(file, about.name);
  } catch (cause) {
    return wrong((cause as Error).message);
  }
  if (found.integrity !== 'ok') wrong(found.integrity);
  for (const field of ['identity', 'writes', 'schema'] as const) {
    if (found[field] !== about[field]) wrong(`${field} diffère`);
  }
  for (const table of new Set([...Object.keys(found.rows), ...Object.keys(about.rows)])) {
    if (found.rows[table] !== about.rows[table]) {
      wrong(`${table} a ${found.rows[table] ?? 'aucune'} lignes au lieu de ${about.rows[table] ?? 'aucune'}`);
    }
  }
}

/** Up to date, and marked as restored. @returns how many withdrawals are due again. */
async function prepare(staging: string, { migrations, days, nowMs }: RestoreOptions): Promise<number> {
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

/** At no moment is there no file. @returns where the old ones are. */
async function putInPlace(
  staging: string,
  { stateFolder, nowMs }: RestoreOptions,
): Promise<string | undefined> {
  const databases = join(stateFolder, 'databases');
  makePrivateFolder(databases);
  const kept = join(stateFolder, `before-restore-${new Date(nowMs).toISOString().replace(/[^\dTZ]/g, '')}`);
  await mkdir(kept, { mode: 0o700 });
  let isKept = false;
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
  const unlessAbsent = (cause: NodeJS.ErrnoException): false => {
    if (cause.code === 'ENOENT') return false;
    throw cause;
  };
  const moved = (suffix: string, move: typeof link): Promise<boolean> =>
    move(join(databases, copyName(name) + suffix), join(kept, copyName(name) + suffix)).then(
      () => true,
      unlessAbsent,
    );
  for (const suffix of BESIDE) await moved(suffix, rename);
  return moved('', link);
}
