// The folder that a local edge exports changes of appointments to, in place of the bucket of the platform. Called by the Worker
// through the binding EXPORT_FOLDER: `PUT http://export/{key}`.

import { mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const KEY = /^(?:[\w-]+\/)*[\w-]+\.ndjson$/;

/** 200 once the file is on disk, whole: what is exported may be forgotten after it. 500 when it could not be written. */
export async function writeExport(dir: string, url: string, body: Uint8Array): Promise<number> {
  const key = new URL(url).pathname.slice(1);
  if (!KEY.test(key)) return 400;
  const file = join(dir, key);
  try {
    await mkdir(dirname(file), { recursive: true });
    const draft = await open(`${file}.tmp`, 'w');
    try {
      await draft.writeFile(body);
      await draft.sync();
    } finally {
      await draft.close();
    }
    await rename(`${file}.tmp`, file);
    return 200;
  } catch {
    return 500;
  }
}
