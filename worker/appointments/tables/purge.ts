// Tables `appointments` and `appointment_versions`, forgetting: what ended before the retention's limit goes, with
// all its versions, a bounded batch at a time so that no write waits long.

import { guardStore } from '../../store/guard.ts';

const BATCH_ROWS = 500;
/** One run forgets at most 50,000: the next one goes on. */
const BATCHES_MAX = 100;

const EXPIRED = `SELECT id FROM appointments WHERE start_ms < ?1 AND end_ms < ?1
  ORDER BY start_ms LIMIT ${BATCH_ROWS}`;

/** How many appointments were forgotten. @throws GatewayError storage-unavailable. */
export async function purgeAppointments(db: D1Database, endedBeforeMs: number): Promise<number> {
  let purged = 0;
  for (let batch = 0; batch < BATCHES_MAX; batch += 1) {
    // One transaction: both statements choose the same appointments.
    const [, removed] = await guardStore(() =>
      db.batch([
        db.prepare(`DELETE FROM appointment_versions WHERE appointment IN (${EXPIRED})`).bind(endedBeforeMs),
        db.prepare(`DELETE FROM appointments WHERE id IN (${EXPIRED}) RETURNING id`).bind(endedBeforeMs),
      ]),
    );
    const rows = removed?.results.length ?? 0;
    purged += rows;
    if (rows < BATCH_ROWS) break;
  }
  return purged;
}
