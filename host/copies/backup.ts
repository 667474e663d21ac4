// `passerelle-edge backup`: copies the databases of a state folder while the edge runs, or while it does not. Each copy is of
// one instant (SQLite's VACUUM INTO, one read transaction, writers go on), read whole once, and described in a manifest.
// The objects' own storage is not copied: docs/exploitation/copies.md says why. https://sqlite.org/lang_vacuum.html

import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describeVersion } from '../../shared/version.ts';
import { syncPath } from './durable-files.ts';
import { inspectCopy } from './inspect-copy.ts';
import {
  COPIED,
  type CopiedDatabase,
  type CopiedName,
  copyName,
  MANIFEST_FILE,
  type Manifest,
  sha256Of,
} from './manifest.ts';

/** A migration or a checkpoint that holds the file is waited for so long. */
const BUSY_MS = 30_000;

export interface BackupOptions {
  /** Absolute, with the folder of databases. */
  readonly stateFolder: string;
  /** Absolute; absent or empty. Whole when this resolves, else absent or as empty as before. */
  readonly to: string;
  readonly nowMs: number;
}

/** @throws Error with a French sentence. */
export async function backUp({ stateFolder, to, nowMs }: BackupOptions): Promise<Manifest> {
  const there = await readdir(to).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw new Error(`${to} ne peut pas être lu (${cause.code})`, { cause });
  });
  if (there.length > 0) throw new Error(`${to} n'est pas vide : une copie a un dossier à elle`);
  await mkdir(dirname(to), { recursive: true });
  const folder = await mkdtemp(`${to}.`);
  try {
    const databases: CopiedDatabase[] = [];
    for (const name of COPIED) databases.push(await copyOne(join(stateFolder, 'databases'), folder, name));
    const manifest: Manifest = {
      format: 1,
      at: new Date(nowMs).toISOString(),
      version: describeVersion(),
      databases,
    };
    const file = join(folder, MANIFEST_FILE);
    await writeFile(file, `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600 });
    await syncPath(file);
    await syncPath(folder);
    await rename(folder, to);
    await syncPath(dirname(to));
    return manifest;
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw cause;
  }
}

async function copyOne(from: string, folder: string, name: CopiedName): Promise<CopiedDatabase> {
  const file = join(folder, copyName(name));
  try {
    const db = new DatabaseSync(join(from, copyName(name)), { readOnly: true, timeout: BUSY_MS });
    try {
      db.prepare('VACUUM INTO ?').run(file);
    } finally {
      db.close();
    }
  } catch (cause) {
    throw new Error(`la base ${name} ne se copie pas : ${(cause as Error).message}`, { cause });
  }
  await syncPath(file);
  const { integrity, ...contents } = inspectCopy(file, name);
  if (integrity !== 'ok') throw new Error(`la copie de ${name} est abîmée, donc la base : ${integrity}`);
  const { size: bytes } = await stat(file);
  return { name, bytes, sha256: await sha256Of(file), integrity, ...contents };
}
