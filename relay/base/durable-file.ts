// Writes a small file so that a crash at any moment leaves the old one whole or the new one whole: beside it, synced,
// renamed over it, and the folder synced. Mode 0600 in a folder of mode 0700.

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Makes the folder when it is missing, not those above it. @throws what the file system says; the file is then as it was. */
export function writeDurably(file: string, text: string): void {
  const folder = dirname(file);
  // Not `recursive`: on /proc it never returns.
  if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
  const beside = `${file}.${process.pid}.new`;
  try {
    withFile(openSync(beside, 'w', 0o600), (fd) => {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      fsyncSync(fd);
    });
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  withFile(openSync(folder, 'r'), fsyncSync);
}

function withFile(fd: number, use: (fd: number) => void): void {
  try {
    use(fd);
  } finally {
    closeSync(fd);
  }
}
