// What was written is on the disk, also when the machine loses its power just after.

import { open } from 'node:fs/promises';

/** A file, or a folder after something of it was renamed. @throws what Node throws. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
