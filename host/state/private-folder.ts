// Closes a state folder to everybody but its owner: it holds private keys, and databases with the names of regulators. The
// launcher closes what it makes there from now on and what an earlier program left there alike.

import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** For whoever opens a file in such a folder. */
export const PRIVATE_FILE = 0o600;
/** For whoever makes one. */
const PRIVATE_FOLDER = 0o700;
const STICKY = 0o1000;
/** What a state folder holds that is ours to close: a folder that someone gave us may hold more. */
const OURS = [
  ...[
    'd1',
    'd1-repris',
    'database.mjs',
    'databases',
    'objects',
    'replica',
    'edge',
    'relay',
    'hub-sante',
    'relay-jwks.json',
  ],
  ...['.lock', '.lock-journal', '.lock.json', '.relay-jwks.lock', '.relay-jwks.lock-journal'],
];

/** Makes it, and the folders above it that are missing. @throws what Node throws when it cannot. */
export function makePrivateFolder(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: PRIVATE_FOLDER });
  const { mode, uid } = lstatSync(dir);
  // A folder that is for everybody by its nature (/tmp), or somebody else's, is none of ours.
  if ((mode & STICKY) === 0 && uid === (process.getuid?.() ?? uid)) close(dir, PRIVATE_FOLDER, mode);
}

/** Closes what programs of before left open in it. A link is not followed. */
export function closeToOthers(dir: string): void {
  for (const name of OURS) closeTree(join(dir, name));
}

function closeTree(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true) close(path, PRIVATE_FILE, found.mode);
  if (found?.isDirectory() !== true) return;
  close(path, PRIVATE_FOLDER, found.mode);
  for (const name of readdirSync(path)) closeTree(join(path, name));
}

/** Takes away what others may do; a bit that the owner took from himself stays away. */
function close(path: string, atMost: number, mode: number): void {
  if ((mode & 0o7777 & ~atMost) !== 0) chmodSync(path, mode & atMost);
}
