// A state folder of before the appointments had a database of their own, or of before the commands ran on the host: a local
// edge takes over what it holds at its next start, once, and loses none, also when that start dies in the midst.

import { cp, mkdir, mkdtemp, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Miniflare } from 'miniflare';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { applyMigrations, type DatabaseName, MIGRATIONS } from '../../../host/databases/migrations.ts';
import { findFreePort } from '../../../sandbox/base/ports.ts';
import {
  type EdgeHostName,
  type EdgeProcess,
  startEdge,
} from '../../../sandbox/platform/edge/edge-process.ts';
import { moveFromCore } from '../../../sandbox/platform/edge/move-tables.ts';
import { builtWorker } from '../../support/scenes/built/edge.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

/** What has moved to other folders, under the names it had in the one there was. */
const OLD_NAMES = [
  ['appointments/0001_appointments.sql', '0003_appointments.sql'],
  ['appointments/0002_appointment_intervals.sql', '0009_appointment_intervals.sql'],
  ['cache/0001_availability.sql', '0005_availability.sql'],
] as const;
/** More than one page of the copy; so long that a page is more than one statement. */
const APPOINTMENTS = 1_100;
const NOTE = 'é'.repeat(1_000);

/** As the migrations of then left it, and what it holds. */
let made: string;
let before: unknown[];
let dir: string;
let state: string;
let edge: EdgeProcess | undefined;

beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), 'passerelle-before-'));
  const old = join(made, 'migrations');
  await cp(join(MIGRATIONS, 'core'), join(old, 'all'), { recursive: true });
  for (const [from, to] of OLD_NAMES) await cp(join(MIGRATIONS, from), join(old, 'all', to));
  state = join(made, 'state');
  await mkdir(state);
  await withOldDatabase(async (db) => {
    await applyMigrations(db, old, 'all');
    await fill(db);
    before = await contentOf(db);
  });
});
afterAll(() => removeFolder(made));

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'passerelle-before-'));
  state = join(dir, 'state');
  await cp(join(made, 'state'), state, { recursive: true });
});
afterEach(async () => {
  await edge?.close();
  edge = undefined;
  await removeFolder(dir);
});

type Database = Awaited<ReturnType<EdgeProcess['database']>>;

async function withOldDatabase(work: (db: Database, appointments: Database) => Promise<void>): Promise<void> {
  const miniflare = new Miniflare({
    name: 'edge',
    modules: true,
    script: 'export default { fetch: () => new Response() }',
    d1Databases: { DB: 'passerelle', APPOINTMENTS: 'passerelle-appointments' },
    d1Persist: join(state, 'd1'),
    cf: false,
  });
  try {
    await work(await miniflare.getD1Database('DB'), await miniflare.getD1Database('APPOINTMENTS'));
  } finally {
    await miniflare.dispose();
  }
}

async function fill(db: Database): Promise<void> {
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${APPOINTMENTS})`;
  await db.batch([
    db.prepare(`INSERT INTO editors (id, name, flows, redirect_hosts, certificate_not_after, announced_at)
      VALUES ('agenda-a', 'Agenda A', '["INT_R03"]', '[]', '2030-01-01', 0)`),
    db.prepare(`INSERT INTO availability (flow, subject, until_ms, version, parts)
      VALUES ('INT_R01', '899900000017', 1, 'v', '[]')`),
    db.prepare(`INSERT INTO appointments (id, editor, system, value, current, updated_ms, profile, status, holds,
        start_ms, end_ms, practitioner, operator_system, operator, slot)
      ${numbers} SELECT 'agenda-a-' || i, 'agenda-a', 'urn:x', 'v' || i, 2, 1700000000000 + i, 'individual', 'booked',
        1, 1764000000000 + i, 1764000000000 + i + 1200000, '899900000017', NULL, NULL, NULL FROM n`),
    ...[1, 2].map((version) =>
      db.prepare(`INSERT INTO appointment_versions (appointment, version, epoch, hash, stamp_ms, rank, updated_ms,
          method, relay, request_id, held, repairs, profile, status, holds, start_ms, end_ms, content)
        ${numbers} SELECT 'agenda-a-' || i, ${version}, 0, 'h' || i || ${version}, NULL, 2, 1700000000000 + i, 'PUT',
          'relay-a', 'r', 1, '[]', 'individual', 'booked', 1, 0, 0, '{"é":"« ' || i || '${NOTE} »"}' FROM n`),
    ),
  ]);
}

const TABLES = {
  appointments: 'SELECT * FROM appointments ORDER BY id',
  appointment_versions: 'SELECT * FROM appointment_versions ORDER BY appointment, version',
};

/** Without the columns that came since. */
async function contentOf(db: Database): Promise<unknown[]> {
  const read = Object.values(TABLES).map(async (sql) => (await db.prepare(sql).all()).results);
  return (await Promise.all(read)).map((rows) => rows.map(({ counted: _, seq: _place, ...row }) => row));
}

async function oldContent(): Promise<unknown[]> {
  let content: unknown[] = [];
  await withOldDatabase(async (db) => {
    content = await contentOf(db);
  });
  return content;
}

async function start(
  port = 0,
  runsOn: EdgeHostName = 'miniflare',
): Promise<(name: DatabaseName) => Promise<Database>> {
  const started = await startEdge({
    runsOn,
    host: '127.0.0.1',
    port,
    stateDir: state,
    settings: {},
    script: await builtWorker(),
    onLog: () => undefined,
  });
  edge = started;
  return (name) => started.database(name);
}

const tablesOf = async (db: Database): Promise<unknown[]> =>
  (await db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all()).results.map(
    ({ name }) => name,
  );

test('a folder of before keeps all its appointments, in the database they now have', async () => {
  expect((before[1] as unknown[]).length).toBe(2 * APPOINTMENTS);
  const database = await start();
  expect(await contentOf(await database('APPOINTMENTS'))).toEqual(before);
  const core = await tablesOf(await database('DB'));
  expect(core).toContain('editors');
  expect(core).not.toContain('appointments');
  expect(core).not.toContain('appointment_versions');
  expect(core).not.toContain('availability');
  const vendors = await (await database('DB')).prepare('SELECT id FROM editors').all();
  expect(vendors.results).toEqual([{ id: 'agenda-a' }]);
  await edge?.close();
  // The next start has nothing to move, and takes nothing away.
  expect(await contentOf(await (await start())('APPOINTMENTS'))).toEqual(before);
});

/** The tables of the core database's file, read beside whatever runs on it. */
async function coreTablesOnDisk(): Promise<string[]> {
  const folder = join(state, 'd1', 'miniflare-D1DatabaseObject');
  const files = (await readdir(folder)).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  const tables = files.map((name) => {
    const db = new DatabaseSync(join(folder, name), { readOnly: true });
    const rows = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    db.close();
    return rows.map((table) => String(table.name));
  });
  return tables.find((names) => names.includes('editors')) ?? [];
}

const opens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

test('the port is closed until everything has moved', async () => {
  const port = await findFreePort();
  const starting = start(port);
  await until('the port is open', () => opens(port));
  const tables = await coreTablesOnDisk();
  expect(tables).toContain('editors');
  expect(tables.filter((name) => ['appointments', 'availability'].includes(name))).toEqual([]);
  await starting;
});

test('a start that died before the old tables went is taken up by the next', async () => {
  await withOldDatabase(async (db, appointments) => {
    await applyMigrations(appointments, MIGRATIONS, 'appointments');
    const dying = {
      prepare: (sql: string) => db.prepare(sql),
      batch: () => Promise.reject(new Error('killed')),
    };
    await expect(moveFromCore(dying as unknown as typeof db, appointments)).rejects.toThrow('killed');
  });
  const database = await start();
  expect(await contentOf(await database('APPOINTMENTS'))).toEqual(before);
  expect(await tablesOf(await database('DB'))).not.toContain('appointments');
});

test('what does not arrive whole is told, and stays where it is', async () => {
  await withOldDatabase(async (_, appointments) => {
    await applyMigrations(appointments, MIGRATIONS, 'appointments');
    await appointments
      .prepare('CREATE TRIGGER deaf BEFORE INSERT ON appointments BEGIN SELECT RAISE(IGNORE); END')
      .run();
  });
  await expect(start()).rejects.toThrow(/la table appointments n'a pas été déplacée entière/);
  expect(await oldContent()).toEqual(before);
});

describe('on the host', () => {
  const startOnHost = (): ReturnType<typeof start> => start(0, 'workerd');
  const said = (): string[] => vi.mocked(process.stderr.write).mock.calls.map(([text]) => String(text));
  const filesOf = async (folder: string): Promise<string[]> =>
    (await readdir(join(state, folder, 'miniflare-D1DatabaseObject'))).filter((name) =>
      /^[0-9a-f]{64}\.sqlite$/.test(name),
    );

  beforeEach(() => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    vi.mocked(process.stderr.write).mockRestore();
  });

  test('what Miniflare’s databases hold is taken over once, is told, and stays beside', async () => {
    // A start that died while it copied left this.
    await mkdir(join(state, 'databases.partial'));
    await writeFile(join(state, 'databases.partial', 'core.sqlite'), 'half a copy');
    const database = await startOnHost();
    expect(await contentOf(await database('APPOINTMENTS'))).toEqual(before);
    const core = await tablesOf(await database('DB'));
    expect(core).toContain('editors');
    expect(core.filter((name) => /^(?:_cf_|appointments$)/.test(String(name)))).toEqual([]);
    expect(said()).toEqual([expect.stringMatching(/^Les bases de Miniflare \(.*\) sont reprises dans/)]);
    expect(await filesOf('d1-repris')).toHaveLength(3);
    expect(await readdir(state)).not.toContain('d1');
    await (await database('DB')).prepare("UPDATE editors SET name = 'Agenda Z'").run();
    await edge?.close();
    // The next start takes over nothing, and says nothing.
    const next = await (await startOnHost())('DB');
    expect((await next.prepare('SELECT name FROM editors').all()).results).toEqual([{ name: 'Agenda Z' }]);
    expect(said()).toHaveLength(1);
  });

  test('both hosts’ databases in one folder: the host serves its own, and says that it does', async () => {
    await mkdir(join(dir, 'other'));
    await rename(join(state, 'd1'), join(dir, 'other', 'd1'));
    await startOnHost();
    await edge?.close();
    await rename(join(dir, 'other', 'd1'), join(state, 'd1'));
    const database = await startOnHost();
    expect(await contentOf(await database('APPOINTMENTS'))).toEqual([[], []]);
    expect(said()).toEqual([expect.stringMatching(/d1 \(bases de Miniflare\) n'est pas lu/)]);
    expect(await oldContent()).toEqual(before);
  });

  test('a file of Miniflare’s that is damaged keeps the host from starting empty, and is not touched', async () => {
    const [file = ''] = await filesOf('d1');
    const path = join(state, 'd1', 'miniflare-D1DatabaseObject', file);
    await writeFile(path, 'no database');
    await expect(startOnHost()).rejects.toThrow(/ne se reprennent pas : le fichier .* est abîmé/);
    expect(await readFile(path, 'utf8')).toBe('no database');
    expect((await readdir(state)).filter((name) => name.startsWith('databases'))).toEqual([]);
  });
});
