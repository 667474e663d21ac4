// Table `appointments`, reading what is taken: the slots that a search must no longer show. One index serves it
// (appointments_practitioner, which holds every column but the slot), a few rows per practitioner and day.

/** Who was booked, where and when: enough to recognise the slot in a vendor's answer. */
export interface Tombstone {
  readonly editor: string;
  /** Prefixed national id (`8…`, `0…`); undefined for an SOS appointment that names nobody. */
  readonly practitioner: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  /** The vendor's own id of the slot, when the appointment says it. */
  readonly slot: string | undefined;
  /** When it was last told that it takes its slot no longer, milliseconds; undefined while it does. */
  readonly liftedMs: number | undefined;
}

export interface TombstoneQuery {
  /** Prefixed national ids. */
  readonly practitioners: readonly string[];
  /** The window, milliseconds: appointments that overlap it, touching ends excluded. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Those that gave their slot back since then come too: what vendors said before may be from before the booking. */
  readonly liftedSinceMs: number;
}

/** Longest appointment that is looked for before the window: no consultation lasts a day. */
const LONGEST_MS = 24 * 3600 * 1000;

interface TombstoneRow {
  readonly editor: string;
  readonly practitioner: string | null;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly slot: string | null;
  readonly holds: number;
  readonly updated_ms: number;
}

function toTombstone(row: TombstoneRow): Tombstone {
  return {
    editor: row.editor,
    practitioner: row.practitioner ?? undefined,
    startMs: row.start_ms,
    endMs: row.end_ms,
    slot: row.slot ?? undefined,
    liftedMs: row.holds === 1 ? undefined : row.updated_ms,
  };
}

/**
 * The appointments of these practitioners that take their slot now (not cancelled, missed or entered in error), or did a
 * moment ago, at any vendor. For a batch with other statements; `tombstonesIn` reads its result.
 */
export function tombstonesStatement(db: D1Database, query: TombstoneQuery): D1PreparedStatement {
  return db
    .prepare(
      `SELECT a.editor, a.practitioner, a.start_ms, a.end_ms, a.slot, a.holds, a.updated_ms
       FROM json_each(?1) AS asked CROSS JOIN appointments AS a
       WHERE a.practitioner = asked.value AND a.start_ms > ?2 AND a.start_ms < ?3 AND a.end_ms > ?4
         AND (a.holds = 1 OR a.updated_ms > ?5)`,
    )
    .bind(
      JSON.stringify(query.practitioners),
      query.fromMs - LONGEST_MS,
      query.toMs,
      query.fromMs,
      query.liftedSinceMs,
    );
}

/**
 * The same for appointments that name no practitioner (SOS Médecins). They name no association either: only
 * `slot`, when it is given, tells which of a vendor's slots at that time is taken.
 */
export function sosTombstonesStatement(
  db: D1Database,
  { fromMs, toMs, liftedSinceMs }: Omit<TombstoneQuery, 'practitioners'>,
): D1PreparedStatement {
  return db
    .prepare(
      `SELECT editor, practitioner, start_ms, end_ms, slot, holds, updated_ms FROM appointments
       WHERE practitioner IS NULL AND start_ms > ?1 AND start_ms < ?2 AND end_ms > ?3
         AND (holds = 1 OR updated_ms > ?4)`,
    )
    .bind(fromMs - LONGEST_MS, toMs, fromMs, liftedSinceMs);
}

export function tombstonesIn({ results }: D1Result): Tombstone[] {
  return (results as unknown as TombstoneRow[]).map(toTombstone);
}
