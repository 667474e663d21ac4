// Applies the Worker's migrations to the databases of an edge that is not on the platform, each whole or not at all. There
// `wrangler d1 migrations apply` does it, with the same table.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The databases by their binding, each with its folder of migrations, as in wrangler.toml. */
export const DATABASES = [
  { name: 'DB', folder: 'core' },
  { name: 'APPOINTMENTS', folder: 'appointments' },
  { name: 'CACHE', folder: 'cache' },
] as const;
export type DatabaseName = (typeof DATABASES)[number]['name'];

/** Of the source tree: the Worker's own. A release has them beside it. */
export const MIGRATIONS = join(import.meta.dirname, '../..', 'worker', 'store', 'migrations');

export interface Database {
  prepare(sql: string): { bind(...values: unknown[]): unknown; all<T>(): Promise<{ results: T[] }> };
  /** One transaction: after a failure nothing of it remains. */
  batch(statements: unknown[]): Promise<unknown>;
}

/** Same table as wrangler's, so that either tool knows what the other applied. */
const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS d1_migrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`;

/** The files of one database, in their order. @throws what Node throws. */
export async function migrationsOf(migrations: string, folder: string): Promise<string[]> {
  return (await readdir(join(migrations, folder))).filter((name) => name.endsWith('.sql')).sort();
}

/**
 * Those of one database: `folder` of `migrations`.
 * @throws Error with a French sentence that names the file and the statement; those before it stay applied.
 */
export async function applyMigrations(db: Database, migrations: string, folder: string): Promise<void> {
  const dir = join(migrations, folder);
  await db.batch([db.prepare(MIGRATIONS_TABLE)]);
  const { results } = await db.prepare('SELECT name FROM d1_migrations').all<{ name: string }>();
  const applied = new Set(results.map(({ name }) => name));
  const names = await migrationsOf(migrations, folder);
  for (const name of names.filter((name) => !applied.has(name))) {
    const statements = splitStatements(await readFile(join(dir, name), 'utf8'));
    try {
      await db.batch([
        ...statements.map((sql) => db.prepare(sql)),
        db.prepare('INSERT INTO d1_migrations (name) VALUES (?1)').bind(name),
      ]);
    } catch (cause) {
      throw new Error(await describeFailure(db, join(folder, name), statements, cause), { cause });
    }
  }
}

async function describeFailure(
  db: Database,
  name: string,
  statements: readonly string[],
  cause: unknown,
): Promise<string> {
  const at = await findFailing(db, statements, messageOf(cause));
  const which = at === undefined ? '' : `, instruction ${at + 1} (« ${headOf(statements[at] ?? '')} »)`;
  return `la migration ${join('worker/store/migrations', name)}${which} a échoué : ${messageOf(cause)}. Rien de ce fichier n'a été appliqué.`;
}

/** Fails whatever the database holds, so that a trial leaves nothing behind. */
const NEVER = "SELECT json('passerelle: not JSON')";

/** D1 does not say which statement of a batch failed: the shortest beginning that fails with the same words ends with it. */
async function findFailing(
  db: Database,
  statements: readonly string[],
  message: string,
): Promise<number | undefined> {
  for (let at = 0; at < statements.length; at += 1) {
    const trial = [...statements.slice(0, at + 1), NEVER].map((sql) => db.prepare(sql));
    const failure = await db.batch(trial).then(() => undefined, messageOf);
    if (failure === message) return at;
  }
  return undefined;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function headOf(sql: string): string {
  const line = sql.replace(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

/**
 * Our migrations hold no `;` but at the end of a statement or inside a trigger, which ends with `END;`, and comments only from
 * `--` to the line's end.
 */
function splitStatements(sql: string): string[] {
  return sql
    .replace(/--.*$/gm, '')
    .split(/(\bCREATE TRIGGER\b[\s\S]*?\bEND;)/)
    .flatMap((part) => (part.startsWith('CREATE TRIGGER') ? [part] : part.split(';')))
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
