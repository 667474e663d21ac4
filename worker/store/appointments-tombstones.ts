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
}

export interface TombstoneQuery {
  /** Prefixed national ids. */
  readonly practitioners: readonly string[];
  /** The window, milliseconds: appointments that overlap it, touching ends excluded. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Longest appointment that is looked for before the window: no consultation lasts a day. */
const LONGEST_MS = 24 * 3600 * 1000;

interface TombstoneRow {
  readonly editor: string;
  readonly practitioner: string | null;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly slot: string | null;
}

function toTombstone(row: TombstoneRow): Tombstone {
  return {
    editor: row.editor,
    practitioner: row.practitioner ?? undefined,
    startMs: row.start_ms,
    endMs: row.end_ms,
    slot: row.slot ?? undefined,
  };
}

/**
 * The appointments of these practitioners that take their slot now (not cancelled, missed or entered in error), at
 * any vendor. For a batch with other statements; `tombstonesIn` reads its result.
 */
export function tombstonesStatement(db: D1Database, query: TombstoneQuery): D1PreparedStatement {
  return db
    .prepare(
      `SELECT a.editor, a.practitioner, a.start_ms, a.end_ms, a.slot
       FROM json_each(?1) AS asked CROSS JOIN appointments AS a
       WHERE a.practitioner = asked.value AND a.start_ms > ?2 AND a.start_ms < ?3 AND a.end_ms > ?4
         AND a.holds = 1`,
    )
    .bind(JSON.stringify(query.practitioners), query.fromMs - LONGEST_MS, query.toMs, query.fromMs);
}

/**
 * The same for appointments that name no practitioner (SOS Médecins). They name no association either: only
 * `slot`, when it is given, tells which of a vendor's slots at that time is taken.
 */
export function sosTombstonesStatement(
  db: D1Database,
  { fromMs, toMs }: Pick<TombstoneQuery, 'fromMs' | 'toMs'>,
): D1PreparedStatement {
  return db
    .prepare(
      `SELECT editor, practitioner, start_ms, end_ms, slot FROM appointments
       WHERE practitioner IS NULL AND start_ms > ?1 AND start_ms < ?2 AND end_ms > ?3 AND holds = 1`,
    )
    .bind(fromMs - LONGEST_MS, toMs, fromMs);
}

export function tombstonesIn({ results }: D1Result): Tombstone[] {
  return (results as unknown as TombstoneRow[]).map(toTombstone);
}
