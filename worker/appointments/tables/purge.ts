// Tables `appointments` and `appointment_versions`, forgetting: what ended before the retention's limit goes, with
// all its versions, a bounded batch at a time so that no write waits long. What is not counted yet waits
// (worker/appointments/fold.ts), and the counts remember until when has been forgotten: what is sent again of before
// counts no second time.

import { guardIdempotent } from '../../store/guard.ts';

const BATCH_ROWS = 500;
/** One run forgets at most 50,000: the next one goes on. */
const BATCHES_MAX = 100;

/** Parameters: 1 ended before, 2 changed before. */
const EXPIRED = `SELECT id FROM appointments WHERE start_ms < ?1 AND end_ms < ?1
    AND +updated_ms <= (SELECT up_to_ms FROM activity_mark WHERE id = 1) AND +updated_ms < ?2
  ORDER BY start_ms LIMIT ${BATCH_ROWS}`;

/**
 * How many appointments were forgotten. `changedBeforeMs`: one that changed since stays, whatever it is of, because the
 * place in the order of changes that comes after the last one's must not come again, whichever Worker's clock says so.
 * @throws GatewayError storage-unavailable.
 */
export async function purgeAppointments(
  db: D1Database,
  endedBeforeMs: number,
  changedBeforeMs: number,
): Promise<number> {
  let purged = 0;
  for (let batch = 0; batch < BATCHES_MAX; batch += 1) {
    // One transaction: both statements choose the same appointments.
    const [, removed] = await guardIdempotent(() =>
      db.batch([
        db
          .prepare(`DELETE FROM appointment_versions WHERE appointment IN (${EXPIRED})`)
          .bind(endedBeforeMs, changedBeforeMs),
        db
          .prepare(`DELETE FROM appointments WHERE id IN (${EXPIRED}) RETURNING id`)
          .bind(endedBeforeMs, changedBeforeMs),
        db
          .prepare('UPDATE activity_mark SET purged_ms = ?1 WHERE id = 1 AND purged_ms < ?1')
          .bind(endedBeforeMs),
      ]),
    );
    const rows = removed?.results.length ?? 0;
    purged += rows;
    if (rows < BATCH_ROWS) break;
  }
  return purged;
}
