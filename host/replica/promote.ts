// `passerelle-edge promote`: a machine that stood by takes over from the replica. What the replica has is brought back beside,
// read whole, marked as restored; then the epoch is claimed, from which on the other machine may write no more; then the databases
// take their place. Whatever fails before the claim changes nothing; whatever fails after it is begun again by the same command.

import { mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ReplicaConfig } from '../config/read-replica.ts';
import { type Contents, inspectCopy } from '../copies/inspect-copy.ts';
import { COPIED, type CopiedName, copyName } from '../copies/manifest.ts';
import { type PutOptions, prepareRestored, putInPlace } from '../copies/put-in-place.ts';
import { makePrivateFolder } from '../state/private-folder.ts';
import { lockState } from '../state/state-lock.ts';
import { claimEpoch, type Epoch, folderOf, isSame, readEpochs, readOwn, writeOwn } from './epoch.ts';
import { Litestream } from './litestream.ts';
import { replicaFolder } from './replica.ts';

export interface PromoteOptions extends PutOptions {
  readonly replica: ReplicaConfig;
  /** Everything but the claim and the replacing: what the replica would give, now. */
  readonly isTrial: boolean;
}

interface BroughtBack extends Omit<Contents, 'integrity'> {
  readonly name: CopiedName;
  readonly bytes: number;
  /** When its newest record was written, milliseconds; undefined: it has none. */
  readonly newestMs: number | undefined;
}

export interface Promoted {
  readonly place: string;
  /** Whose writes these are. */
  readonly from: Epoch;
  /** Of this machine from now on; undefined: a trial. */
  readonly epoch: Epoch | undefined;
  readonly databases: readonly BroughtBack[];
  readonly keptAt: string | undefined;
  /** Withdrawals that are due again. */
  readonly reasserted: number;
}

const NEWEST = { core: 'regulators', appointments: 'appointments' } as const;

/** @throws Error with a French sentence. */
export async function promote(options: PromoteOptions): Promise<Promoted> {
  const { stateFolder, replica, isTrial, nowMs } = options;
  makePrivateFolder(stateFolder);
  const lock = isTrial ? undefined : lockState(stateFolder, 'passerelle-edge promote', 'stateFolder');
  const staging = await mkdtemp(join(stateFolder, 'restoring-'));
  try {
    const litestream = await Litestream.open(replica, staging);
    const place = litestream.placeName;
    const epochs = await readEpochs(litestream, staging);
    const folder = replicaFolder(stateFolder);
    if (!isTrial) await refuseOwn(folder, place, epochs, stateFolder);
    const from = await bringBack(litestream, staging, epochs);
    const databases: BroughtBack[] = [];
    for (const name of COPIED) databases.push(await judge(join(staging, copyName(name)), name));
    const reasserted = await prepareRestored(staging, options);
    const done = { place, from, databases, reasserted };
    if (isTrial) return { ...done, epoch: undefined, keptAt: undefined };
    const epoch = await claimEpoch(litestream, staging, epochs);
    // Objects of another life remember other databases.
    const keptAt = await putInPlace(staging, { stateFolder, nowMs }, ['objects']);
    makePrivateFolder(folder);
    // The last thing: without it this machine would not serve what it does not have.
    await writeOwn(folder, place, epoch);
    return { ...done, epoch, keptAt };
  } finally {
    await rm(staging, { recursive: true, force: true });
    lock?.release();
  }
}

/** The machine that serves has all that the replica has, and more. */
async function refuseOwn(
  folder: string,
  place: string,
  epochs: readonly Epoch[],
  stateFolder: string,
): Promise<void> {
  const own = await readOwn(folder, place);
  if (own === undefined || !isSame(own, epochs[0])) return;
  const isThere = await stat(join(stateFolder, 'databases', copyName('core'))).then(
    () => true,
    () => false,
  );
  if (isThere)
    throw new Error('cette machine est déjà celle qui sert, et ses bases sont là : démarrez son accès');
}

/** The last epoch that has both databases: one that took over may have ended before it had sent anything. */
async function bringBack(litestream: Litestream, staging: string, epochs: readonly Epoch[]): Promise<Epoch> {
  for (const epoch of epochs) {
    const found: boolean[] = [];
    for (const name of COPIED) {
      found.push(await litestream.restore(`${folderOf(epoch)}/${name}`, join(staging, copyName(name))));
    }
    if (found.every(Boolean)) return epoch;
  }
  throw new Error(`la réplique ${litestream.placeName} n'a aucune base à reprendre`);
}

async function judge(file: string, name: CopiedName): Promise<BroughtBack> {
  const { integrity, ...contents } = inspectCopy(file, name);
  if (integrity !== 'ok') throw new Error(`${name}, venue de la réplique, est abîmée : ${integrity}`);
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const newest = db.prepare(`SELECT MAX(updated_ms) AS ms FROM ${NEWEST[name]}`).get()?.ms;
    const newestMs = newest === null || newest === undefined ? undefined : Number(newest);
    return { name, ...contents, bytes: (await stat(file)).size, newestMs };
  } finally {
    db.close();
  }
}
