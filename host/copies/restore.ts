// `passerelle-edge restore`: puts a copy in the place of a state folder's databases, its edge stopped. Everything is held
// against the manifest before anything is replaced; what was there is kept beside. The restored core database says of itself
// that it was restored, whereupon its own trigger makes every late withdrawal due again (docs/accounts.md § 4).

import { chmod, copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PRIVATE_FILE } from '../state/private-folder.ts';
import { lockState } from '../state/state-lock.ts';
import { type Contents, inspectCopy } from './inspect-copy.ts';
import { type CopiedDatabase, copyName, type Manifest, readManifest, sha256Of } from './manifest.ts';
import { type PutOptions, prepareRestored, putInPlace } from './put-in-place.ts';

export interface RestoreOptions extends PutOptions {
  /** Folder of a copy, absolute. */
  readonly from: string;
}

export interface Restored {
  readonly manifest: Manifest;
  /** Where what was there before is; undefined: nothing was. */
  readonly keptAt: string | undefined;
  /** Withdrawals that are due again. */
  readonly reasserted: number;
}

/** @throws Error with a French sentence; then the databases are as they were. */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { stateFolder, from } = options;
  const manifest = readManifest(from);
  if (!manifest.ok) throw new Error(manifest.error);
  const lock = lockState(stateFolder, 'passerelle-edge restore', 'stateFolder');
  const staging = await mkdtemp(join(stateFolder, 'restoring-'));
  try {
    for (const about of manifest.value.databases) await take(from, staging, about);
    const reasserted = await prepareRestored(staging, options);
    return { manifest: manifest.value, keptAt: await putInPlace(staging, options), reasserted };
  } finally {
    await rm(staging, { recursive: true, force: true });
    lock.release();
  }
}

/** Of our own copy of it, which nobody changes after it was looked at. */
async function take(from: string, staging: string, about: CopiedDatabase): Promise<void> {
  const file = join(staging, copyName(about.name));
  const wrong = (why: string): never => {
    throw new Error(
      `la copie de ${about.name} n'est pas ce que dit son manifeste : ${why}. Rien n'a été remplacé`,
    );
  };
  await copyFile(join(from, copyName(about.name)), file).catch((cause: NodeJS.ErrnoException) =>
    wrong(`le fichier ne se lit pas (${cause.code})`),
  );
  await chmod(file, PRIVATE_FILE);
  const { size } = await stat(file);
  if (size !== about.bytes) wrong(`${size} octets au lieu de ${about.bytes}`);
  if ((await sha256Of(file)) !== about.sha256) wrong('la somme SHA-256 diffère');
  let found: Contents;
  try {
    found = inspectCopy(file, about.name);
  } catch (cause) {
    return wrong((cause as Error).message);
  }
  if (found.integrity !== 'ok') wrong(found.integrity);
  for (const field of ['identity', 'writes', 'schema'] as const) {
    if (found[field] !== about[field]) wrong(`${field} diffère`);
  }
  for (const table of new Set([...Object.keys(found.rows), ...Object.keys(about.rows)])) {
    if (found.rows[table] !== about.rows[table]) {
      wrong(`${table} a ${found.rows[table] ?? 'aucune'} lignes au lieu de ${about.rows[table] ?? 'aucune'}`);
    }
  }
}
