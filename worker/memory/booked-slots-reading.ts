// The tombstones of one search: the appointments that take their slot within its window.

import type { SlotQuery } from '../../shared/sas/query.ts';
import { slotKey } from '../../shared/sas/slot-key.ts';
import { Tombstones } from './booked-slots.ts';
import { sosTombstonesStatement, tombstonesIn, tombstonesStatement } from './booked-slots-table.ts';

/** No vendor's word is kept longer (`CACHE_TTL_S`, `cacheTtlS`). */
const KEPT_MS_MAX = 3_600_000;
/** A slot of the window may end after it, in the time of an appointment that begins after it. */
const SLOT_MS_MAX = 24 * 3_600_000;
/** An appointment that names its slot is found when its times are wrong by no more. */
const MISTAKEN_MS_MAX = 24 * 3_600_000;

/** For a batch with other statements; `bookedSlotsOf` reads its result. */
export function bookedSlotsStatement(
  db: D1Database,
  { flow, window, subjects }: SlotQuery,
  nowMs: number,
): D1PreparedStatement {
  // What has started is not shown. An appointment that seems over may still name a slot of the window: a vendor's hours
  // are off by its offset from UTC, or by a day.
  const fromMs = Math.max(window.fromMs, nowMs) - MISTAKEN_MS_MAX;
  const range = { fromMs, toMs: window.toMs + SLOT_MS_MAX, liftedSinceMs: nowMs - KEPT_MS_MAX };
  return flow === 'SOS'
    ? sosTombstonesStatement(db, { ...range, associations: subjects })
    : tombstonesStatement(db, { practitioners: subjects, ...range });
}

export function bookedSlotsOf(result: D1Result): Tombstones {
  return new Tombstones(
    tombstonesIn(result).map(({ slots, ...one }) => ({ ...one, slotKeys: slots?.map(slotKey) })),
  );
}
