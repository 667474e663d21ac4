// Table `lrm_messages`, where it begins: a version that comes to hold is to be told, in the transaction that records it
// (worker/appointments/tables/record.ts). Nothing else makes a row.

/** How long after its appointment's end, or after it was made if that is later, a message is still worth sending. */
const USEFUL_MS = 3 * 86_400_000;

/** Conditions that a partial index wants to read letter by letter. */
export const IS_OPEN = `state NOT IN ('acked', 'superseded')`;

/**
 * A newer version of the appointment waits, or has left: this one, `m`, of which an attempt has failed, never leaves again. What
 * comes while `m` waits to leave again has the trigger `lrm_gives_way` say the same.
 */
export const IS_OVERTAKEN = `EXISTS (SELECT 1 FROM lrm_messages AS l WHERE l.appointment = m.appointment AND l.turn > m.turn)`;

/** A newer version of the appointment is at its LRM: what became of this one, `m`, matters no more. */
export const IS_REPLACED = `EXISTS (SELECT 1 FROM lrm_messages AS l WHERE l.appointment = m.appointment AND l.turn > m.turn
  AND l.state = 'acked')`;

/** Of the appointments of these distributionIDs (JSON list, parameter 1), one may leave now (parameter 2). */
export const HAS_DUE = `SELECT 1 AS due FROM json_each(?1) AS j
  CROSS JOIN lrm_attempts AS t ON t.distribution_id = j.value
  CROSS JOIN lrm_messages AS w ON w.appointment = t.appointment AND w.state = 'pending' AND w.due_ms <= ?2 LIMIT 1`;

/** What has a place in the outbox. */
export interface ToTell {
  readonly appointment: string;
  /** Of the write: its version, if it made one, is the newest. */
  readonly writeId: string;
  readonly nowMs: number;
  /** Of `nowMs`, in Paris. */
  readonly day: string;
}

/** What a version of an appointment keeps and no LRM is told, by its elements (worker/appointments/model/content.ts). */
const UNTOLD = [
  'cancelationReason',
  'serviceCategory',
  'serviceType',
  'appointmentType',
  'priority',
  'minutesDuration',
  'slot',
  'requestedPeriod',
];
const toldOf = (version: string): string =>
  `json_remove(${version}.content, ${UNTOLD.map((name) => `'$.${name}'`).join(', ')})`;
/** The LRM was told, or is about to be, of all that the version that holds would tell. */
const IS_TOLD = `last.state IN ('pending', 'leased', 'confirmed', 'acked') AND EXISTS (SELECT 1 FROM appointment_versions AS n
  JOIN appointment_versions AS o ON o.appointment = n.appointment AND o.version = last.version
  WHERE n.appointment = ?1 AND n.version = a.current AND n.profile = o.profile AND ${toldOf('n')} = ${toldOf('o')})`;

/**
 * Parameters: 1 appointment, 2 write id, 3 now, 4 day. Nothing, unless this write has changed which version holds: then the state
 * bears its place in the order of changes; nor when it tells nothing new. Twice is once: the last turn has that version by then. A
 * turn of which a relay never got anything is told as it is now.
 */
const TELL = `INSERT INTO lrm_messages (appointment, turn, version, state, day, made_ms, changed_ms, due_ms, useful_ms)
  SELECT a.id, COALESCE(last.turn, 0) + (last.turn IS NULL OR last.attempts > 0 OR last.state NOT IN ('pending', 'held')),
    a.current, 'pending', ?4, ?3, ?3, ?3, MAX(a.end_ms, ?3) + ${USEFUL_MS}
  FROM appointments AS a
  JOIN (SELECT request_id, updated_ms FROM appointment_versions WHERE appointment = ?1 ORDER BY version DESC LIMIT 1) AS newest
    ON newest.request_id = ?2 AND newest.updated_ms = a.updated_ms
  LEFT JOIN (SELECT turn, version, state, attempts FROM lrm_messages WHERE appointment = ?1 ORDER BY turn DESC LIMIT 1) AS last
    ON TRUE
  WHERE a.id = ?1 AND (last.version IS NULL OR (last.version <> a.current AND NOT (${IS_TOLD})))
  ON CONFLICT (appointment, turn) DO UPDATE SET version = excluded.version, merged = merged + 1, state = 'pending',
    reason = NULL, changed_ms = excluded.changed_ms, due_ms = excluded.due_ms, useful_ms = excluded.useful_ms`;

/** For the end of the transaction that records a version. May run twice. */
export function tellStatement(
  db: D1Database,
  { appointment, writeId, nowMs, day }: ToTell,
): D1PreparedStatement {
  return db.prepare(TELL).bind(appointment, writeId, nowMs, day);
}
