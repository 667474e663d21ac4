// What an edge that is replicated does before it serves: it sees whose the replica is. One that has been superseded, or that knows
// nothing of a replica in use, must not write: its databases are not the ones. docs/exploitation/secours.md.

import { join } from 'node:path';
import type { ReplicaConfig } from '../config/read-replica.ts';
import { makePrivateFolder } from '../state/private-folder.ts';
import { claimEpoch, type Epoch, isSame, readEpochs, readOwn, writeOwn } from './epoch.ts';
import { Litestream } from './litestream.ts';

/** Another machine serves. Waiting does not mend it. */
export class Superseded extends Error {}

export interface Replica {
  readonly litestream: Litestream;
  /** For files of its own. */
  readonly folder: string;
  readonly epoch: Epoch;
  readonly behindMs: number;
}

/** Of a state folder: what this machine is in the replica. */
export const replicaFolder = (stateFolder: string): string => join(stateFolder, 'replica');

/**
 * The state folder is locked. A place that nobody has used is taken. @throws Superseded; Error with a French sentence when the
 * replica cannot be read: what it would say is not known.
 */
export async function openReplica(config: ReplicaConfig, stateFolder: string): Promise<Replica> {
  const folder = replicaFolder(stateFolder);
  makePrivateFolder(folder);
  const { behindMs } = config;
  const litestream = await Litestream.open(config, folder);
  const place = litestream.placeName;
  const own = await readOwn(folder, place);
  const [last, ...before] = await readEpochs(litestream, folder);
  if (last === undefined) {
    if (own !== undefined) {
      throw new Error(
        `la réplique ${place} est vide, et cette machine y a déjà écrit : est-elle bien montée ?`,
      );
    }
    const epoch = await claimEpoch(litestream, folder, []);
    await writeOwn(folder, place, epoch);
    return { litestream, folder, epoch, behindMs };
  }
  if (own !== undefined && isSame(last, own)) return { litestream, folder, epoch: last, behindMs };
  const isOlder = own !== undefined && before.some((one) => isSame(one, own));
  throw new Superseded(
    isOlder
      ? `une autre machine a pris le relais (réplique ${place}, prise n° ${last.number} ; celle d'ici est la ${own.number})`
      : `la réplique ${place} est celle d'une autre machine, ou d'un disque perdu : passerelle-edge promote prend le relais`,
  );
}
