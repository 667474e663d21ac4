// The tombstones of one search, read from the appointments while vendors are being asked.

import type { SlotQuery } from '../../shared/sas/query.ts';
import { log } from '../log.ts';
import { sosTombstonesOf, type Tombstone, tombstonesOf } from '../store/appointments-tombstones.ts';
import { NO_TOMBSTONES, Tombstones } from './tombstones.ts';

/** Never rejects: without the appointments a search still finds slots, some of which may be taken; the log tells. */
export async function readTombstones(
  db: D1Database,
  requestId: string,
  query: SlotQuery,
): Promise<Tombstones> {
  const { fromMs, toMs } = query.window;
  // Both ends of the window are slots that may be shown; the store's upper bound is not.
  const window = { fromMs, toMs: toMs + 1 };
  try {
    const booked: readonly Tombstone[] =
      query.flow === 'SOS'
        ? await sosTombstonesOf(db, window)
        : await tombstonesOf(db, { ...window, practitioners: query.subjects });
    return new Tombstones(booked);
  } catch {
    log('error', 'tombstones unreadable', { requestId });
    return NO_TOMBSTONES;
  }
}
