// A state folder that Miniflare ran on has its databases in `d1`; the host (host/) has its own in `databases`. The first
// start on the host takes over what Miniflare's hold, once, and says so. The objects begin anew: they hold only what is learned
// again. Called by edge-process.ts, which has locked the folder, before anything is served.

import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DATABASES } from '../../../host/databases/migrations.ts';
import { databaseFile } from '../../../host/databases/prepare-files.ts';
import { makePrivateFolder } from '../../../host/state/private-folder.ts';
import { d1Files, d1Folder, ownFile, readTables } from './prepare-databases.ts';

/** Of a state folder: Miniflare's databases after the host has taken over what they hold. Nobody reads it. */
const DONE_FOLDER = 'd1-repris';

/**
 * `prepare`: brings Miniflare's databases up to date, as prepareDatabases does. @returns a French sentence for people, when
 * there were such databases. @throws Error with a French sentence when they cannot be taken over; then they are as they were,
 * and the host has none.
 */
export async function importDatabases(
  stateDir: string,
  migrations: string,
  prepare: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const from = d1Folder(stateDir);
  const to = join(stateDir, 'databases');
  const files = await d1Files(stateDir).catch(() => []);
  if (files.length === 0) return undefined;
  if (existsSync(to)) {
    return `${from} (bases de Miniflare) n'est pas lu : ${to} existe. EDGE_HOST=miniflare devant la commande le sert.`;
  }
  const damaged = await prepare();
  if (damaged !== undefined) throw new Error(refusal(from, `le fichier ${damaged} est abîmé`));
  const partial = `${to}.partial`;
  await rm(partial, { recursive: true, force: true });
  makePrivateFolder(partial);
  try {
    const found = (await d1Files(stateDir)).map(readTables);
    for (const { name, folder } of DATABASES) {
      const own = await ownFile(found, migrations, folder);
      if (own === undefined) throw new Error(`la base ${folder} y manque`);
      copyDatabase(own.path, databaseFile(partial, name));
    }
    await rename(partial, to);
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    throw new Error(refusal(from, cause instanceof Error ? cause.message : String(cause)), { cause });
  }
  const done = join(stateDir, DONE_FOLDER);
  await rm(done, { recursive: true, force: true });
  await rename(from, done);
  return `Les bases de Miniflare (${from}) sont reprises dans ${to}. Ce qu'elles étaient est dans ${done}, que rien ne lit : il peut être effacé.`;
}

const refusal = (from: string, why: string): string =>
  `les bases de Miniflare (${from}) ne se reprennent pas : ${why}. Rien n'y est changé. EDGE_HOST=miniflare devant la commande les sert ; sans ce dossier, l'accès commence vide.`;

/** What the journal still holds is in the copy; the tables of the platform's own are not. */
function copyDatabase(from: string, to: string): void {
  const source = new DatabaseSync(from, { readOnly: true });
  try {
    source.prepare('VACUUM INTO ?').run(to);
  } finally {
    source.close();
  }
  const copy = new DatabaseSync(to);
  try {
    const { integrity_check: integrity } = copy.prepare('PRAGMA integrity_check(1)').get() ?? {};
    if (integrity !== 'ok') throw new Error(String(integrity));
    const tables = copy
      .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '\\_cf\\_%' ESCAPE '\\'`)
      .all();
    for (const { name } of tables) copy.exec(`DROP TABLE "${String(name)}"`);
  } finally {
    copy.close();
  }
}
