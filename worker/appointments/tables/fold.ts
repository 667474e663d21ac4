// Tables `activity_days`, `activity_mark` and the column `appointments.counted`: changes of appointments folded into
// counts. A fold is one transaction that says from which mark it was reckoned: of two at once, and of one sent twice,
// the second does nothing.

import { guardIdempotent } from '../../store/guard.ts';
import type { Cell, Countable } from '../model/cells.ts';

/** An appointment changed since the mark, and what it is counted as so far. */
export interface Change extends Countable {
  readonly id: string;
  readonly updatedMs: number;
  /** JSON of model/cells.ts; null: as nothing. */
  readonly counted: string | null;
  /** 1: it ended before what has been forgotten already, so that it may have been counted before. */
  readonly mayBeCounted: number;
}

/** The changes after the mark, the oldest first. */
export interface Changes {
  /** `updated_ms` of the last change that is counted. */
  readonly upToMs: number;
  readonly changes: readonly Change[];
}

/** @throws GatewayError storage-unavailable. */
export async function readChanges(db: D1Database, max: number): Promise<Changes> {
  const [mark, changes] = await guardIdempotent(() =>
    db.batch([
      db.prepare('SELECT up_to_ms AS upToMs FROM activity_mark WHERE id = 1'),
      db
        .prepare(
          `SELECT a.id, a.updated_ms AS updatedMs, a.editor AS vendor, a.status, a.start_ms AS startMs,
             a.operator_system AS operatorSystem, a.operator, a.counted,
             MAX(a.start_ms, a.end_ms) < m.purged_ms AS mayBeCounted
           FROM activity_mark AS m CROSS JOIN appointments AS a
           WHERE m.id = 1 AND a.updated_ms > m.up_to_ms ORDER BY a.updated_ms LIMIT ?1`,
        )
        .bind(max),
    ]),
  );
  const [row] = (mark?.results ?? []) as { readonly upToMs: number }[];
  return { upToMs: row?.upToMs ?? 0, changes: (changes?.results ?? []) as unknown as Change[] };
}

/** What a fold writes. */
export interface Fold {
  /** The mark that it was reckoned from, and the one after it. */
  readonly fromMs: number;
  readonly upToMs: number;
  /** How much each cell grows; negative: shrinks. */
  readonly cells: readonly (readonly [cell: Cell, by: number])[];
  /** By id: what each is counted as from now on. */
  readonly counted: readonly (readonly [id: string, counted: string])[];
}

/** Only while the mark is still where the fold was reckoned from. */
const IS_OURS = '(SELECT up_to_ms FROM activity_mark WHERE id = 1) = ?2';

/** May run twice: the mark has moved by then. @throws GatewayError storage-unavailable: all of it is written, or nothing. */
export async function writeFold(db: D1Database, { fromMs, upToMs, cells, counted }: Fold): Promise<void> {
  const list = JSON.stringify(cells.map(([cell, by]) => [...cell, by]));
  await guardIdempotent(() =>
    db.batch([
      db
        .prepare(
          `INSERT INTO activity_days (territory, day, vendor, status, own_day, count)
           SELECT c.value ->> 0, c.value ->> 1, c.value ->> 2, c.value ->> 3, c.value ->> 4, c.value ->> 5
           FROM json_each(?1) AS c WHERE ${IS_OURS}
           ON CONFLICT DO UPDATE SET count = count + excluded.count`,
        )
        .bind(list, fromMs),
      db
        .prepare(
          `DELETE FROM activity_days WHERE count = 0 AND (territory, day, vendor, status, own_day) IN (
             SELECT c.value ->> 0, c.value ->> 1, c.value ->> 2, c.value ->> 3, c.value ->> 4
             FROM json_each(?1) AS c WHERE c.value ->> 5 < 0)`,
        )
        .bind(list),
      db
        .prepare(
          `UPDATE appointments SET counted = c.value ->> 1 FROM json_each(?1) AS c
           WHERE appointments.id = c.value ->> 0 AND ${IS_OURS}`,
        )
        .bind(JSON.stringify(counted), fromMs),
      db
        .prepare('UPDATE activity_mark SET up_to_ms = ?1 WHERE id = 1 AND up_to_ms = ?2')
        .bind(upToMs, fromMs),
    ]),
  );
}
