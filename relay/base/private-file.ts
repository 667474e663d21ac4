// Reads a private key's file, and says when accounts other than the relay's may read it too: a key that others can read is
// one that others may have. Called wherever a key is read, and by the edge's host for its
// secrets.

import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';

/** Everything for the group and for others. */
const OTHERS = 0o077;
/** Of a file that root owns, the group may read: so are keys handed to a service (systemd's credentials, mounted secrets). */
const OTHERS_THAN_GROUP_READING = 0o037;

export interface PrivateFile {
  readonly content: Buffer;
  /** A French sentence that says what to do, when others may read it; undefined when it is closed to them. */
  readonly openness: string | undefined;
}

/** @throws what the file system says. */
export function readPrivateFile(file: string): PrivateFile {
  const fd = openSync(file, 'r');
  try {
    // Of the file that is read, whatever stands at its path a moment later.
    const { mode, uid } = fstatSync(fd);
    const isRoots = uid === 0 && process.geteuid?.() !== 0;
    const isOpen = (mode & (isRoots ? OTHERS_THAN_GROUP_READING : OTHERS)) !== 0;
    return { content: readFileSync(fd), openness: isOpen ? describe(mode) : undefined };
  } finally {
    closeSync(fd);
  }
}

function describe(mode: number): string {
  const digits = (mode & 0o777).toString(8).padStart(4, '0');
  return `d’autres comptes que celui du relais peuvent lire cette clé (mode ${digits}) : chmod 600 sur ce fichier`;
}
