// One database file as D1 serves it: a list of statements is one transaction, an answer has D1's form, an error D1's words
// (worker/store/guard.ts and worker/gate/stores.ts go by them). Used by the thread of database.ts, and by the host itself
// for migrations. No network, no clock but for durations.
// https://developers.cloudflare.com/d1/worker-api/return-object/

import { chmodSync, statSync } from 'node:fs';
import { constants, DatabaseSync, type StatementSync } from 'node:sqlite';
import { LRUCache } from 'lru-cache';

/** A statement as the binding sends it: positional parameters, a blob as the list of its bytes. */
export interface Query {
  readonly sql: string;
  readonly params?: readonly (number | string | null | readonly number[])[] | null;
}

/** How results travel: as the parameter `resultsFormat` of the binding's requests. `NONE` too brings what RETURNING gives. */
export type ResultsFormat = 'ARRAY_OF_OBJECTS' | 'ROWS_AND_COLUMNS' | 'NONE';

type Cell = number | string | null | readonly number[];

/** Of one statement. SQLite does not tell Node how many rows it read: nothing stands here rather than a guess. */
interface QueryMeta {
  /** Milliseconds. */
  readonly duration: number;
  /** Rows that the statement and its triggers changed. */
  readonly changes: number;
  readonly last_row_id: number;
  readonly changed_db: boolean;
  /** Bytes of the pages in use, when the transaction has ended. */
  readonly size_after: number;
}

/** As D1 answers one statement. */
export interface QueryResult {
  readonly success: true;
  readonly results:
    | readonly Readonly<Record<string, Cell>>[]
    | { readonly columns: readonly string[]; readonly rows: readonly (readonly Cell[])[] };
  readonly meta: QueryMeta;
}

/** What SQLite says: its own words, then the name of its code, as D1 sends them. */
export class SqliteFailure extends Error {}

export interface SqliteFileOptions {
  /** Made when absent, for its owner alone. */
  readonly file: string;
  /** Past it the database takes no write (`SQLITE_FULL`), as D1 past its limit; absent: what the disk holds. */
  readonly bytesMax?: number;
}

/** Statements of the Worker are some hundreds. */
const KEPT_STATEMENTS = 1_000;
/** Another process that holds the file, as one that copies it, is waited for so long. */
const BUSY_MS = 5_000;
/** A blank statement, but for comments. */
const COMMENTS = /--[^\n]*|\/\*[\s\S]*?\*\//g;
/** Whatever else changes the schema, and with it the columns that a statement answers. */
const KEEPS_SCHEMA = /^\s*(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH|EXPLAIN|VALUES)\b/i;
/** Primary result codes by their number (https://sqlite.org/rescode.html). */
const CODES: readonly string[] = [
  ...[
    'OK',
    'ERROR',
    'INTERNAL',
    'PERM',
    'ABORT',
    'BUSY',
    'LOCKED',
    'NOMEM',
    'READONLY',
    'INTERRUPT',
    'IOERR',
  ],
  ...['CORRUPT', 'NOTFOUND', 'FULL', 'CANTOPEN', 'PROTOCOL', 'EMPTY', 'SCHEMA', 'TOOBIG', 'CONSTRAINT'],
  ...['MISMATCH', 'MISUSE', 'NOLFS', 'AUTH', 'FORMAT', 'RANGE', 'NOTADB'],
];
/** Extended codes of SQLITE_CONSTRAINT by the byte above it. */
const CONSTRAINTS: readonly string[] = [
  ...[
    '',
    'CHECK',
    'COMMITHOOK',
    'FOREIGNKEY',
    'FUNCTION',
    'NOTNULL',
    'PRIMARYKEY',
    'TRIGGER',
    'UNIQUE',
    'VTAB',
  ],
  ...['ROWID', 'PINNED', 'DATATYPE'],
];
/** Not the caller's to say: transactions are the batch, and another file is none of his. */
const DENIED: ReadonlySet<number> = new Set([
  constants.SQLITE_ATTACH,
  constants.SQLITE_DETACH,
  constants.SQLITE_TRANSACTION,
  constants.SQLITE_SAVEPOINT,
]);

interface Kept {
  readonly statement: StatementSync;
  readonly columns: readonly string[];
}

export class SqliteFile {
  readonly #db: DatabaseSync;
  readonly #kept = new LRUCache<string, Kept>({ max: KEPT_STATEMENTS });
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  readonly #changes: StatementSync;
  readonly #pages: StatementSync;
  readonly #pageBytes: number;
  #totalChanges = 0;
  /** While a statement of this class itself runs: SQLite may prepare it anew. */
  #isOwn = false;

  /** @throws SqliteFailure when the file cannot be opened, or is no database. */
  constructor({ file, bytesMax }: SqliteFileOptions) {
    try {
      this.#db = new DatabaseSync(file, { timeout: BUSY_MS });
      // A disk that takes no writes has files that are closed already.
      if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
      // FULL: what was acknowledged is on the disk also when the machine loses its power.
      this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
      this.#pageBytes = Number(this.#db.prepare('PRAGMA page_size').get()?.page_size);
      if (bytesMax !== undefined) {
        this.#db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(bytesMax / this.#pageBytes))}`);
      }
      this.#begin = this.#db.prepare('BEGIN');
      this.#commit = this.#db.prepare('COMMIT');
      this.#rollback = this.#db.prepare('ROLLBACK');
      this.#changes = this.#db.prepare('SELECT total_changes(), last_insert_rowid()');
      this.#pages = this.#db.prepare(
        'SELECT page_count - freelist_count FROM pragma_page_count, pragma_freelist_count',
      );
      for (const one of [this.#changes, this.#pages]) {
        one.setReturnArrays(true);
        one.setReadBigInts(true);
      }
      this.#db.setAuthorizer((action) =>
        DENIED.has(action) && !this.#isOwn ? constants.SQLITE_DENY : constants.SQLITE_OK,
      );
    } catch (cause) {
      throw failureOf(cause);
    }
  }

  /**
   * All of them or none. @throws SqliteFailure in D1's words; then nothing of the list was done.
   */
  run(queries: readonly Query[], format: ResultsFormat = 'ARRAY_OF_OBJECTS'): readonly QueryResult[] {
    const said = queries.filter(({ sql }) => sql.replace(COMMENTS, '').trim() !== '');
    if (said.length === 0) throw new SqliteFailure('No SQL statements detected.');
    const isList = said.length > 1;
    try {
      // What a list of before had changed, and was taken back, counts for nobody.
      [this.#totalChanges] = this.#readChanges();
      if (isList) this.#runOwn(this.#begin);
      const done = said.map((query) => this.#one(query, format));
      if (isList) this.#runOwn(this.#commit);
      const bytes = this.#sizeInBytes();
      return done.map(({ meta, ...rest }) => ({ ...rest, meta: { ...meta, size_after: bytes } }));
    } catch (cause) {
      // Some failures (a full disk) have ended the transaction already.
      if (this.#db.isTransaction) this.#runOwn(this.#rollback);
      throw failureOf(cause);
    }
  }

  close(): void {
    this.#kept.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #runOwn(statement: StatementSync): void {
    this.#isOwn = true;
    try {
      statement.run();
    } finally {
      this.#isOwn = false;
    }
  }

  #one({ sql, params }: Query, format: ResultsFormat): QueryResult {
    const startedMs = performance.now();
    const { statement, columns } = this.#prepare(sql);
    const bound = (params ?? []).map((one) => (Array.isArray(one) ? Uint8Array.from(one) : one));
    const raw = statement.all(...(bound as (number | string | null)[])) as unknown as unknown[][];
    const [total, lastRowId] = this.#readChanges();
    const changes = total - this.#totalChanges;
    this.#totalChanges = total;
    if (!KEEPS_SCHEMA.test(sql)) this.#kept.clear();
    const duration = performance.now() - startedMs;
    const meta = { duration, changes, last_row_id: lastRowId, changed_db: changes > 0, size_after: 0 };
    return { success: true, results: resultsOf(columns, raw, format), meta };
  }

  /** Rows changed since the file was opened, and the id of the row inserted last. */
  #readChanges(): [number, number] {
    const [total, lastRowId] = this.#changes.all()[0] as unknown as [bigint, bigint];
    return [Number(total), Number(lastRowId)];
  }

  #prepare(sql: string): Kept {
    const known = this.#kept.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    statement.setReturnArrays(true);
    // Else a number above 2^53 throws, where D1 rounds it.
    statement.setReadBigInts(true);
    const kept = { statement, columns: statement.columns().map(({ name }) => name) };
    this.#kept.set(sql, kept);
    return kept;
  }

  #sizeInBytes(): number {
    const [pages] = this.#pages.all()[0] as unknown as [bigint];
    return Number(pages) * this.#pageBytes;
  }
}

function resultsOf(
  columns: readonly string[],
  raw: readonly unknown[][],
  format: ResultsFormat,
): QueryResult['results'] {
  const rows = raw.map((row) => row.map(cellOf));
  if (format === 'ROWS_AND_COLUMNS') return { columns, rows };
  return rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at] ?? null])));
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8Array) return Array.from(value);
  return value as Cell;
}

function failureOf(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const number = 'errcode' in cause ? Number(cause.errcode) : -1;
  const code = CODES[number & 0xff];
  if (number < 0 || code === undefined) return cause;
  const more = code === 'CONSTRAINT' ? CONSTRAINTS[number >> 8] : '';
  const extended = more ? ` (extended: SQLITE_CONSTRAINT_${more})` : '';
  return new SqliteFailure(`${cause.message}: SQLITE_${code}${extended}`, { cause });
}
