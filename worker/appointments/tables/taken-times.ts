// Tables `appointments` and `appointment_versions`, reading what is taken: the times that a search must no longer show, as
// the hub is told them. Every version that held and took a slot is looked at: the current one takes it, an earlier one
// (moved, cancelled, of another practitioner) gave it back when the appointment last changed. docs/appointments.md § 6.

import { asList } from '../../../shared/fhir/json.ts';
import { guardIdempotent } from '../../store/guard.ts';
import { namedPlaces, namedSlots } from '../model/named.ts';
import type { AppointmentTimes, TakenTime } from '../model/taken-times.ts';

/** An appointment that names its slot is found when its times are wrong by no more: what is over for longer takes nothing. */
export const MISTAKEN_MS_MAX = 24 * 3_600_000;
/** Of an appointment that was moved more often, the first moves are no longer looked at. */
const VERSIONS_MAX = 50;
const APPOINTMENTS_PER_PAGE = 200;

interface RawRow {
  readonly id: string;
  readonly editor: string;
  readonly updated_ms: number;
  /** Null on the row of an appointment that takes nothing. */
  readonly start_ms: number | null;
  readonly end_ms: number;
  readonly practitioner: string | null;
  readonly profile: string;
  readonly is_current: number;
  /** JSON of the content's elements. */
  readonly slots: string | null;
  readonly participants: string | null;
}

/** Parameter ?1: versions that end before it take nothing. */
const COLUMNS = `SELECT a.id, a.editor, a.updated_ms, v.start_ms, v.end_ms, v.practitioner, v.profile,
  v.version = a.current AS is_current, v.content -> '$.slot' AS slots, v.content -> '$.participant' AS participants`;
const TAKEN = `LEFT JOIN appointment_versions AS v ON v.appointment = a.id AND v.held = 1 AND v.holds = 1
  AND MAX(v.end_ms, v.start_ms) >= ?1`;
const PAGE_COLUMNS = 'SELECT id, editor, updated_ms, current FROM appointments';

/** Of one appointment; for a batch with other statements. `timesIn` reads its result. */
export function takenTimesStatement(db: D1Database, id: string, nowMs: number): D1PreparedStatement {
  return db
    .prepare(
      `${COLUMNS} FROM appointments AS a ${TAKEN} WHERE a.id = ?2 ORDER BY is_current DESC, v.version DESC LIMIT ${VERSIONS_MAX}`,
    )
    .bind(nowMs - MISTAKEN_MS_MAX, id);
}

/** The next appointments that changed after that moment, in the order of their changes. @throws GatewayError storage-unavailable. */
export function readChangedAfter(
  db: D1Database,
  updatedMs: number,
  nowMs: number,
): Promise<AppointmentTimes[]> {
  return readPage(db, 'WHERE updated_ms > ?2 ORDER BY updated_ms', updatedMs, nowMs);
}

/** The last appointments that changed before that moment, the newest first. @throws GatewayError storage-unavailable. */
export function readChangedBefore(
  db: D1Database,
  updatedMs: number,
  nowMs: number,
): Promise<AppointmentTimes[]> {
  return readPage(db, 'WHERE updated_ms < ?2 ORDER BY updated_ms DESC', updatedMs, nowMs);
}

async function readPage(
  db: D1Database,
  which: string,
  updatedMs: number,
  nowMs: number,
): Promise<AppointmentTimes[]> {
  const page = db
    .prepare(
      `WITH a AS (${PAGE_COLUMNS} ${which} LIMIT ${APPOINTMENTS_PER_PAGE})
       ${COLUMNS} FROM a ${TAKEN}`,
    )
    .bind(nowMs - MISTAKEN_MS_MAX, updatedMs);
  return timesIn(await guardIdempotent(() => page.all()));
}

/** Reads the result of these statements; by appointment, in the order of the result. */
export function timesIn({ results }: D1Result): AppointmentTimes[] {
  const found = new Map<string, AppointmentTimes & { readonly times: TakenTime[] }>();
  for (const row of results as unknown as RawRow[]) {
    const { id, editor: vendor, updated_ms: updatedMs } = row;
    const one = found.get(id) ?? { id, vendor, updatedMs, times: [] };
    found.set(id, one);
    if (row.start_ms !== null) one.times.push(toTime(row, row.start_ms));
  }
  return [...found.values()];
}

function toTime(row: RawRow, startMs: number): TakenTime {
  const listed = (json: string | null): readonly unknown[] => asList(json === null ? [] : JSON.parse(json));
  return {
    practitioner: row.practitioner ?? undefined,
    isSos: row.profile === 'sos',
    startMs,
    endMs: row.end_ms,
    slots: namedSlots(listed(row.slots)),
    places: namedPlaces(listed(row.participants)),
    isCurrent: row.is_current === 1,
  };
}
