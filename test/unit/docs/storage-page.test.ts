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

function columnsByTable(): Map<string, string[]> {
  const database = new DatabaseSync(':memory:');
  for (const file of globSync('worker/**/migrations/*.sql', { cwd: ROOT }).sort()) database.exec(read(file));
  const rows = database
    .prepare(
      `SELECT t.name AS owner, c.name FROM pragma_table_list AS t, pragma_table_info(t.name) AS c
       WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite_%'`,
    )
    .all() as { owner: string; name: string }[];
  const tables = new Map<string, string[]>();
  for (const { owner, name } of rows) tables.set(owner, [...(tables.get(owner) ?? []), name]);
  return tables;
}

test('docs/storage.md tells every table and column of the migrations, and no other', () => {
  const rows = [
    ...read('docs/storage.md').matchAll(/^\| `(\w+)` \| [^|]+ \| ([^|]+) \| ([^|]+) \| [^|]+ \|$/gm),
  ];
  const told = new Map(rows.map(([, table = '', people = '', columns = '']) => [table, { people, columns }]));
  const tables = columnsByTable();
  expect([...told.keys()].sort()).toEqual([...tables.keys()].sort());
  for (const [table, columns] of tables) {
    const row = told.get(table);
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
    if (!NAMES_NOBODY.includes(table)) expect(names.length > 0, table).toBe(!row?.people.startsWith('–'));
  }
});
