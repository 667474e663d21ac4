// Tables `appointment_versions` and `appointments`, reading what is taken: the times that a search must no longer show.
// Every version that held and took a slot is looked at: the current one takes it, an earlier one (moved, cancelled, of
// another practitioner) gave it back when the appointment last changed. Partial indexes serve it, one row per version
// near the window (test/integration/appointments/overlap.test.ts reads the plans). Table `interfaced`, of the core database,
// tells whether an SOS appointment can be another association's than those asked.

import { asList } from '../../shared/fhir/json.ts';
import { namedPlaces, namedSlots } from '../appointments/model/named.ts';

/** One appointment that takes, or took a moment ago, its time: enough to recognise the slots in a vendor's answer. */
export interface BookedRow {
  readonly vendor: string;
  /** Prefixed national id (`8…`, `0…`); undefined for an SOS appointment without a practitioner. */
  readonly practitioner: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  /** The vendor's own ids of the slots, when the appointment says them. */
  readonly slots: readonly string[] | undefined;
  /** What the appointment calls its place: `Location/id`, `PractitionerRole/id`, `system|value`. */
  readonly places: readonly string[] | undefined;
  /** Of an SOS search: the vendor is known to serve associations that were not asked for. */
  readonly mayBeElsewhere?: boolean;
  /** When it was last told that it takes this time no longer, milliseconds; undefined while it does. */
  readonly liftedMs: number | undefined;
}

/** Which appointments are read. Times in milliseconds since 1970. */
export interface BookedQuery {
  /** Prefixed national ids. */
  readonly practitioners: readonly string[];
  /** The window, milliseconds: appointments that overlap it, touching ends excluded. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Those that gave their time back since then come too: what vendors said before may be from before the booking. */
  readonly liftedSinceMs: number;
}

/** The same for associations. */
export type SosBookedQuery = Omit<BookedQuery, 'practitioners'>;

/** Is this vendor, by its id, one of those meant? */
export type VendorTest = Pick<ReadonlySet<string>, 'has'>;

interface RawRow {
  readonly editor: string;
  readonly practitioner: string | null;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly is_current: number;
  readonly updated_ms: number;
  /** JSON of the content's elements. */
  readonly slots: string | null;
  readonly participants: string | null;
}

function toBookedRow(row: RawRow, servingOthers: VendorTest): BookedRow {
  const listed = (json: string | null): readonly unknown[] => asList(json === null ? [] : JSON.parse(json));
  return {
    vendor: row.editor,
    practitioner: row.practitioner ?? undefined,
    startMs: row.start_ms,
    endMs: row.end_ms,
    slots: namedSlots(listed(row.slots)),
    places: namedPlaces(listed(row.participants)),
    ...(servingOthers.has(row.editor) && { mayBeElsewhere: true }),
    liftedMs: row.is_current === 1 ? undefined : row.updated_ms,
  };
}

const COLUMNS = `a.editor, v.practitioner, v.start_ms, v.end_ms, v.version = a.current AS is_current, a.updated_ms,
  v.content -> '$.slot' AS slots, v.content -> '$.participant' AS participants`;
/**
 * The words of the partial indexes, then the times (an appointment said to last no time takes the instant it begins),
 * then the state. Parameters: 1 from, 2 to, 3 lifted since.
 */
const TAKEN = 'v.held = 1 AND v.holds = 1';
const OVERLAPS = 'v.end_ms >= ?1 AND MAX(v.end_ms, v.start_ms + 1) > ?1 AND v.start_ms < ?2';
const STATE = 'a.id = v.appointment AND (v.version = a.current OR a.updated_ms > ?3)';

/**
 * The appointments of these practitioners that take their time now (not cancelled, missed or entered in error), or did a
 * moment ago, at any vendor. For a batch with other statements; `bookedRowsIn` reads its result.
 */
export function bookedStatement(db: D1Database, query: BookedQuery): D1PreparedStatement {
  return db
    .prepare(
      `SELECT ${COLUMNS}
       FROM json_each(?4) AS asked CROSS JOIN appointment_versions AS v CROSS JOIN appointments AS a
       WHERE ${TAKEN} AND v.practitioner = asked.value AND ${OVERLAPS} AND ${STATE}`,
    )
    .bind(query.fromMs, query.toMs, query.liftedSinceMs, JSON.stringify(query.practitioners));
}

/** The same for all SOS appointments: they may name no practitioner, and none names the association for certain. */
export function sosBookedStatement(
  db: D1Database,
  { fromMs, toMs, liftedSinceMs }: SosBookedQuery,
): D1PreparedStatement {
  return db
    .prepare(
      `SELECT ${COLUMNS}
       FROM appointment_versions AS v CROSS JOIN appointments AS a
       WHERE ${TAKEN} AND v.profile = 'sos' AND ${OVERLAPS} AND ${STATE}`,
    )
    .bind(fromMs, toMs, liftedSinceMs);
}

/** Reads the result of either statement. `servingOthers`: of an SOS search, see `servingOthersIn`. */
export function bookedRowsIn({ results }: D1Result, servingOthers: VendorTest = new Set()): BookedRow[] {
  return (results as unknown as RawRow[]).map((row) => toBookedRow(row, servingOthers));
}

/**
 * While it is not known who serves others, any vendor may: a slot shown once too often costs a click, one hidden wrongly costs
 * a patient.
 */
export const ANY_SERVES_OTHERS: VendorTest = { has: () => true };

/** The vendors known to serve other associations than these (prefixed SIRETs). Of the core database. */
export function servingOthersStatement(
  core: D1Database,
  associations: readonly string[],
): D1PreparedStatement {
  return core
    .prepare(
      `SELECT e.id FROM editors AS e WHERE EXISTS (
         SELECT 1 FROM interfaced AS i WHERE i.editor = e.id AND i.subject >= '3' AND i.subject < '4'
           AND i.subject NOT IN (SELECT value FROM json_each(?1)))`,
    )
    .bind(JSON.stringify(associations));
}

/** Reads the result of `servingOthersStatement`: ids of vendors. */
export function servingOthersIn({ results }: D1Result): VendorTest {
  return new Set((results as unknown as { id: string }[]).map(({ id }) => id));
}
