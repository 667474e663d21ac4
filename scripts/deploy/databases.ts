// The three D1 databases of one environment: found by name, made inside the jurisdiction where they are not there, brought to
// the release's schema. A jurisdiction is given at the making and never later (docs/exploitation/souverainete.md).

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Environment } from './configuration.ts';
import type { Wrangler } from './wrangler.ts';

/** One of `wrangler d1 list --json`; older answers of the platform have no `jurisdiction`. */
interface Listed {
  readonly name: string;
  readonly uuid: string;
  readonly jurisdiction?: string | null;
}

export interface Found {
  /** Name → identifier, of those that are there. */
  readonly ids: ReadonlyMap<string, string>;
  readonly absent: readonly string[];
  /** French sentences: one of them stands where it may not. */
  readonly problems: readonly string[];
}

export async function findDatabases(wrangler: Wrangler, { d1_databases, vars }: Environment): Promise<Found> {
  const listed = (await wrangler.read('d1', 'list', '--json')) as readonly Listed[];
  const names = d1_databases.map((one) => one.database_name);
  const there = listed.filter(({ name }) => names.includes(name));
  const wanted = vars.JURISDICTION;
  const astray = there.filter(
    ({ jurisdiction }) => wanted && jurisdiction !== undefined && jurisdiction !== wanted,
  );
  return {
    ids: new Map(there.map(({ name, uuid }) => [name, uuid])),
    absent: names.filter((name) => !there.some((one) => one.name === name)),
    problems: astray.map(
      ({ name }) =>
        `La base ${name} est hors de la juridiction ${wanted}, qui ne se donne qu'à la création : en faire une autre et y recopier ses données.`,
    ),
  };
}

/** @returns the identifiers of all. @throws WranglerFailure, or Error when one is not listed after it was made. */
export async function makeAbsent(
  wrangler: Wrangler,
  environment: Environment,
  { absent, ids }: Found,
): Promise<ReadonlyMap<string, string>> {
  if (absent.length === 0) return ids;
  const { JURISDICTION: wanted } = environment.vars;
  for (const name of absent) {
    await wrangler.run('d1', 'create', name, ...(wanted ? ['--jurisdiction', wanted] : []));
  }
  const after = await findDatabases(wrangler, environment);
  const wrong = [...after.problems, ...after.absent.map((name) => `La base ${name} n'a pas été créée.`)];
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return after.ids;
}

/** @throws WranglerFailure: the migration that failed is undone, those before it stay, and the Worker that serves does not mind. */
export async function migrate(wrangler: Wrangler, { d1_databases }: Environment): Promise<void> {
  for (const { database_name: name } of d1_databases) {
    await wrangler.run('d1', 'migrations', 'apply', name, '--remote', '--config', 'wrangler.json');
  }
}

/** Every migration of the release, in its order, on databases that are nobody's. @throws Error that names the file. */
export function tryMigrations(release: string, { d1_databases }: Environment): number {
  let count = 0;
  for (const { migrations_dir } of d1_databases) {
    const folder = join(release, 'cloudflare', migrations_dir);
    const database = new DatabaseSync(':memory:');
    const names = readdirSync(folder).filter((name) => name.endsWith('.sql'));
    if (names.length === 0) throw new Error(`${folder} n'a aucune migration`);
    for (const name of names.sort()) {
      try {
        database.exec(readFileSync(join(folder, name), 'utf8'));
      } catch (cause) {
        throw new Error(`la migration ${name} échoue : ${cause instanceof Error ? cause.message : cause}`);
      }
      count += 1;
    }
    database.close();
  }
  return count;
}
