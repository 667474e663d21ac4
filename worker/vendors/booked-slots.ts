// The tombstones of one search: the appointments that take their slot within its window.

import type { SlotQuery } from '../../shared/sas/query.ts';
import {
  sosTombstonesStatement,
  tombstonesIn,
  tombstonesStatement,
} from '../store/appointments-tombstones.ts';
import { Tombstones } from './tombstones.ts';

/** For a batch with other statements; `bookedSlotsOf` reads its result. */
export function bookedSlotsStatement(
  db: D1Database,
  { flow, window, subjects }: SlotQuery,
): D1PreparedStatement {
  // Both ends of the window are slots that may be shown; the store's upper bound is not.
  const { fromMs, toMs } = { fromMs: window.fromMs, toMs: window.toMs + 1 };
  return flow === 'SOS'
    ? sosTombstonesStatement(db, { fromMs, toMs })
    : tombstonesStatement(db, { practitioners: subjects, fromMs, toMs });
}

export function bookedSlotsOf(result: D1Result): Tombstones {
  return new Tombstones(tombstonesIn(result));
}
