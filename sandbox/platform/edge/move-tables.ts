// A state folder of before the three databases had its appointments in the core one: at the next start they move, once. What
// is copied is counted before the old tables go; a start that dies in the midst is taken up by the next. Kept answers of
// then are seconds old and go. Called by prepare-databases.ts, before anything is served.

import type { Database } from '../../../host/databases/migrations.ts';

const APPOINTMENT_TABLES = ['appointments', 'appointment_versions'] as const;
/** What a core database of then has, and one of today has not. */
export const OLD_TABLES = [...APPOINTMENT_TABLES, 'availability'] as const;
const ROWS_PER_READ = 1_000;
/** D1 takes 2 MB in a parameter, in UTF-8. */
const TEXT_LENGTH_MAX = 500_000;

interface Statement {
  bind(...values: unknown[]): Statement;
  all<T>(): Promise<{ results: T[] }>;
}

/** @throws Error with a French sentence when not everything arrived; then nothing is taken away. */
export async function moveFromCore(core: Database, appointments: Database): Promise<void> {
  const { results } = await core
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
    .all<{ name: string }>();
  const tables = new Set(results.map(({ name }) => name));
  const moving = APPOINTMENT_TABLES.filter((table) => tables.has(table));
  for (const table of moving) await copyTable(core, appointments, table);
  // Both at once: a start that died between them would find half of what it has to copy.
  const gone = [...moving, ...(tables.has('availability') ? ['availability'] : [])];
  if (gone.length > 0) await core.batch(gone.map((table) => core.prepare(`DROP TABLE ${table}`)));
}

async function copyTable(from: Database, to: Database, table: string): Promise<void> {
  const had = new Set(await columnsOf(from, table));
  // A column that came since is made anew.
  const columns = (await columnsOf(to, table)).filter((name) => had.has(name));
  const key = table === 'appointments' ? ['id'] : ['appointment', 'version'];
  const list = columns.join(', ');
  const page = `SELECT ${list} FROM ${table} WHERE (${key.join(', ')}) > (${key.map(() => '?').join(', ')})
    ORDER BY ${key.join(', ')} LIMIT ${ROWS_PER_READ}`;
  const insert = `INSERT OR IGNORE INTO ${table} (${list})
    SELECT ${columns.map((_, index) => `value ->> ${index}`).join(', ')} FROM json_each(?) WHERE true`;
  let after: unknown[] = key.map(() => '');
  for (;;) {
    const { results } = await prepare(from, page)
      .bind(...after)
      .all<Record<string, unknown>>();
    const last = results.at(-1);
    if (last === undefined) break;
    const rows = results.map((row) => JSON.stringify(columns.map((name) => row[name])));
    for (const text of listsOf(rows)) await prepare(to, insert).bind(text).all();
    after = key.map((name) => last[name]);
  }
  const [wanted, arrived] = [await countOf(from, table), await countOf(to, table)];
  if (arrived < wanted) {
    throw new Error(
      `la table ${table} n'a pas été déplacée entière dans sa base (${arrived} lignes sur ${wanted}) ; rien n'a été effacé.`,
    );
  }
}

/** JSON lists of these JSON texts, each short enough for a parameter. */
function listsOf(texts: readonly string[]): string[] {
  const lists: string[] = [];
  let list = '';
  for (const text of texts) {
    if (list !== '' && list.length + text.length > TEXT_LENGTH_MAX) {
      lists.push(`[${list}]`);
      list = '';
    }
    list += list === '' ? text : `,${text}`;
  }
  return [...lists, `[${list}]`];
}

async function columnsOf(db: Database, table: string): Promise<string[]> {
  const { results } = await db
    .prepare(`SELECT name FROM pragma_table_info('${table}')`)
    .all<{ name: string }>();
  return results.map(({ name }) => name);
}

async function countOf(db: Database, table: string): Promise<number> {
  const { results } = await db.prepare(`SELECT COUNT(*) AS count FROM ${table}`).all<{ count: number }>();
  return results[0]?.count ?? 0;
}

function prepare(db: Database, sql: string): Statement {
  return db.prepare(sql) as unknown as Statement;
}
