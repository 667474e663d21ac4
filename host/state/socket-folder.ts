// The folder of the sockets between the processes of one host, its account's alone. A host that was killed leaves its own
// behind: the next one of the same state folder takes it away.

import { lstat, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Unix socket's path has 108 bytes; the longest name here has 18. */
const FOLDER_LENGTH_MAX = 88;

/**
 * `stateDir`: locked by the caller, so that whoever else had a folder for it is gone. @throws Error with a French sentence when
 * the path is too long for sockets.
 */
export async function makeSocketFolder(stateDir: string): Promise<string> {
  const parent = process.env.RUNTIME_DIRECTORY ?? tmpdir();
  // The state folder itself, not its path: a copy of it is another, and the same path in another container is too.
  const { dev, ino } = await stat(stateDir, { bigint: true });
  const prefix = `pe-${dev.toString(36)}-${ino.toString(36)}-`;
  for (const name of await readdir(parent)) {
    if (name.startsWith(prefix)) await removeOwn(join(parent, name));
  }
  const folder = await mkdtemp(join(parent, prefix));
  if (Buffer.byteLength(folder) <= FOLDER_LENGTH_MAX) return folder;
  await rm(folder, { recursive: true });
  throw new Error(
    `Le dossier temporaire ${folder} a un nom trop long pour des sockets : donnez un TMPDIR plus court.`,
  );
}

/** Anybody may make a folder of such a name where all accounts may write: another account's stays. */
async function removeOwn(folder: string): Promise<void> {
  const { uid } = await lstat(folder);
  if (uid === (process.getuid?.() ?? uid)) await rm(folder, { recursive: true, force: true });
}
