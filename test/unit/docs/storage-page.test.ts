// docs/storage.md against the migrations: every table and column told, none that does not exist, people marked.
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(resolve(ROOT, file), 'utf8');
const NAMES_PEOPLE =
  /^(family|given|email|practitioner|operator|subject|value|regulator|\w+_value|confirmed_by)$/;
/** Identifiers of appointments, and our own of regulators. */
const NAMES_NOBODY = ['account_drift'];
/** In a text that no column tells apart. */
const NAMES_WITHIN = ['availability'];

const DATABASES = ['core', 'appointments', 'cache'];

interface Told {
  readonly database: string;
  readonly columns: string[];
}

function columnsByTable(): Map<string, Told> {
  const tables = new Map<string, Told>();
  for (const name of DATABASES) {
    const database = new DatabaseSync(':memory:');
    const files = globSync(`worker/store/migrations/${name}/*.sql`, { cwd: ROOT }).sort();
    for (const file of files) database.exec(read(file));
    const rows = database
      .prepare(
        `SELECT t.name AS owner, c.name FROM pragma_table_list AS t, pragma_table_info(t.name) AS c
         WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite_%'`,
      )
      .all() as { owner: string; name: string }[];
    for (const { owner, name: column } of rows) {
      const columns = [...(tables.get(owner)?.columns ?? []), column];
      tables.set(owner, { database: name, columns });
    }
  }
  return tables;
}

test('docs/storage.md tells every table and column of the migrations and its database, and no other', () => {
  const rows = [
    ...read('docs/storage.md').matchAll(/^\| `(\w+)` \| (\w+) \| [^|]+ \| ([^|]+) \| ([^|]+) \| [^|]+ \|$/gm),
  ];
  const told = new Map(
    rows.map(([, table = '', database = '', people = '', columns = '']) => [
      table,
      { database, people, columns },
    ]),
  );
  const tables = columnsByTable();
  expect([...told.keys()].sort()).toEqual([...tables.keys()].sort());
  for (const [table, { database, columns }] of tables) {
    const row = told.get(table);
    expect(row?.database, table).toBe(database);
    const patterns = [...(row?.columns ?? '').matchAll(/`([\w*]+)`/g)].map(
      ([, text = '']) => new RegExp(`^${text.replace('*', '\\w*')}$`),
    );
    expect(
      columns.filter((column) => !patterns.some((pattern) => pattern.test(column))),
      table,
    ).toEqual([]);
    expect(
      patterns.filter((pattern) => !columns.some((column) => pattern.test(column))),
      table,
    ).toEqual([]);
    const names = columns.filter((column) => NAMES_PEOPLE.test(column));
    const isNamed = names.length > 0 || NAMES_WITHIN.includes(table);
    if (!NAMES_NOBODY.includes(table)) expect(isNamed, table).toBe(!row?.people.startsWith('–'));
  }
});
