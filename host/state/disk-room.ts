// What a disk still takes.

import { accessSync, constants, statfsSync } from 'node:fs';

/** Less than SQLite needs to open a database: its index of the journal has 32 KiB. */
const FULL_BYTES = 65_536;

/** Bytes that this account may still write there. @throws what Node throws. */
export function roomOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** SQLite's word of the disk itself, where a file of it is refused by a word that may mean anything; undefined: it takes writes. */
export function diskRefusal(folder: string): 'SQLITE_FULL' | 'SQLITE_READONLY' | undefined {
  try {
    accessSync(folder, constants.W_OK);
    return roomOf(folder) < FULL_BYTES ? 'SQLITE_FULL' : undefined;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EROFS' ? 'SQLITE_READONLY' : undefined;
  }
}
