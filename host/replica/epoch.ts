// Whose the replica is: a small database in it, `epoch`, has one row for each taking over. The last one serves; every other
// machine that is told so writes nothing any more. What each has sent lies in a folder of its own, so that one that does not know yet
// spoils nothing. Read and written by Litestream, as the databases are: every place that it knows will do.

import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { readLines } from '../runtime/read-lines.ts';
import { type Litestream, wordsOf } from './litestream.ts';

/** One taking over. */
export interface Epoch {
  /** From 1; each is one more than the one before. */
  readonly number: number;
  /** Random: two machines that take over at once are told apart. */
  readonly holder: string;
}

const TO = 'epoch';
const OWN_FILE = 'epoch.json';
const ANSWER_MS = 60_000;
/** Between two looks at what was sent. */
const SENT_MS = 250;
const SCHEMA = `CREATE TABLE IF NOT EXISTS epochs (
  number INTEGER PRIMARY KEY, holder TEXT NOT NULL) STRICT`;
const own = v.strictObject({
  place: v.string(),
  number: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  holder: v.string(),
});

/** Where the databases of an epoch are, from the place's root. */
export const folderOf = ({ number, holder }: Epoch): string => `epoch-${number}-${holder}`;

/** All of them, the last first; empty: nobody has used this place. @throws Error with a French sentence when it cannot be read. */
export async function readEpochs(litestream: Litestream, folder: string): Promise<readonly Epoch[]> {
  const file = join(folder, 'epoch-read.sqlite');
  if (!(await litestream.restore(TO, file, ANSWER_MS))) return [];
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const rows = db.prepare('SELECT number, holder FROM epochs ORDER BY number DESC').all();
    return rows.map(({ number, holder }) => ({ number: Number(number), holder: String(holder) }));
  } finally {
    db.close();
    await rm(file, { force: true });
  }
}

/**
 * Takes over from `before`, as readEpochs() has told them. @throws Error with a French sentence when another one did at the
 * same time, or the place cannot be written.
 */
export async function claimEpoch(
  litestream: Litestream,
  folder: string,
  before: readonly Epoch[],
): Promise<Epoch> {
  const next = { number: (before[0]?.number ?? 0) + 1, holder: randomBytes(6).toString('hex') };
  const file = join(folder, 'epoch-sent.sqlite');
  await forget(folder);
  const db = new DatabaseSync(file);
  try {
    db.exec(`PRAGMA journal_mode = WAL; ${SCHEMA}`);
    const insert = db.prepare('INSERT INTO epochs (number, holder) VALUES (?, ?)');
    for (const { number, holder } of [...before, next]) insert.run(number, holder);
  } finally {
    db.close();
  }
  try {
    await sendEpochs(litestream, folder, file, next);
  } finally {
    await forget(folder);
  }
  return next;
}

/** Until the place says so itself: Litestream ends without a word before it has sent anything, and does not end after it has. */
async function sendEpochs(litestream: Litestream, folder: string, file: string, next: Epoch): Promise<void> {
  const child = await litestream.replicate([{ file, to: TO }]);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) readLines(stream, (line) => (said = wordsOf(line)));
  const gone = new Promise((resolve) => child.once('close', resolve));
  try {
    const endMs = performance.now() + ANSWER_MS;
    for (;;) {
      const [last] = await readEpochs(litestream, folder);
      if (isSame(last, next)) return;
      if (last !== undefined && last.number >= next.number)
        throw new Error('une autre machine a pris le relais au même moment');
      if (performance.now() > endMs || child.exitCode !== null)
        throw new Error(`la réplique ${litestream.placeName} ne s'écrit pas : ${said}`);
      await delay(SENT_MS);
    }
  } finally {
    child.kill('SIGTERM');
    await gone;
  }
}

/** What was made for one sending. */
async function forget(folder: string): Promise<void> {
  for (const name of [
    'epoch-sent.sqlite',
    'epoch-sent.sqlite-wal',
    'epoch-sent.sqlite-shm',
    '.epoch-sent.sqlite-litestream',
  ])
    await rm(join(folder, name), { recursive: true, force: true });
}

/** What this machine is in the replica at that place; undefined: nothing yet. */
export async function readOwn(folder: string, place: string): Promise<Epoch | undefined> {
  const text = await readFile(join(folder, OWN_FILE), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw cause;
  });
  if (text === undefined) return undefined;
  const { place: noted, ...epoch } = v.parse(own, JSON.parse(text));
  return noted === place ? epoch : undefined;
}

/** Last of all that makes this machine the one that serves. */
export async function writeOwn(folder: string, place: string, epoch: Epoch): Promise<void> {
  const file = join(folder, OWN_FILE);
  await writeFile(`${file}.tmp`, `${JSON.stringify({ place, ...epoch })}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.tmp`, file);
}

/** Neither of them being there is the same, too. */
export const isSame = (one: Epoch | undefined, other: Epoch | undefined): boolean =>
  one?.number === other?.number && one?.holder === other?.holder;
