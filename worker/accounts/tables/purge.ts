// Tables `regulators` and `accounts`, forgetting: a regulator without right for longer than the retention, closed and
// confirmed at every vendor in service. What is open at one is kept, however old, and so is whom an erasure still needs: by his
// identifiers it takes him out of the appointments.

import { guardIdempotent } from '../../store/guard.ts';
import { IS_LEFT } from './erasures.ts';

/** Of one batch, and its statements. */
export const PURGED_MAX = 500;
export const PURGE_QUERIES = 3;

const FORGOTTEN = `SELECT r.id FROM regulators AS r
  WHERE r.active = 0 AND r.wave IS NULL AND COALESCE(r.withdrawn_ms, r.updated_ms) < ?1 AND r.updated_ms < ?1
    AND NOT EXISTS (SELECT 1 FROM accounts AS a
      WHERE a.regulator = r.id AND ${IS_LEFT})
    AND NOT EXISTS (SELECT 1 FROM erased_regulators AS e WHERE e.regulator = r.id)
  ORDER BY r.id LIMIT ${PURGED_MAX}`;

/** @returns how many regulators were forgotten. @throws GatewayError storage-unavailable. */
export async function purgeRegulators(db: D1Database, beforeMs: number): Promise<number> {
  const [, , purged] = await guardIdempotent(() =>
    db.batch([
      db.prepare(`DELETE FROM former_identifiers WHERE regulator IN (${FORGOTTEN})`).bind(beforeMs),
      db.prepare(`DELETE FROM accounts WHERE regulator IN (${FORGOTTEN})`).bind(beforeMs),
      db.prepare(`DELETE FROM regulators WHERE id IN (${FORGOTTEN})`).bind(beforeMs),
    ]),
  );
  return purged?.meta.changes ?? 0;
}
