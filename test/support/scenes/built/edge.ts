// The edge of a local state folder, from the Worker and the migrated database that this run has made once.

import { cp, mkdtemp, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { AppointmentEdge } from '../../../../bench/appointments/appointment-edge.ts';
import { buildWorker } from '../../../../sandbox/platform/edge/build-worker.ts';
import { DATABASES_FOLDER, type EdgeProcess } from '../../../../sandbox/platform/edge/edge-process.ts';
import { type LocalEdgeOptions, startLocalEdge } from '../../../../sandbox/platform/edge/local-edge.ts';
import { runFile } from '../../samples/run-file.ts';
import { removeFolder } from '../../wait/remove-folder.ts';

type Options = Omit<LocalEdgeOptions, 'host'>;

/** test/support/worker/mortal.ts */
const BESIDE = join(import.meta.dirname, '../../worker/beside.ts');
const MORTAL = join(import.meta.dirname, '../../worker/mortal.ts');

/** The Worker's code. */
export const builtWorker = (): Promise<string> => runFile('worker.js', buildWorker);

/** Of a release beside this one: test/support/worker/beside.ts. */
export const besideWorker = (): Promise<string> => runFile('beside-worker.js', () => buildWorker(BESIDE));

/** With a hub that a test can end. */
export const mortalWorker = (): Promise<string> => runFile('mortal-worker.js', () => buildWorker(MORTAL));

/** `script`: another code than the Worker's. A state folder without database gets one that is empty and migrated, as the edge itself would make it at its start. */
export async function startBuiltEdge(options: Options): Promise<EdgeProcess> {
  const database = join(options.stateDir, DATABASES_FOLDER);
  if (!(await isThere(database))) await cp(await migratedDatabase(), database, { recursive: true });
  return startOver(options);
}

/** As AppointmentEdge.start. */
export const startAppointmentEdge = (
  settings?: Record<string, string>,
  isExporting?: boolean,
  keys?: readonly object[],
): Promise<AppointmentEdge> => AppointmentEdge.start(settings, isExporting, keys, startBuiltEdge);

async function startOver(options: Options): Promise<EdgeProcess> {
  return startLocalEdge({ script: await builtWorker(), ...options, host: '127.0.0.1' });
}

async function migratedDatabase(): Promise<string> {
  const made = join(inject('runDir'), DATABASES_FOLDER);
  if (await isThere(made)) return made;
  const stateDir = await mkdtemp(join(inject('runDir'), 'state-'));
  const edge = await startOver({ port: 0, stateDir, onLog: () => undefined });
  await edge.close();
  try {
    await rename(join(stateDir, DATABASES_FOLDER), made);
  } catch {
    // Another test file was first: what it made serves both.
  }
  await removeFolder(stateDir);
  return made;
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
