// What `passerelle-edge promote` tells the person who called it.

import { join } from 'node:path';
import type { HostConfig } from '../config/read-config.ts';
import { describe } from '../copies/commands.ts';
import { promote } from './promote.ts';

export interface PromoteCommand {
  /** Of the program. */
  readonly release: string;
  /** Changes nothing. */
  readonly isTrial: boolean;
}

/** @returns what was done, in French. @throws Error with a French sentence. */
export async function runPromoteCommand(
  { stateFolder, restoreDays: days, replica }: Pick<HostConfig, 'stateFolder' | 'restoreDays' | 'replica'>,
  { release, isTrial }: PromoteCommand,
): Promise<string> {
  if (replica === undefined) throw new Error('les réglages ne disent pas où est la réplique : champ replica');
  const startedMs = performance.now();
  const migrations = join(release, 'migrations');
  const nowMs = Date.now();
  const promoted = await promote({ stateFolder, replica, migrations, days, nowMs, isTrial });
  const { place, from, epoch, databases, keptAt, reasserted } = promoted;
  const newest = Math.max(0, ...databases.map(({ newestMs }) => newestMs ?? 0));
  const last = newest === 0 ? 'aucun' : new Date(newest).toISOString();
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  const read = `${describe(promoted)}Réplique ${place}, prise n° ${from.number}, lue en entier, intégrité et comptes vérifiés, en ${seconds} s.
Dernier enregistrement : ${last}\n`;
  if (epoch === undefined) {
    return `${read}Essai : rien n'a changé. ${reasserted} retraits des ${days} derniers jours seraient redits.\n`;
  }
  const kept = keptAt === undefined ? "Rien n'était là avant.\n" : `Ce qui était là avant : ${keptAt}\n`;
  return `${read}${kept}Cette machine a pris le relais, prise n° ${epoch.number} : l'autre ne doit plus rien recevoir.
Au démarrage, avant tout octroi : ${reasserted} retraits des ${days} derniers jours sont redits aux éditeurs \
(GET /admin/accounts/exposure).\n`;
}
