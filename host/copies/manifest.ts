// What lies beside the files of a copy and says what they must be: written by backup.ts, held against them by restore.ts.

import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as v from 'valibot';
import { err, ok, type Result } from '../../shared/result.ts';

export const MANIFEST_FILE = 'manifest.json';

/** What is kept: the cache promises nothing to anybody, and a new one is made. */
export const COPIED = ['core', 'appointments'] as const;
export type CopiedName = (typeof COPIED)[number];

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const contents = {
  /** The last migration applied. */
  schema: v.string(),
  /** Of worker/store/mark-table.ts: whose copy it is, and how many writes were acknowledged. */
  identity: v.string(),
  writes: count,
  /** By table. */
  rows: v.record(v.string(), count),
};
const database = v.strictObject({
  name: v.picklist(COPIED),
  bytes: count,
  sha256: v.pipe(v.string(), v.regex(/^[\da-f]{64}$/)),
  /** SQLite's `integrity_check`. */
  integrity: v.literal('ok'),
  ...contents,
});
const manifest = v.strictObject({
  format: v.literal(1),
  /** UTC; the databases are as they were then, or a moment later. */
  at: v.pipe(v.string(), v.isoTimestamp()),
  /** Of the program that made it. */
  version: v.string(),
  databases: v.pipe(v.array(database), v.length(COPIED.length)),
});
export type Manifest = v.InferOutput<typeof manifest>;
export type CopiedDatabase = v.InferOutput<typeof database>;

export const copyName = (name: CopiedName): string => `${name}.sqlite`;

/** An error is a French sentence. */
export function readManifest(folder: string): Result<Manifest, string> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(join(folder, MANIFEST_FILE), 'utf8'));
  } catch {
    return err(
      `${folder} n'a pas de ${MANIFEST_FILE} lisible : ce n'est pas une copie, ou elle n'est pas entière`,
    );
  }
  const parsed = v.safeParse(manifest, value);
  if (!parsed.success)
    return err(`le ${MANIFEST_FILE} de ${folder} n'est pas d'une copie que ce programme connaît`);
  const names = new Set(parsed.output.databases.map(({ name }) => name));
  if (names.size < COPIED.length)
    return err(`le ${MANIFEST_FILE} de ${folder} ne nomme pas chaque base une fois`);
  return ok(parsed.output);
}

/** Hexadecimal. @throws what Node throws. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
