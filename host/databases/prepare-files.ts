// The files of the three databases, made and migrated before anything asks them. Called by the host at its start, and
// by process.ts before a file that could not be used is served after all.

import { join } from 'node:path';
import { applyMigrations, DATABASES, type Database, type DatabaseName } from './migrations.ts';
import { type Query, SqliteFailure, SqliteFile, type SqliteFileOptions } from './sqlite-file.ts';

/** SQLite's words of a file that is damaged, or that this account may not use. */
const DAMAGE = /SQLITE_(?:CORRUPT|NOTADB|IOERR|CANTOPEN|READONLY|FULL)\b/;

export interface PrepareOptions extends Omit<SqliteFileOptions, 'file'> {
  /** Made already. */
  readonly folder: string;
  /** A folder per database, of `.sql` files. */
  readonly migrations: string;
}

/** Where a database's file is. */
export const databaseFile = (folder: string, name: DatabaseName): string =>
  join(folder, `${folderOf(name)}.sqlite`);

const folderOf = (name: DatabaseName): string | undefined =>
  DATABASES.find((one) => one.name === name)?.folder;

/**
 * @returns SQLite's word of a file that cannot be used, or not be migrated for that reason: it must be prepared again before
 * anybody asks it. @throws Error with a French sentence when a migration itself fails; nothing of that file of it was done.
 */
export async function prepareFile(
  name: DatabaseName,
  { folder, migrations, ...limits }: PrepareOptions,
): Promise<string | undefined> {
  let file: SqliteFile | undefined;
  try {
    file = new SqliteFile({ ...limits, file: databaseFile(folder, name) });
    await applyMigrations(databaseOver(file), migrations, folderOf(name) ?? '');
    return undefined;
  } catch (cause) {
    const words = DAMAGE.exec(cause instanceof Error ? cause.message : '')?.[0];
    if (words === undefined) throw cause;
    return words;
  } finally {
    file?.close();
  }
}

interface Statement extends Query {
  bind(...values: unknown[]): unknown;
  all<T>(): Promise<{ results: T[] }>;
}

/** What the migrations need of D1's interface, over an open file. */
function databaseOver(file: Pick<SqliteFile, 'run'>): Database {
  const prepare = (sql: string, params: Query['params'] = []): Statement => ({
    sql,
    params,
    bind: (...values) => prepare(sql, values as NonNullable<Query['params']>),
    all: async <T>() => {
      const results = file.run([{ sql, params }])[0]?.results ?? [];
      return { results: results as T[] };
    },
  });
  return {
    prepare: (sql) => prepare(sql),
    // D1 names itself before SQLite's words.
    batch: async (statements) => {
      try {
        return file.run(statements as Statement[]);
      } catch (cause) {
        throw cause instanceof SqliteFailure ? new Error(`D1_ERROR: ${cause.message}`, { cause }) : cause;
      }
    },
  };
}
