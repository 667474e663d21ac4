// The tombstones of one search: the appointments that take their slot within its window.

import type { SlotQuery } from '../../shared/sas/query.ts';
import {
  sosTombstonesStatement,
  tombstonesIn,
  tombstonesStatement,
} from '../store/appointments-tombstones.ts';
import { Tombstones } from './tombstones.ts';

/** No vendor's word is kept longer (`CACHE_TTL_S`, `cacheTtlS`). */
const KEPT_MS_MAX = 3_600_000;

/** For a batch with other statements; `bookedSlotsOf` reads its result. */
export function bookedSlotsStatement(
  db: D1Database,
  { flow, window, subjects }: SlotQuery,
  nowMs: number,
): D1PreparedStatement {
  // Both ends of the window are slots that may be shown; the store's upper bound is not.
  const range = { fromMs: window.fromMs, toMs: window.toMs + 1, liftedSinceMs: nowMs - KEPT_MS_MAX };
  return flow === 'SOS'
    ? sosTombstonesStatement(db, range)
    : tombstonesStatement(db, { practitioners: subjects, ...range });
}

export function bookedSlotsOf(result: D1Result): Tombstones {
  return new Tombstones(tombstonesIn(result));
}
