// The hub's own table of times that appointments take, or took a moment ago: what a search must no longer show. Told by
// each appointment's write before it is acknowledged, and read again from D1 (reconcile.ts). In the Durable Object's
// SQLite, so that a hub that starts again has it at once. One row per time of an appointment, found by practitioner or,
// of SOS Médecins, by time alone. What is over is forgotten. docs/appointments.md § 6.

import { slotKey } from '../../../shared/sas/slot-key.ts';
import type { AppointmentTimes, TakenTime } from '../../appointments/model/taken-times.ts';

/** An appointment, as far as it takes a vendor's slots. Times in milliseconds since 1970. */
export interface BookedSlot {
  readonly vendor: string;
  /** Prefixed national identifier; absent for SOS appointments without a practitioner, and when the appointment was erased. */
  readonly practitioner?: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  /** Keys of the slots that the appointment names (shared/sas/slot-key.ts): taken whatever its times say. */
  readonly slotKeys?: readonly string[] | undefined;
  /** What the appointment calls its place, as in `Place.names`; for SOS also the association's SIRET. */
  readonly places?: readonly string[] | undefined;
  /** The vendor serves associations that were not asked for: an appointment that names none may be theirs. */
  readonly mayBeElsewhere?: boolean;
  /** When it gave its time back, milliseconds; absent while it takes it. */
  readonly liftedMs?: number | undefined;
}

/** Which times are read. Milliseconds since 1970. */
export interface BookedQuery {
  /** Times that overlap this window, touching ends excluded. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Those that were given back since then come too: what vendors said before may be from before the booking. */
  readonly liftedSinceMs: number;
}

/** An appointment without any time is remembered for so long: an older word of it may still be under way. */
const NOTHING_TAKEN_MS = 24 * 3_600_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS told_appointments (
    id TEXT PRIMARY KEY, updated_ms INTEGER NOT NULL, forget_ms INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS told_appointments_forget ON told_appointments (forget_ms);
  CREATE TABLE IF NOT EXISTS taken_times (
    appointment TEXT NOT NULL, vendor TEXT NOT NULL, practitioner TEXT, sos INTEGER NOT NULL, start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL, slots TEXT, places TEXT, lifted_ms INTEGER);
  CREATE INDEX IF NOT EXISTS taken_times_appointment ON taken_times (appointment);
  CREATE INDEX IF NOT EXISTS taken_times_practitioner ON taken_times (practitioner, end_ms, start_ms)
    WHERE practitioner IS NOT NULL;
  CREATE INDEX IF NOT EXISTS taken_times_nobody ON taken_times (end_ms, start_ms)
    WHERE practitioner IS NULL AND sos = 0;
  CREATE INDEX IF NOT EXISTS taken_times_sos ON taken_times (end_ms, start_ms) WHERE sos = 1;`;

const COLUMNS = 't.vendor, t.practitioner, t.start_ms, t.end_ms, t.slots, t.places, t.lifted_ms';
/** An appointment said to last no time takes the instant it begins. Parameters: 1 from, 2 to, 3 lifted since. */
const OVERLAPS = `t.end_ms >= ?1 AND MAX(t.end_ms, t.start_ms + 1) > ?1 AND t.start_ms < ?2
  AND (t.lifted_ms IS NULL OR t.lifted_ms > ?3)`;
const FIND = `SELECT ${COLUMNS} FROM json_each(?4) AS asked CROSS JOIN taken_times AS t
  WHERE t.practitioner = asked.value AND ${OVERLAPS}
  UNION ALL SELECT ${COLUMNS} FROM taken_times AS t WHERE t.practitioner IS NULL AND t.sos = 0 AND ${OVERLAPS}`;
const FIND_SOS = `SELECT ${COLUMNS} FROM taken_times AS t WHERE t.sos = 1 AND ${OVERLAPS}`;

interface RawTime extends Record<string, SqlStorageValue> {
  readonly vendor: string;
  readonly practitioner: string | null;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly slots: string | null;
  readonly places: string | null;
  readonly lifted_ms: number | null;
}

/** More in one go would hold up the searches of this hub. */
const FORGOTTEN_AT_ONCE = 500;

/** The times that appointments take. Every method is synchronous; the platform makes writes durable before a call is answered. */
export class BookedSlotsTable {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    storage.sql.exec(SCHEMA);
  }

  /** Takes appointments as they are now; one that is known in a newer state, or this one, stays as it is. */
  take(appointments: readonly AppointmentTimes[]): void {
    this.#storage.transactionSync(() => {
      for (const one of appointments) this.#takeOne(one);
    });
  }

  /** The times that these practitioners' appointments take, and those of nobody known (erased), at any vendor. `practitioners`: prefixed national ids. */
  find(practitioners: readonly string[], { fromMs, toMs, liftedSinceMs }: BookedQuery): BookedSlot[] {
    const rows = this.#storage.sql.exec<RawTime>(
      FIND,
      fromMs,
      toMs,
      liftedSinceMs,
      JSON.stringify(practitioners),
    );
    return [...rows].map(toBookedSlot);
  }

  /** Those of all SOS appointments: they may name no practitioner, and none names the association for certain. */
  findSos({ fromMs, toMs, liftedSinceMs }: BookedQuery): BookedSlot[] {
    return [...this.#storage.sql.exec<RawTime>(FIND_SOS, fromMs, toMs, liftedSinceMs)].map(toBookedSlot);
  }

  /** Forgets some of the appointments whose last time was over before then; true when there may be more of them. */
  forget(endedBeforeMs: number): boolean {
    return this.#storage.transactionSync(() => {
      const { sql } = this.#storage;
      const ids = sql
        .exec<{ id: string }>(
          `SELECT id FROM told_appointments WHERE forget_ms < ?1 LIMIT ${FORGOTTEN_AT_ONCE}`,
          endedBeforeMs,
        )
        .toArray()
        .map(({ id }) => id);
      const list = JSON.stringify(ids);
      sql.exec('DELETE FROM taken_times WHERE appointment IN (SELECT value FROM json_each(?1))', list);
      sql.exec('DELETE FROM told_appointments WHERE id IN (SELECT value FROM json_each(?1))', list);
      return ids.length === FORGOTTEN_AT_ONCE;
    });
  }

  #takeOne({ id, vendor, updatedMs, times }: AppointmentTimes): void {
    const { sql } = this.#storage;
    const known = sql
      .exec<{ updated_ms: number }>('SELECT updated_ms FROM told_appointments WHERE id = ?1', id)
      .toArray()[0];
    if (known !== undefined && known.updated_ms >= updatedMs) return;
    const forgetMs = Math.max(updatedMs + NOTHING_TAKEN_MS, ...times.map(({ endMs }) => endMs));
    sql.exec(
      `INSERT INTO told_appointments (id, updated_ms, forget_ms) VALUES (?1, ?2, ?3)
       ON CONFLICT (id) DO UPDATE SET updated_ms = ?2, forget_ms = ?3`,
      id,
      updatedMs,
      forgetMs,
    );
    if (known !== undefined) sql.exec('DELETE FROM taken_times WHERE appointment = ?1', id);
    for (const time of times) this.#insert(id, vendor, time, updatedMs);
  }

  #insert(id: string, vendor: string, time: TakenTime, updatedMs: number): void {
    const { practitioner, isSos, startMs, endMs, slots, places, isCurrent } = time;
    this.#storage.sql.exec(
      `INSERT INTO taken_times (appointment, vendor, practitioner, sos, start_ms, end_ms, slots, places, lifted_ms)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`,
      id,
      vendor,
      practitioner ?? null,
      isSos ? 1 : 0,
      startMs,
      endMs,
      slots === undefined ? null : JSON.stringify(slots),
      places === undefined ? null : JSON.stringify(places),
      isCurrent ? null : updatedMs,
    );
  }
}

function toBookedSlot(row: RawTime): BookedSlot {
  return {
    vendor: row.vendor,
    practitioner: row.practitioner ?? undefined,
    startMs: row.start_ms,
    endMs: row.end_ms,
    slotKeys: listIn(row.slots)?.map(slotKey),
    places: listIn(row.places),
    liftedMs: row.lifted_ms ?? undefined,
  };
}

function listIn(json: string | null): readonly string[] | undefined {
  return json === null ? undefined : (JSON.parse(json) as string[]);
}
