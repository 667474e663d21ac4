// `passerelle-edge backup` and `restore` as an operator calls them, on the state folder of a real edge.

import { type ChildProcess, spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MIGRATIONS } from '../../../host/databases/migrations.ts';
import { readLines } from '../../../host/runtime/read-lines.ts';
import { builtWorker } from '../../support/scenes/built/edge.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

const PROGRAM = join(import.meta.dirname, '../../../host/main.ts');
const JWKS = { keys: [] };
const SETTINGS = {
  ...{ RELAY_JWKS: JWKS, AUTH_JWKS: JWKS, AUTH_ISSUER: 'https://issuer.example', AUTH_AUDIENCE: 'x' },
  SCHEDULE_S: '3600',
};
const HOUR_MS = 3_600_000;

let dir: string;
let edge: ChildProcess | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edge-'));
  await mkdir(join(dir, 'release/worker'), { recursive: true });
  await writeFile(join(dir, 'release/worker/index.js'), await builtWorker());
  await symlink(MIGRATIONS, join(dir, 'release/migrations'));
  const config = { listen: { port: 0 }, admin: { port: 0 }, stateFolder: 'state', settings: SETTINGS };
  await writeFile(join(dir, 'edge.json'), JSON.stringify(config));
});
afterEach(async () => {
  if (edge?.exitCode === null && edge.signalCode === null) edge.kill('SIGKILL');
  edge = undefined;
  await removeFolder(dir);
});

function start(...args: string[]): ChildProcess {
  const common = ['--config', join(dir, 'edge.json'), '--release', join(dir, 'release')];
  return spawn(process.execPath, [PROGRAM, ...args, ...common], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: dir },
  });
}

/** A command that ends by itself. */
async function command(...args: string[]): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = start(...args);
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null) readLines(stream, (line) => said.push(line));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, said: said.join('\n') };
}

async function startEdge(): Promise<void> {
  edge = start();
  let isReady = false;
  if (edge.stdout !== null)
    readLines(edge.stdout, (line) => {
      isReady ||= line.includes('host-ready');
    });
  await until('the edge', () => isReady || edge?.exitCode !== null);
  expect(edge.exitCode).toBeNull();
}

async function stopEdge(): Promise<void> {
  const ended = new Promise((resolve) => edge?.once('exit', resolve));
  edge?.kill('SIGTERM');
  await ended;
}

const live = (name: string): string => join(dir, 'state/databases', `${name}.sqlite`);
const copy = (): string => join(dir, 'copy');

function ask<T>(file: string, work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(file, { timeout: 5_000 });
  try {
    return work(db);
  } finally {
    db.close();
  }
}
const countOf = (file: string, what: string): number =>
  ask(file, (db) => Number(db.prepare(`SELECT COUNT(*) AS n FROM ${what}`).get()?.n));

/** A regulator whose right has ended, closed at a vendor: the database counts two acknowledged writes. */
function addClosed(db: DatabaseSync, id: string, endedMs: number): void {
  db.prepare(
    `INSERT INTO regulators (id, system, value, active, family, given, email, territories, version, hash, stamp, updated_ms,
       withdrawn_ms) VALUES (?1, 'urn:x', ?1, 0, 'Imaginaire', 'Camille', 'c@regulation.example', '[]', 1, 'h', 's', ?2, ?2)`,
  ).run(id, endedMs);
  db.prepare(
    `INSERT INTO accounts (regulator, editor, revision, open, withdrawing, attempts, confirmed_hash, confirmed_active)
     VALUES (?1, 'agenda-a', 1, 0, 0, 0, 'h', 0)`,
  ).run(id);
}

it('copies the databases of a running edge as they were at one instant, for their owner alone', async () => {
  await startEdge();
  const backup = command('backup', '--to', copy());
  let isOver = false;
  void backup.finally(() => {
    isOver = true;
  });
  // Two rows in each transaction: a copy that saw half of one would have an odd one out.
  let written = 0;
  await until('the copy to be over', () => {
    ask(live('core'), (db) => {
      db.exec('BEGIN IMMEDIATE');
      addClosed(db, `r${written}`, Date.now());
      db.exec('COMMIT');
    });
    written += 1;
    return isOver;
  });
  const { code, said } = await backup;
  expect([code, said]).toEqual([0, expect.stringContaining('Copie entière et relue')]);
  expect(written).toBeGreaterThan(1);
  expect(globSync('*', { cwd: copy() }).sort()).toEqual([
    'appointments.sqlite',
    'core.sqlite',
    'manifest.json',
  ]);
  for (const name of ['.', ...globSync('*', { cwd: copy() })]) {
    expect([name, (await stat(join(copy(), name))).mode & 0o077]).toEqual([name, 0]);
  }
  const manifest = JSON.parse(await readFile(join(copy(), 'manifest.json'), 'utf8')) as {
    databases: {
      name: string;
      rows: Record<string, number>;
      writes: number;
      identity: string;
      schema: string;
    }[];
  };
  const [core] = manifest.databases;
  expect(core?.rows.regulators).toBe(core?.rows.accounts);
  expect(core).toMatchObject({ name: 'core', integrity: 'ok', writes: 2 * (core?.rows.accounts ?? 0) });
  expect(core?.identity).toMatch(/^[\da-f]{32}$/);
  expect(core?.schema).toMatch(/^\d{4}_.*\.sql$/);
  expect(await command('backup', '--to', copy())).toMatchObject({
    code: 1,
    said: expect.stringContaining("n'est pas vide") as string,
  });
});

it('puts a copy back, keeps what was there beside, and makes the late withdrawals due again', async () => {
  await startEdge();
  const now = Date.now();
  ask(live('core'), (db) => {
    addClosed(db, 'lately', now - HOUR_MS);
    addClosed(db, 'long-ago', now - 30 * 24 * HOUR_MS);
  });
  expect(await command('backup', '--to', copy())).toMatchObject({ code: 0 });
  ask(live('core'), (db) => addClosed(db, 'lost', now));
  const refused = await command('restore', '--from', copy());
  expect([refused.code, refused.said]).toEqual([
    1,
    expect.stringContaining('est déjà utilisé par le processus'),
  ]);
  await stopEdge();
  const { code, said } = await command('restore', '--from', copy());
  expect([code, said]).toEqual([0, expect.stringMatching(/1 retraits des 7 derniers jours/)]);
  expect(ask(live('core'), (db) => db.prepare('SELECT id FROM regulators ORDER BY id').all())).toEqual([
    { id: 'lately' },
    { id: 'long-ago' },
  ]);
  expect(countOf(live('core'), "accounts WHERE withdrawing = 1 AND open = 1 AND regulator = 'lately'")).toBe(
    1,
  );
  expect(countOf(live('core'), 'accounts WHERE withdrawing = 1')).toBe(1);
  expect(countOf(live('core'), 'core_mark WHERE writes = 4')).toBe(1);
  const [kept = ''] = globSync('before-restore-*', { cwd: join(dir, 'state') });
  expect(countOf(join(dir, 'state', kept, 'core.sqlite'), "regulators WHERE id = 'lost'")).toBe(1);
  expect(globSync('restoring-*', { cwd: join(dir, 'state') })).toEqual([]);
  for (const name of globSync('**', { cwd: join(dir, 'state') })) {
    expect([name, (await stat(join(dir, 'state', name))).mode & 0o077]).toEqual([name, 0]);
  }
  await startEdge();
});

it('restores to a machine that has nothing, a copy of an older schema too', async () => {
  await startEdge();
  ask(live('core'), (db) => addClosed(db, 'lately', Date.now()));
  await stopEdge();
  // As the release before wrote it.
  ask(live('core'), (db) =>
    db.exec(`DROP TRIGGER reassert_after_restore; DROP INDEX accounts_restored; DROP TABLE restores;
      ALTER TABLE accounts DROP COLUMN restored_ms; DELETE FROM d1_migrations WHERE name LIKE '0020_%'`),
  );
  expect(await command('backup', '--to', copy())).toMatchObject({ code: 0 });
  await removeFolder(join(dir, 'state'));
  const { code, said } = await command('restore', '--from', copy());
  expect([code, said]).toEqual([0, expect.stringContaining("Rien n'était là avant")]);
  expect(countOf(live('core'), 'accounts WHERE withdrawing = 1')).toBe(1);
  await startEdge();
});

it('replaces nothing by a copy that is not what its manifest says', async () => {
  await startEdge();
  ask(live('core'), (db) => addClosed(db, 'kept', Date.now()));
  expect(await command('backup', '--to', copy())).toMatchObject({ code: 0 });
  await stopEdge();
  const file = join(copy(), 'core.sqlite');
  const manifest = join(copy(), 'manifest.json');
  const [good, words] = [await readFile(file), await readFile(manifest, 'utf8')];
  ask(live('core'), (db) => addClosed(db, 'later', Date.now()));
  const flipped = Buffer.from(good);
  flipped[flipped.length - 1] = 255 - (flipped.at(-1) ?? 0);
  for (const [bytes, text, why] of [
    [flipped, words, 'SHA-256'],
    [good.subarray(0, -4096), words, 'octets'],
    [good, words.replace('"regulators": 1', '"regulators": 2'), 'regulators a 1 lignes au lieu de 2'],
    [good, words.replace(/"writes": \d+/, '"writes": 9'), 'writes'],
    [good, words.slice(0, -20), 'manifest.json'],
  ] as const) {
    await writeFile(file, bytes);
    await writeFile(manifest, text);
    const { code, said } = await command('restore', '--from', copy());
    expect([code, said]).toEqual([1, expect.stringContaining(why)]);
    expect(countOf(live('core'), 'regulators')).toBe(2);
    expect(globSync('{before-restore,restoring}-*', { cwd: join(dir, 'state') })).toEqual([]);
  }
});

it('leaves no half of a copy behind when a database is damaged', async () => {
  await startEdge();
  await stopEdge();
  await cp(join(dir, 'edge.json'), live('appointments'));
  const { code, said } = await command('backup', '--to', copy());
  expect([code, said]).toEqual([1, expect.stringContaining('appointments')]);
  expect(globSync('copy*', { cwd: dir })).toEqual([]);
});

it('says what is wrong with its command line', async () => {
  expect(await command('backup')).toMatchObject({ code: 2, said: expect.stringContaining('--to') as string });
  expect(await command('restore', '--to', copy())).toMatchObject({
    code: 2,
    said: expect.stringMatching(/--from DOSSIER[\s\S]*--to ne va qu'avec backup/) as string,
  });
});
