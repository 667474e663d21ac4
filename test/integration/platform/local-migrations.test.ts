// A migration that fails on a local edge: what the developer reads, and what is left of it.

import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MIGRATIONS } from '../../../host/databases/migrations.ts';
import { type EdgeProcess, startEdge } from '../../../sandbox/platform/edge/edge-process.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

let dir: string;
let edge: EdgeProcess | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'passerelle-migrations-'));
  await cp(MIGRATIONS, join(dir, 'migrations'), { recursive: true });
});
afterEach(async () => {
  await edge?.close();
  edge = undefined;
  await removeFolder(dir);
});

const start = (migrations: string): Promise<EdgeProcess> =>
  startEdge({ host: '127.0.0.1', port: 0, stateDir: join(dir, 'state'), settings: {}, migrations });

test.each([
  ['breaks the grammar', 'CREATE TABEL third (id)', 'syntax error'],
  ['meets what the database holds', 'CREATE TABLE first (id INTEGER)', 'already exists'],
])('names the file and the statement that %s, and leaves nothing of it', async (_how, broken, why) => {
  const migrations = join(dir, 'migrations');
  const core = join(migrations, 'core');
  const file = '9999_broken.sql';
  await writeFile(
    join(core, file),
    `-- a comment; with a semicolon\nCREATE TABLE first (id INTEGER);\nINSERT INTO first VALUES (1);\n${broken};\n`,
  );
  const failure = await start(migrations).then(
    () => '',
    (cause: Error) => cause.message,
  );
  expect(failure).toContain(`worker/store/migrations/core/${file}, instruction 3 (« ${broken} »)`);
  expect(failure).toContain(why);
  await rm(join(core, file));
  edge = await start(migrations);
  const { results } = await (await edge.database())
    .prepare("SELECT name FROM sqlite_master WHERE name = 'first'")
    .all();
  expect(results).toEqual([]);
  const applied = await (await edge.database()).prepare('SELECT name FROM d1_migrations').all();
  expect(applied.results.map(({ name }) => name)).not.toContain(file);
});
