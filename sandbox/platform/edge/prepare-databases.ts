// The databases of a state folder as the Worker of today needs them, before its port is open: a message that came while
// tables move would be recorded in one that goes. A runtime of its own does it, without port, object or schedule, when the
// files say that there is something to do. Called by edge-process.ts.

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Miniflare } from 'miniflare';
import {
  applyMigrations,
  DATABASES,
  type DatabaseName,
  migrationsOf,
} from '../../../host/databases/migrations.ts';
import { moveFromCore, OLD_TABLES } from './move-tables.ts';

/** The databases by their binding, as Miniflare names their files. */
export const D1_DATABASES = {
  DB: 'passerelle',
  APPOINTMENTS: 'passerelle-appointments',
  CACHE: 'passerelle-cache',
} as const satisfies Record<DatabaseName, string>;

export const d1Folder = (stateDir: string): string => join(stateDir, 'd1');

/**
 * `make`: starts the runtime. @returns the file that is damaged, if one is: then nothing was changed, and the edge starts
 * without it. @throws Error with a French sentence of what could not be applied or moved.
 */
export async function prepareDatabases(
  stateDir: string,
  migrations: string,
  make: (start: () => Miniflare) => Miniflare,
): Promise<string | undefined> {
  const found = await lookAtFiles(stateDir, migrations);
  if (found === 'prepared') return undefined;
  if (found !== 'to do') return found.damaged;
  const { Miniflare: Runtime } = await import('miniflare');
  const miniflare = make(
    () =>
      new Runtime({
        name: 'edge',
        modules: true,
        script: 'export default {}',
        d1Databases: D1_DATABASES,
        d1Persist: d1Folder(stateDir),
        cf: false,
      }),
  );
  try {
    await miniflare.ready;
    await changeTables(miniflare, migrations);
    return undefined;
  } finally {
    await miniflare.dispose();
  }
}

/** Also for databases in memory, which nobody has written to before. */
export async function changeTables(miniflare: Miniflare, migrations: string): Promise<void> {
  for (const { name, folder } of DATABASES) {
    await applyMigrations(await miniflare.getD1Database(name), migrations, folder);
  }
  await moveFromCore(await miniflare.getD1Database('DB'), await miniflare.getD1Database('APPOINTMENTS'));
}

/**
 * `prepared`: each database has had all of its migrations, and none has tables that are another's. What cannot be read for
 * another reason than damage is left to the runtime, which says more.
 */
async function lookAtFiles(
  stateDir: string,
  migrations: string,
): Promise<'prepared' | 'to do' | { readonly damaged: string }> {
  const found: Tables[] = [];
  let file = '';
  try {
    for (const path of await d1Files(stateDir)) {
      file = basename(path);
      found.push(readTables(path));
    }
    for (const { folder } of DATABASES) {
      const own = await ownFile(found, migrations, folder);
      if (own === undefined || (folder === 'core' && OLD_TABLES.some((name) => own.tables.has(name))))
        return 'to do';
    }
    return 'prepared';
  } catch (cause) {
    return isDamage(cause) ? { damaged: file } : 'to do';
  }
}

/** Paths of the databases' files. @throws what Node throws, as when there is no such folder. */
export async function d1Files(stateDir: string): Promise<string[]> {
  const dir = join(d1Folder(stateDir), 'miniflare-D1DatabaseObject');
  const names = (await readdir(dir)).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  return names.map((name) => join(dir, name));
}

/** The one that has had all migrations of a folder: Miniflare's names say nothing. */
export async function ownFile(
  files: readonly Tables[],
  migrations: string,
  folder: string,
): Promise<Tables | undefined> {
  const wanted = await migrationsOf(migrations, folder);
  return files.find(({ applied }) => wanted.every((name) => applied.has(name)));
}

/** SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_READONLY, SQLITE_CANTOPEN, with what more SQLite says of them. */
function isDamage(cause: unknown): boolean {
  const code = cause instanceof Error && 'errcode' in cause ? Number(cause.errcode) & 0xff : 0;
  return [8, 11, 14, 26].includes(code);
}

/** A file, and the names of what it has. */
interface Tables {
  readonly path: string;
  readonly applied: ReadonlySet<unknown>;
  readonly tables: ReadonlySet<unknown>;
}

/** @throws what node:sqlite throws of a file that is no database of ours. */
export function readTables(path: string): Tables {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const names = (sql: string): Set<unknown> =>
      new Set(
        db
          .prepare(sql)
          .all()
          .map(({ name }) => name),
      );
    return {
      path,
      applied: names('SELECT name FROM d1_migrations'),
      tables: names("SELECT name FROM sqlite_master WHERE type = 'table'"),
    };
  } finally {
    db.close();
  }
}
