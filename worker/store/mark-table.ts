// Each database's own row about itself: its identity, and how many acknowledged writes it has, which triggers keep in the
// transactions of these writes. Read by loss.ts, and with each appointment by worker/appointments/tables/record.ts.

import { rejectLate, within } from '../../shared/deadline.ts';
import type { StoreMark, StoreName } from '../gate/stores.ts';

const WAIT_MS = 2_000;
/** Pages that a fuller disk, or a fuller database, would not give. */
const PROBE_BYTES = 65_536;

function tableOf(name: StoreName): string {
  switch (name) {
    case 'core':
      return 'core_mark';
    case 'appointments':
      return 'appointments_mark';
    default:
      return 'cache_mark';
  }
}

/** One row, by its key. `absent`: there is none, or no such table. @throws what D1 throws, or Error 'late'. */
export async function readMark(db: D1Database, name: StoreName): Promise<StoreMark | 'absent'> {
  try {
    const asked = db.prepare(`SELECT identity, writes FROM ${tableOf(name)} WHERE id = 1`).first<StoreMark>();
    return (await within(asked, WAIT_MS, rejectLate)) ?? 'absent';
  } catch (cause) {
    if (cause instanceof Error && /no such table/.test(cause.message)) return 'absent';
    throw cause;
  }
}

/** Writes something large and takes it away again. @throws what D1 throws when there is no room, or no right; Error 'late'. */
export async function probeWrites(db: D1Database, name: StoreName): Promise<void> {
  const probe = db.prepare(`UPDATE ${tableOf(name)} SET probe = zeroblob(?1) WHERE id = 1`);
  await within(db.batch([probe.bind(PROBE_BYTES), probe.bind(0)]), WAIT_MS, rejectLate);
}
