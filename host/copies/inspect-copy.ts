// Reads a copied database whole: what SQLite says of it, whose it is, how many rows each table has. Never a running one: it
// takes as long as the file is large.

import { DatabaseSync } from 'node:sqlite';
import type { CopiedDatabase, CopiedName } from './manifest.ts';

/** What a copy says of itself; `integrity`: SQLite's words. */
export type Contents = Pick<CopiedDatabase, 'schema' | 'identity' | 'writes' | 'rows'> & {
  readonly integrity: string;
};

const TABLES = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`;

/** @throws what node:sqlite throws of a file that is no database of ours. */
export function inspectCopy(file: string, name: CopiedName): Contents {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const checked = db.prepare('PRAGMA integrity_check(1)').get() as { integrity_check: string };
    const integrity = checked.integrity_check;
    const tables = db.prepare(TABLES).all() as { name: string }[];
    const rows = Object.fromEntries(
      tables.map(({ name: table }) => {
        const counted = db.prepare(`SELECT COUNT(*) AS rows FROM "${table.replaceAll('"', '""')}"`).get();
        return [table, Number(counted?.rows)];
      }),
    );
    const mark = db.prepare(`SELECT identity, writes FROM ${name}_mark WHERE id = 1`).get();
    const last = db.prepare('SELECT name FROM d1_migrations ORDER BY name DESC LIMIT 1').get();
    if (mark === undefined || last === undefined) throw new Error(`${name} says not whose it is`);
    return {
      integrity,
      schema: String(last.name),
      identity: String(mark.identity),
      writes: Number(mark.writes),
      rows,
    };
  } finally {
    db.close();
  }
}
