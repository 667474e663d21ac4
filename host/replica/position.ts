// How far a database has been written, and how far of it the replica is: Litestream's own places in the journal (an index of
// its copy of the WAL, an offset in it), read from the files beside the database and from its metrics.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { shadowFolder } from '../copies/put-in-place.ts';

export interface Position {
  readonly index: number;
  /** Bytes. */
  readonly offset: number;
}

const WAL = /^([\da-f]{8})\.wal$/;

/** What was read of the database so far; undefined: nothing yet. `generation`: another one begins anew at 0. */
export async function readShadow(
  file: string,
): Promise<(Position & { readonly generation: string }) | undefined> {
  try {
    const folder = shadowFolder(file);
    const generation = (await readFile(join(folder, 'generation'), 'utf8')).trim();
    const wal = join(folder, 'generations', generation, 'wal');
    const last = (await readdir(wal))
      .filter((name) => WAL.test(name))
      .sort()
      .at(-1);
    if (last === undefined) return undefined;
    const { size } = await stat(join(wal, last));
    return { generation, index: Number.parseInt(last, 16), offset: size };
  } catch {
    // It makes and removes these files meanwhile.
    return undefined;
  }
}

/** What Litestream's metrics say of one database. */
export interface Progress {
  /** How often it was looked at since Litestream began, without a failure. */
  readonly looks: number;
  /** What the replica has. */
  readonly replica: Position;
}

/** `text`: Prometheus's format. Undefined: it says nothing of that database yet. */
export function progressIn(text: string, file: string): Progress | undefined {
  const of = `db=${JSON.stringify(file)}`;
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const found = /^litestream_(\w+)\{(.*)\} (\S+)$/.exec(line);
    const [, name = '', labels = '', value = ''] = found ?? [];
    if (labels === of || labels.startsWith(`${of},`)) values.set(name, Number(value));
  }
  const index = values.get('replica_wal_index');
  const offset = values.get('replica_wal_offset');
  const looks = values.get('sync_count');
  if (index === undefined || offset === undefined || looks === undefined) return undefined;
  return { looks: looks - (values.get('sync_error_count') ?? 0), replica: { index, offset } };
}
