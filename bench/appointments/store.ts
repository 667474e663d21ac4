// A stored past for the bench of appointments: rows as the edge writes them, put into its database by SQL while it
// is stopped; and a bare SQLite table of as many rows, with the same durability, to compare with.

import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { readMessage } from '../../worker/appointments/model/message.ts';
import { type AppointmentEdge, SYSTEM_A } from './appointment-edge.ts';
import { individual } from './samples.ts';

export const storedValue = (n: number): string => `stored-${n}`;

/** As worker/appointments/model/identity.ts makes it, without waiting. */
function idOf(value: string): string {
  const hash = createHash('sha256').update(`Appointment\nagenda-a\n${SYSTEM_A}\n${value}`).digest('hex');
  return `agenda-a-${hash.slice(0, 20)}`;
}

function contentTemplate(): string {
  const read = readMessage(individual({ value: 'VALUE' }), Date.now());
  if (!read.ok) throw new Error('the sample is refused');
  return read.value.content;
}

/** The D1 of appointments of a local edge that is not running. */
function openEdgeDatabase(stateDir: string): DatabaseSync {
  const folder = join(stateDir, 'd1', 'miniflare-D1DatabaseObject');
  for (const name of readdirSync(folder).filter(
    (file) => file.endsWith('.sqlite') && file !== 'metadata.sqlite',
  )) {
    const db = new DatabaseSync(join(folder, name));
    if (db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'appointments'").get() !== undefined) return db;
    db.close();
  }
  throw new Error(`no database of appointments in ${folder}`);
}

/** Spread over two years of starts, 20,000 practitioners, 2,000 regulators; one version each. */
const ROWS = `WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2 - 1)
  SELECT make_id('stored-' || i) AS id, 'stored-' || i AS value, i,
    1764000000000 + (i * 7919 % 63072000) * 1000 AS start_ms,
    printf('8999%08d', i * 31 % 20000) AS practitioner, printf('3990000011/REG-%d', i * 17 % 2000) AS operator
  FROM n`;

export function fillEdge(stateDir: string, from: number, to: number): void {
  const db = openEdgeDatabase(stateDir);
  const content = contentTemplate();
  db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA temp_store = MEMORY');
  db.function('make_id', { deterministic: true }, (value) => idOf(String(value)));
  db.exec('BEGIN');
  db.prepare(`CREATE TEMP TABLE fill AS ${ROWS}`).run(from, to);
  db.exec(`INSERT INTO appointments (id, editor, system, value, current, updated_ms, profile, status, holds, start_ms,
      end_ms, practitioner, operator_system, operator, slot)
    SELECT id, 'agenda-a', '${SYSTEM_A}', value, 1, 1700000000000 + i, 'individual', 'booked', 1, start_ms,
      start_ms + 1200000, practitioner, 'urn:oid:1.2.250.1.71.4.2.1', operator, NULL FROM fill ORDER BY id`);
  db.prepare(
    `INSERT INTO appointment_versions (appointment, version, epoch, hash, stamp_ms, rank, updated_ms, method, relay,
      request_id, held, repairs, profile, status, holds, start_ms, end_ms, practitioner, operator_system, operator,
      slot, content)
    SELECT id, 1, 0, substr(hex(randomblob(16)), 1, 32), NULL, 2, 1700000000000 + i, 'PUT', 'relay-a', 'fill', 1,
      '[]', 'individual', 'booked', 1, start_ms, start_ms + 1200000, practitioner, 'urn:oid:1.2.250.1.71.4.2.1',
      operator, NULL, replace(?1, 'VALUE', value) FROM fill`,
  ).run(content);
  db.exec('COMMIT; DROP TABLE fill; PRAGMA wal_checkpoint(TRUNCATE)');
  const { name } = db.prepare('SELECT file AS name FROM pragma_database_list').get() as { name: string };
  db.close();
  settle(name);
}

/** What the report of territories is asked for. */
export const REPORT_YEAR = 2026;
const REPORTED_TERRITORIES = 88;

/** The regulators of the stored past, each of a territory; and a year of a nation, 644,160 counts. */
export async function fillTerritories({ edge }: AppointmentEdge): Promise<void> {
  const core = await edge?.database('DB');
  const numbers = 'WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)';
  await core
    ?.prepare(
      `INSERT OR IGNORE INTO regulators (id, system, value, active, family, given, email, territories, version, hash,
         stamp, updated_ms)
       ${numbers} SELECT 'bench-' || i, 'urn:oid:1.2.250.1.71.4.2.1', '3990000011/REG-' || i, 1, 'Imaginaire', 'Zoé',
         'zoe@regulation.example', json_array(printf('SAS-%02d', i % ${REPORTED_TERRITORIES})), 1, '', '', 0 FROM n`,
    )
    .bind(2_000)
    .run();
  const appointments = await edge?.database('APPOINTMENTS');
  for (let territory = 0; territory < REPORTED_TERRITORIES; territory += 1) {
    await appointments
      ?.prepare(
        `INSERT OR IGNORE INTO activity_days (territory, day, vendor, status, own_day, count)
         ${numbers} SELECT printf('SAS-%02d', ?2), date('${REPORT_YEAR}-01-01', (i / 20) || ' days'), 'vendor-' || (i % 20),
           'fulfilled', date('${REPORT_YEAR}-01-01', (i / 20) || ' days'), 1 FROM n`,
      )
      .bind(366 * 20, territory)
      .run();
  }
}

/** On disk before anything is measured: else the first checkpoint pays for the whole past. */
function settle(file: string): void {
  const handle = openSync(file, 'r+');
  fsyncSync(handle);
  closeSync(handle);
}

/** Insert-or-update of one row per transaction, durable before it returns, like D1's: WAL, synchronous FULL. */
export class BareStore {
  readonly #db: DatabaseSync;
  readonly #put: ReturnType<DatabaseSync['prepare']>;
  readonly #content = contentTemplate();
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
    this.#db = new DatabaseSync(file);
    this.#db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      CREATE TABLE IF NOT EXISTS bare (id TEXT PRIMARY KEY, updated_ms INTEGER NOT NULL, content TEXT NOT NULL)
        STRICT, WITHOUT ROWID`);
    this.#put = this.#db.prepare(
      `INSERT INTO bare (id, updated_ms, content) VALUES (?1, ?2, ?3)
       ON CONFLICT (id) DO UPDATE SET updated_ms = ?2, content = ?3`,
    );
  }

  fill(from: number, to: number): void {
    this.#db.function('make_id', { deterministic: true }, (value) => idOf(String(value)));
    this.#db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -400000');
    this.#db
      .prepare(
        `INSERT INTO bare (id, updated_ms, content)
         SELECT id, i, replace(?3, 'VALUE', value) FROM (${ROWS}) ORDER BY id`,
      )
      .run(from, to, this.#content);
    this.#db.exec('PRAGMA synchronous = FULL; PRAGMA cache_size = -2000; PRAGMA wal_checkpoint(TRUNCATE)');
    settle(this.#file);
  }

  put(value: string): void {
    this.#put.run(idOf(value), Date.now(), this.#content.replace('VALUE', value));
  }

  close(): void {
    this.#db.close();
  }
}
