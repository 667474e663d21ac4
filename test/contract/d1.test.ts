// One suite for both that answer the Worker as D1: Miniflare's, which is Cloudflare's own simulator, and the host's, over
// node:sqlite. Both through the real binding in workerd.

import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Log, LogLevel, Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseProcess } from '../../host/databases/process.ts';
import { COMPATIBILITY_DATE, EDGE_SOCKET } from '../../host/runtime/edge-config.ts';
import { findWorkerd } from '../../host/runtime/find-workerd.ts';
import { openPort } from '../../host/runtime/open-port.ts';
import { WorkerdProcess } from '../../host/runtime/workerd-process.ts';
import { removeFolder } from '../support/wait/remove-folder.ts';

const PROGRAM = join(import.meta.dirname, '../../host/database.ts');

/** How a list of statements is asked: each binding's method of that name. */
type How = 'batch' | 'all' | 'run' | 'first' | 'raw';
type Statement = readonly [sql: string, ...values: unknown[]];

const SCRIPT = `export default {
  async fetch(request, { DB }) {
    const { how, statements } = await request.json();
    // A list of bytes stands for what JSON cannot carry.
    const bound = statements.map(([sql, ...values]) =>
      DB.prepare(sql).bind(...values.map((one) => (Array.isArray(one) ? new Uint8Array(one) : one))));
    try {
      return Response.json({ value: await (how === 'batch' ? DB.batch(bound) : bound[0][how]()) });
    } catch (error) {
      return Response.json({ error: error.message });
    }
  },
};`;

interface Served {
  readonly url: URL;
  readonly close: () => Promise<unknown>;
}

async function startMiniflare(): Promise<Served> {
  const miniflare = new Miniflare({
    modules: true,
    script: SCRIPT,
    compatibilityDate: COMPATIBILITY_DATE,
    d1Databases: { DB: 'contract' },
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    cf: false,
    log: new Log(LogLevel.ERROR),
  });
  await miniflare.ready;
  return { url: await miniflare.unsafeGetDirectURL(), close: () => miniflare.dispose() };
}

let dir: string;
const file = (): string => join(dir, 'contract.sqlite');

async function startHost(): Promise<Served> {
  const socket = join(dir, 'd1.sock');
  const database = await DatabaseProcess.start({
    program: PROGRAM,
    file: file(),
    socket,
    statementMs: 60_000,
    onEnd: () => undefined,
  });
  const port = await openPort('127.0.0.1', 0);
  const workerd = await WorkerdProcess.start({
    workerd: findWorkerd(),
    config: {
      services: [
        {
          name: 'main',
          worker: {
            modules: [{ name: 'main.js', esModule: SCRIPT }],
            compatibilityDate: COMPATIBILITY_DATE,
            bindings: [
              {
                name: 'DB',
                wrapped: {
                  moduleName: 'cloudflare-internal:d1-api',
                  innerBindings: [{ name: 'fetcher', service: 'd1' }],
                },
              },
            ],
          },
        },
        { name: 'd1', external: { address: `unix:${socket}`, http: {} } },
      ],
      sockets: [{ name: EDGE_SOCKET, http: {}, service: 'main' }],
    },
    environment: {},
    fd: port.fd,
    folder: dir,
    onLine: (line) => process.stderr.write(`${line}\n`),
  });
  return {
    url: new URL(`http://127.0.0.1:${port.port}`),
    close: async () => {
      await workerd.kill();
      port.close();
      await database.close();
    },
  };
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'd1-'));
});
afterAll(() => removeFolder(dir));

describe.each([
  ['Miniflare', startMiniflare],
  ['the host', startHost],
])('D1 by %s', (name, start) => {
  let served: Served;

  async function ask(how: How, ...statements: Statement[]): Promise<{ value?: never; error?: string }> {
    const body = JSON.stringify({ how, statements });
    const response = await fetch(served.url, { method: 'POST', body, headers: { Connection: 'close' } });
    return (await response.json()) as { value?: never; error?: string };
  }
  /** Rows of one statement. */
  async function rows(...statement: Statement): Promise<unknown> {
    const { value, error } = await ask('all', statement);
    if (error !== undefined) throw new Error(error);
    return (value as unknown as { results: unknown }).results;
  }
  const meta = (value: unknown): Record<string, unknown> => (value as { meta: Record<string, unknown> }).meta;

  beforeAll(async () => {
    served = await start();
    await ask(
      'batch',
      [
        'CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, photo BLOB, weight REAL) STRICT',
      ],
      ['CREATE TABLE log (id INTEGER PRIMARY KEY, name TEXT, FOREIGN KEY (name) REFERENCES people (name))'],
      ['CREATE TABLE counts (id INTEGER PRIMARY KEY, inserted INTEGER NOT NULL) STRICT'],
      ['INSERT INTO counts VALUES (1, 0)'],
      [
        'CREATE TRIGGER counting AFTER INSERT ON people BEGIN UPDATE counts SET inserted = inserted + 1 WHERE id = 1; END',
      ],
    );
  });
  afterAll(() => served.close());

  it('gives back each kind of value as it was given', async () => {
    const kinds = await rows(
      'SELECT ?1 AS a, ?2 AS b, ?3 AS c, ?4 AS d, ?5 AS e, ?6 AS f',
      ...[1, 2.5, 'été', null, [0, 1, 255], true],
    );
    expect(kinds).toEqual([{ a: 1, b: 2.5, c: 'été', d: null, e: [0, 1, 255], f: 1 }]);
    expect(await rows('SELECT 9007199254740993 AS large, -1 AS small')).toEqual([
      { large: 9007199254740992, small: -1 },
    ]);
    expect(await rows('SELECT ? AS x, ? AS y', 'un', 'deux')).toEqual([{ x: 'un', y: 'deux' }]);
  });

  it('answers by each method of the binding', async () => {
    const statement: Statement = ['SELECT 1 AS one, 2 AS two UNION ALL SELECT 3, 4'];
    expect(await ask('raw', statement)).toEqual({
      value: [
        [1, 2],
        [3, 4],
      ],
    });
    expect(await ask('first', statement)).toEqual({ value: { one: 1, two: 2 } });
    expect(await ask('first', ['SELECT 1 WHERE 0'])).toEqual({ value: null });
    const { value } = await ask('run', statement);
    expect((value as unknown as { results: unknown }).results).toEqual([
      { one: 1, two: 2 },
      { one: 3, two: 4 },
    ]);
  });

  it('counts what a statement and its triggers changed, and nothing of what was taken back', async () => {
    const inserted = await ask('run', ["INSERT INTO people (id, name) VALUES (10, 'Ada'), (11, 'Bea')"]);
    // Two rows, and for each the trigger's.
    expect(meta(inserted.value)).toMatchObject({ changes: 4, last_row_id: 11, changed_db: true });
    expect(
      (await ask('batch', ["INSERT INTO people (name) VALUES ('Eve')"], ['SELECT * FROM away'])).error,
    ).toBeDefined();
    const updated = await ask('run', ["UPDATE people SET weight = 1 WHERE name = 'Ada'"]);
    expect(meta(updated.value).changes).toBe(1);
    const read = await ask('all', ['SELECT * FROM people']);
    expect(meta(read.value)).toMatchObject({ changes: 0, changed_db: false });
  });

  it('tells its size, which grows and shrinks with what it holds', async () => {
    const sizeOf = ({ value }: { value?: never }): number => meta(value).size_after as number;
    const before = sizeOf(await ask('run', ['CREATE TABLE large (a BLOB)']));
    const large = sizeOf(await ask('run', ['INSERT INTO large VALUES (zeroblob(1000000))']));
    expect(large - before).toBeGreaterThan(990_000);
    expect(large - before).toBeLessThan(1_100_000);
    expect(sizeOf(await ask('run', ['DELETE FROM large']))).toBe(before);
  });

  it('returns what RETURNING says, by whichever method', async () => {
    const statement: Statement = [
      'INSERT INTO people (id, name) VALUES (?1, ?2) RETURNING id, name',
      20,
      'Carl',
    ];
    expect((await ask('batch', statement)).value).toMatchObject([{ results: [{ id: 20, name: 'Carl' }] }]);
    expect(await ask('first', ['DELETE FROM people WHERE id = 20 RETURNING name'])).toEqual({
      value: { name: 'Carl' },
    });
  });

  it('does a batch whole or not at all', async () => {
    const { error } = await ask(
      'batch',
      ["INSERT INTO people (name) VALUES ('Dora')"],
      ["INSERT INTO people (name) VALUES ('Ada')"],
    );
    expect(error).toBe(
      'D1_ERROR: UNIQUE constraint failed: people.name: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)',
    );
    expect(await rows("SELECT name FROM people WHERE name = 'Dora'")).toEqual([]);
    const done = await ask(
      'batch',
      ["INSERT INTO people (name) VALUES ('Dora')"],
      ["SELECT name FROM people WHERE name = 'Dora'"],
    );
    expect(done.value).toMatchObject([{ success: true }, { results: [{ name: 'Dora' }] }]);
  });

  it.each<[why: string, statement: Statement, error: string]>([
    ['no table', ['SELECT * FROM away'], 'D1_ERROR: no such table: away: SQLITE_ERROR'],
    [
      'no value',
      ['INSERT INTO people (id) VALUES (30)'],
      'D1_ERROR: NOT NULL constraint failed: people.name: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_NOTNULL)',
    ],
    [
      'no parent',
      ["INSERT INTO log (name) VALUES ('nobody')"],
      'D1_ERROR: FOREIGN KEY constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)',
    ],
    [
      'another type',
      ["INSERT INTO people (name, weight) VALUES ('Fay', 'heavy')"],
      'D1_ERROR: cannot store TEXT value in REAL column people.weight: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_DATATYPE)',
    ],
    ['no JSON', ["SELECT json('{')"], 'D1_ERROR: malformed JSON: SQLITE_ERROR'],
  ])('says why a statement failed: %s', async (_, statement, error) => {
    expect((await ask('all', statement)).error).toBe(error);
    expect((await ask('batch', ['SELECT 1'], statement)).error).toBe(error);
  });

  it('refuses what is no statement, or has a column that is none', async () => {
    expect((await ask('all', ['-- nothing'])).error).toMatch(/^D1_ERROR: /);
    // The one tells where in the text besides.
    expect((await ask('all', ['SELECT away FROM people'])).error).toMatch(
      /^D1_ERROR: no such column: away\b.*: SQLITE_ERROR$/,
    );
  });

  it.each(['BEGIN', 'COMMIT', 'SAVEPOINT a', "ATTACH ':memory:' AS other"])('refuses %s', async (sql) => {
    expect((await ask('all', [sql])).error).toMatch(/^D1_ERROR: /);
    expect(await rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('reads a table anew when its columns have changed', async () => {
    await ask('run', ['CREATE TABLE changing (a)']);
    await ask('run', ['INSERT INTO changing VALUES (1)']);
    expect(await rows('SELECT * FROM changing')).toEqual([{ a: 1 }]);
    await ask('run', ['ALTER TABLE changing ADD COLUMN b DEFAULT 2']);
    expect(await rows('SELECT * FROM changing')).toEqual([{ a: 1, b: 2 }]);
  });

  it('reads JSON as the Worker sends its lists', async () => {
    const list = JSON.stringify([{ id: 1 }, { id: 2 }]);
    expect(await rows("SELECT value ->> 'id' AS id FROM json_each(?1)", list)).toEqual([
      { id: 1 },
      { id: 2 },
    ]);
  });

  it.runIf(name === 'the host')('keeps its file to its owner, in WAL mode, synchronous', async () => {
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect((await stat(`${file()}-wal`)).mode & 0o777).toBe(0o600);
    expect(
      await rows('SELECT journal_mode, synchronous FROM pragma_journal_mode, pragma_synchronous'),
    ).toEqual([{ journal_mode: 'wal', synchronous: 2 }]);
  });
});
