// The folder that an edge on one's own machine exports changes of appointments to, in place of the bucket of the platform.
// Called by the Worker through the binding EXPORT_FOLDER: `PUT http://export/{key}`.

import { mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Its owner's alone. */
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;
const KEY = /^(?:[\w-]+\/)*[\w-]+\.ndjson$/;

/**
 * 200 once the file is on disk, whole, under its name: what is exported may be forgotten after it. 500 when it could not be
 * written.
 */
export async function writeExport(dir: string, url: string, body: Uint8Array): Promise<number> {
  const key = new URL(url).pathname.slice(1);
  if (!KEY.test(key)) return 400;
  const file = join(dir, key);
  try {
    await mkdir(dirname(file), { recursive: true, mode: PRIVATE_FOLDER });
    const draft = await open(`${file}.tmp`, 'w', PRIVATE_FILE);
    try {
      await draft.writeFile(body);
      await draft.sync();
    } finally {
      await draft.close();
    }
    await rename(`${file}.tmp`, file);
    await syncFolders(dirname(file), dirname(dir));
    return 200;
  } catch {
    return 500;
  }
}

/** A name is on disk when its folder is, and so on up: `above` is not ours any more. Windows opens no folder. */
async function syncFolders(from: string, above: string): Promise<void> {
  if (process.platform === 'win32') return;
  for (let dir = from; ; dir = dirname(dir)) {
    const folder = await open(dir, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
    if (dir === above || dir === dirname(dir)) return;
  }
}
