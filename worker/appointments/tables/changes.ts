// Tables `appointment_versions` and `export_mark`: the changes in the order of their arrival, cut into objects, and how far
// they are exported. What an object holds is said in the table before it is written: an export that is interrupted, or
// two at once, write the same object again, and never another beside it.

import { guardIdempotent } from '../../store/guard.ts';
import type { StoredAppointment } from '../model/resource.ts';

/** An object holds no more: a few MB, in memory at once. One version may be longer than CHARACTERS_MAX alone. */
const ROWS_MAX = 1_500;
const CHARACTERS_MAX = 4_000_000;

/** How far the export is. Times in milliseconds since 1970. */
export interface ExportMark {
  /** Every version up to this one is exported. */
  readonly doneSeq: number;
  /** The last version of the object being written; `doneSeq` while none is. */
  readonly untilSeq: number;
  /** `lastUpdated` of the last version exported. */
  readonly upToMs: number | null;
  /** When the last object was written, or a run found nothing left. */
  readonly doneMs: number | null;
  /** Since then runs have failed. */
  readonly failedMs: number | null;
  readonly failure: string | null;
}

/** One version of an object, with the version of its appointment that holds now. */
export interface Change extends StoredAppointment {
  readonly seq: number;
}

const MARK = `SELECT done_seq AS doneSeq, until_seq AS untilSeq, up_to_ms AS upToMs, done_ms AS doneMs,
    failed_ms AS failedMs, failure FROM export_mark WHERE id = 1`;

/** The end of the next object, unless one is begun. */
const BEGIN = `UPDATE export_mark SET until_seq = COALESCE((
    SELECT MAX(seq) FROM (
      SELECT seq, SUM(LENGTH(content)) OVER (ORDER BY seq) AS characters, ROW_NUMBER() OVER (ORDER BY seq) AS place
      FROM (SELECT seq, content FROM appointment_versions
        WHERE seq > (SELECT done_seq FROM export_mark WHERE id = 1) ORDER BY seq LIMIT ${ROWS_MAX}))
    WHERE characters <= ${CHARACTERS_MAX} OR place = 1), done_seq)
  WHERE id = 1 AND until_seq = done_seq`;

function markIn(result: D1Result | undefined): ExportMark {
  const [mark] = (result?.results ?? []) as unknown as ExportMark[];
  if (mark === undefined) throw new TypeError('table export_mark is empty');
  return mark;
}

/** @throws GatewayError storage-unavailable, like all of these. */
export async function readMark(db: D1Database): Promise<ExportMark> {
  return markIn(await guardIdempotent(() => db.prepare(MARK).all()));
}

/** The object to write now: the one that an earlier run began, or the next. `doneSeq` is `untilSeq`: nothing is left. */
export async function beginObject(db: D1Database): Promise<ExportMark> {
  const [, mark] = await guardIdempotent(() => db.batch([db.prepare(BEGIN), db.prepare(MARK)]));
  return markIn(mark);
}

/** The versions of the object, in their order. */
export async function readObject(db: D1Database, { doneSeq, untilSeq }: ExportMark): Promise<Change[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT v.seq, v.appointment AS id, v.version, v.updated_ms AS updatedMs, v.profile, v.content,
           v.held = 0 AS isLate, a.current AS holding
         FROM appointment_versions AS v CROSS JOIN appointments AS a
         WHERE v.seq > ?1 AND v.seq <= ?2 AND a.id = v.appointment ORDER BY v.seq`,
      )
      .bind(doneSeq, untilSeq)
      .all<Omit<Change, 'isLate'> & { readonly isLate: number }>(),
  );
  return results.map((row) => ({ ...row, isLate: row.isLate === 1 }));
}

/** The object is written. May run twice: nothing is done when the mark stands elsewhere by then. */
export async function finishObject(
  db: D1Database,
  { doneSeq, untilSeq }: ExportMark,
  { upToMs, nowMs }: { readonly upToMs: number | undefined; readonly nowMs: number },
): Promise<void> {
  await guardIdempotent(() =>
    db
      .prepare(
        `UPDATE export_mark SET done_seq = until_seq, up_to_ms = COALESCE(?3, up_to_ms), done_ms = ?4, failed_ms = NULL, failure = NULL
         WHERE id = 1 AND done_seq = ?1 AND until_seq = ?2`,
      )
      .bind(doneSeq, untilSeq, upToMs ?? null, nowMs)
      .run(),
  );
}

/** Nothing is left to export. */
export async function noteDone(db: D1Database, nowMs: number): Promise<void> {
  await guardIdempotent(() =>
    db
      .prepare('UPDATE export_mark SET done_ms = ?1, failed_ms = NULL, failure = NULL WHERE id = 1')
      .bind(nowMs)
      .run(),
  );
}

/** A run has failed. `failure`: our own words. */
export async function noteFailure(db: D1Database, failure: string, nowMs: number): Promise<void> {
  await guardIdempotent(() =>
    db
      .prepare('UPDATE export_mark SET failed_ms = COALESCE(failed_ms, ?2), failure = ?1 WHERE id = 1')
      .bind(failure, nowMs)
      .run(),
  );
}

/** How many versions arrived since the last that is exported, roughly: from their places. */
export async function countWaiting(db: D1Database): Promise<number> {
  const row = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT MAX(0, COALESCE((SELECT MAX(seq) FROM appointment_versions), 0) - done_seq) AS waiting
         FROM export_mark WHERE id = 1`,
      )
      .first<{ waiting: number }>(),
  );
  return row?.waiting ?? 0;
}
