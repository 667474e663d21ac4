// Tables `appointments` and `appointment_versions`, forgetting: what ended before the retention's limit goes, with
// all its versions, a bounded batch at a time so that no write waits long. What is not counted yet waits
// (worker/appointments/fold.ts), and the counts remember until when has been forgotten: what is sent again of before
// counts no second time. Nor is what is to be exported and is not yet (worker/appointments/export/changes.ts).

import type { Budget } from '../../store/budget.ts';
import { guardIdempotent } from '../../store/guard.ts';

const BATCH_ROWS = 500;
/** D1 statements of each. */
const BATCH_QUERIES = 3;
/** One run forgets at most 50,000, and no more than its budget allows: the next one goes on. */
const BATCHES_MAX = 100;

/** So many of the oldest are looked at: those that wait for an export must not be read over and over, all of them. */
const CANDIDATES = 5_000;

/**
 * Nothing is forgotten while something that ended before is not counted: what is counted for the first time after that is
 * taken for something sent again. So many changes are looked at that wait to be counted; when there are more, none is known
 * not to be of it.
 */
const WAITING_MAX = 10_000;
const ALL_COUNTED = `(SELECT COUNT(*) <= ${WAITING_MAX} AND COALESCE(MAX(start_ms < ?1 AND end_ms < ?1), 0) = 0 FROM (
    SELECT start_ms, end_ms FROM appointments
    WHERE updated_ms > (SELECT up_to_ms FROM activity_mark WHERE id = 1) LIMIT ${WAITING_MAX + 1}))`;

/** Parameters: 1 ended before, 2 changed before, 3 the last version that is exported. */
const IS_WAITING =
  'EXISTS (SELECT 1 FROM appointment_versions AS v WHERE v.appointment = a.id AND v.seq > ?3)';
const EXPIRED = `SELECT a.id FROM (
    SELECT id, start_ms FROM appointments WHERE start_ms < ?1 AND end_ms < ?1
      AND +updated_ms <= (SELECT up_to_ms FROM activity_mark WHERE id = 1) AND +updated_ms < ?2 AND ${ALL_COUNTED}
    ORDER BY start_ms LIMIT ${CANDIDATES}) AS a
  WHERE NOT ${IS_WAITING} ORDER BY a.start_ms LIMIT ${BATCH_ROWS}`;

/** What one run forgot. */
export interface Purged {
  readonly count: number;
  /** More is left. */
  readonly isBehind: boolean;
}

/**
 * `changedBeforeMs`: one that changed since stays, whatever it is of, because the
 * place in the order of changes that comes after the last one's must not come again, whichever Worker's clock says so.
 * `exportedSeq`: one of which a version came after it stays; default: none does. @throws GatewayError storage-unavailable.
 */
export async function purgeAppointments(
  db: D1Database,
  endedBeforeMs: number,
  changedBeforeMs: number,
  budget: Budget,
  exportedSeq = Number.MAX_SAFE_INTEGER,
): Promise<Purged> {
  const limits = [endedBeforeMs, changedBeforeMs, exportedSeq];
  let count = 0;
  for (let batch = 0; batch < BATCHES_MAX && budget.allows(BATCH_QUERIES); batch += 1) {
    // One transaction: both statements choose the same appointments.
    const [, removed] = await guardIdempotent(() =>
      db.batch([
        db.prepare(`DELETE FROM appointment_versions WHERE appointment IN (${EXPIRED})`).bind(...limits),
        db.prepare(`DELETE FROM appointments WHERE id IN (${EXPIRED}) RETURNING id`).bind(...limits),
        db
          .prepare(
            `UPDATE activity_mark SET purged_ms = ?1 WHERE id = 1 AND purged_ms < ?1 AND ${ALL_COUNTED}`,
          )
          .bind(endedBeforeMs),
      ]),
    );
    const rows = removed?.results.length ?? 0;
    count += rows;
    if (rows < BATCH_ROWS) return { count, isBehind: false };
  }
  return { count, isBehind: true };
}

/** How many of the oldest that are past their time wait for an export; no more than CANDIDATES are looked at. */
export async function countHeldBack(
  db: D1Database,
  endedBeforeMs: number,
  exportedSeq: number,
): Promise<number> {
  const row = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT COUNT(*) AS count FROM (
           SELECT id FROM appointments WHERE start_ms < ?1 AND end_ms < ?1 ORDER BY start_ms LIMIT ${CANDIDATES}) AS a
         WHERE EXISTS (SELECT 1 FROM appointment_versions AS v WHERE v.appointment = a.id AND v.seq > ?2)`,
      )
      .bind(endedBeforeMs, exportedSeq)
      .first<{ count: number }>(),
  );
  return row?.count ?? 0;
}
