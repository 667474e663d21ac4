// How much a disk still takes.

import { statfsSync } from 'node:fs';

/** Less than SQLite needs to open a database: its index of the journal has 32 KiB. */
const FULL_BYTES = 65_536;

/** Bytes that this account may still write there. @throws what Node throws. */
export function roomOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

export function isFull(folder: string): boolean {
  try {
    return roomOf(folder) < FULL_BYTES;
  } catch {
    return false;
  }
}
