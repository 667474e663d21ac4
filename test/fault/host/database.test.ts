// The process of one database, under what may happen to it: a statement that does not end, a process that is killed, a file
// that is none, a limit that is reached. At the end of each it serves what was acknowledged, or says why it cannot.

import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { databaseFile, prepareFile } from '../../../host/databases/prepare-files.ts';
import {
  type DatabaseEnd,
  DatabaseProcess,
  type DatabaseProcessOptions,
} from '../../../host/databases/process.ts';
import { askUnix } from '../../../host/runtime/unix-request.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

const PROGRAM = join(import.meta.dirname, '../../../host/database.ts');
const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n';

let dir: string;
let database: DatabaseProcess | undefined;
let ends: DatabaseEnd[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'database-'));
  ends = [];
});
afterEach(async () => {
  await database?.close();
  await removeFolder(dir);
});

const socket = (): string => join(dir, 'd1.sock');

async function start(options: Partial<DatabaseProcessOptions> = {}): Promise<DatabaseProcess> {
  database = await DatabaseProcess.start({
    program: PROGRAM,
    file: join(dir, 'one.sqlite'),
    socket: socket(),
    statementMs: 60_000,
    onEnd: (end) => ends.push(end),
    ...options,
  });
  return database;
}

interface Said {
  readonly status: number;
  readonly said: { readonly error?: string } & readonly { readonly results: unknown }[];
}

async function ask(...sql: string[]): Promise<Said> {
  const body = JSON.stringify(sql.map((one) => ({ sql: one })));
  const answer = await askUnix(socket(), '/query', { method: 'POST', body });
  return { status: answer.status, said: JSON.parse(answer.body.toString()) as Said['said'] };
}

/** Of a table that `ask` has made and filled. */
const countOf = (table: string): Promise<unknown> =>
  until('the database to serve again', async () => {
    const answer = await ask(`SELECT count(*) AS count FROM ${table}`).catch(() => undefined);
    return answer?.status === 200 && answer.said[0]?.results;
  });

it('ends a statement that takes too long, tells everybody who waits, and serves what was there before', async () => {
  await start({ statementMs: 1_500 });
  await ask('CREATE TABLE kept (a)', 'INSERT INTO kept VALUES (1), (2)');
  const first = ask('INSERT INTO kept VALUES (3)', ENDLESS);
  const waiting = ask('INSERT INTO kept VALUES (4)');
  for (const { status, said } of await Promise.all([first, waiting])) {
    expect(status).toBe(500);
    expect(said.error).toMatch(/exceeded timeout which caused object to be reset/);
  }
  expect(await countOf('kept')).toEqual([{ count: 2 }]);
  expect(ends).toEqual([{ why: 'too-long', detail: 'SIGKILL' }]);
});

it('serves again when it was killed, with all that was acknowledged', async () => {
  const running = await start();
  await ask('CREATE TABLE kept (a)');
  for (let round = 1; round <= 3; round += 1) {
    await ask('INSERT INTO kept VALUES (1)');
    process.kill(running.pid ?? 0, 'SIGKILL');
    expect(await countOf('kept')).toEqual([{ count: round }]);
  }
  expect(ends.map(({ why }) => why)).toEqual(['ended', 'ended', 'ended']);
});

it('says why a file cannot be served, and serves it once it can', async () => {
  const file = join(dir, 'one.sqlite');
  await writeFile(file, 'no database at all, but long enough to be one'.repeat(100));
  const running = await start();
  expect(running.isServing).toBe(false);
  expect(ends[0]).toMatchObject({ why: 'failed', detail: expect.stringMatching(/SQLITE_NOTADB$/) as string });
  await writeFile(file, '');
  await until('the database', () => running.isServing);
  expect((await ask('SELECT 1')).status).toBe(200);
});

it('serves no file that its migrations have not reached, and applies them once they can be', async () => {
  const migrations = join(dir, 'migrations');
  await mkdir(join(migrations, 'core'), { recursive: true });
  await writeFile(join(migrations, 'core', '0001_first.sql'), 'CREATE TABLE first (a);');
  const place = { folder: dir, migrations };
  expect(await prepareFile('DB', place)).toBe(undefined);
  await copyFile(databaseFile(dir, 'DB'), join(dir, 'before'));
  await writeFile(join(migrations, 'core', '0002_second.sql'), 'CREATE TABLE second (a);');
  // A disk with no page left, as SQLite sees it.
  let room: { readonly bytesMax?: number } = { bytesMax: 4_096 };
  const running = await start({
    file: databaseFile(dir, 'DB'),
    prepare: () => prepareFile('DB', { ...place, ...room }),
  });
  expect(running.isServing).toBe(false);
  expect(ends[0]).toEqual({ why: 'failed', detail: 'SQLITE_FULL' });
  room = {};
  expect(await countOf('second')).toEqual([{ count: 0 }]);
  // The file breaks, and an operator puts back one from before the release.
  for (const more of ['-wal', '-shm']) await rm(`${databaseFile(dir, 'DB')}${more}`, { force: true });
  await writeFile(databaseFile(dir, 'DB'), 'no database at all, but long enough to be one'.repeat(100));
  process.kill(running.pid ?? 0, 'SIGKILL');
  await until('the refusal', () => ends.at(-1)?.detail.includes('SQLITE_NOTADB'));
  await rename(join(dir, 'before'), databaseFile(dir, 'DB'));
  expect(await countOf('second')).toEqual([{ count: 0 }]);
});

it('takes no write past its limit, and says so as D1 does', async () => {
  await start({ bytesMax: 65_536 });
  await ask('CREATE TABLE large (a BLOB)');
  const refused = await ask('INSERT INTO large VALUES (zeroblob(100000))');
  expect(refused.said.error).toBe('database or disk is full: SQLITE_FULL');
  expect((await ask('INSERT INTO large VALUES (zeroblob(1000))')).status).toBe(200);
  expect(await countOf('large')).toEqual([{ count: 1 }]);
});

it.each([
  ['GET', '/query', '', 404],
  ['POST', '/dump', '{}', 404],
  ['POST', '/query', 'no JSON', 400],
  ['POST', '/query', '{"sql":1}', 400],
  ['POST', '/query', '[{"sql":"SELECT ?1","params":[{"a":1}]}]', 400],
])('refuses what is no request of the binding: %s %s %s', async (method, path, body, status) => {
  await start();
  expect((await askUnix(socket(), path, { method, body })).status).toBe(status);
  expect((await ask('SELECT 1')).status).toBe(200);
});
