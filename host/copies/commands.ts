// What `passerelle-edge backup` and `passerelle-edge restore` tell the person who called them.

import { join } from 'node:path';
import type { HostConfig } from '../config/read-config.ts';
import { backUp } from './backup.ts';
import type { CopiedDatabase } from './manifest.ts';
import { restore } from './restore.ts';

export interface CopyCommand {
  readonly name: 'backup' | 'restore';
  /** Of the copy. */
  readonly folder: string;
  /** Of the program. */
  readonly release: string;
}

interface Described {
  readonly databases: readonly Pick<CopiedDatabase, 'name' | 'bytes' | 'writes' | 'rows' | 'schema'>[];
}

/** @returns what was done, in French. @throws Error with a French sentence. */
export async function runCopyCommand(
  { stateFolder, restoreDays: days }: Pick<HostConfig, 'stateFolder' | 'restoreDays'>,
  { name, folder, release }: CopyCommand,
): Promise<string> {
  const nowMs = Date.now();
  if (name === 'backup') {
    const manifest = await backUp({ stateFolder, to: folder, nowMs });
    return `${describe(manifest)}Copie entière et relue : ${folder}\n`;
  }
  const migrations = join(release, 'migrations');
  const { manifest, keptAt, reasserted } = await restore({
    stateFolder,
    from: folder,
    migrations,
    days,
    nowMs,
  });
  const kept = keptAt === undefined ? "Rien n'était là avant.\n" : `Ce qui était là avant : ${keptAt}\n`;
  return `${describe(manifest)}Copie du ${manifest.at} en place, sommes, intégrité et comptes vérifiés.\n${kept}\
Au démarrage, avant tout octroi : ${reasserted} retraits des ${days} derniers jours sont redits aux éditeurs \
(GET /admin/accounts/exposure).\n`;
}

/** A line for each database. */
export function describe({ databases }: Described): string {
  const lines = databases.map(({ name, bytes, writes, rows, schema }) => {
    const count = Object.values(rows).reduce((sum, one) => sum + one, 0);
    return `${name} : ${bytes} octets, ${count} lignes, ${writes} écritures acquittées, schéma ${schema}\n`;
  });
  return lines.join('');
}
