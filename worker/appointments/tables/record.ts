// Tables `appointments` and `appointment_versions`, writing: one message becomes a version or is known already,
// and the state follows, all in one transaction. D1 runs one transaction at a time, so no two messages about an
// appointment can cross, whatever sends them. docs/appointments.md § 3 tells the rule in words.

import type { StoreMark } from '../../gate/stores.ts';
import { tellStatement } from '../../lrm/tables/outbox.ts';
import { guardIdempotent } from '../../store/guard.ts';
import { holdsSlot, RANK_ENDED, rankOf } from '../model/lattice.ts';
import type { AppointmentMessage } from '../model/message.ts';
import { type Quota, RESERVE_SHARE, type Usage } from '../model/quota.ts';
import type { AppointmentTimes } from '../model/taken-times.ts';
import { takenTimesStatement, timesIn } from './taken-times.ts';

/** An appointment that changed more often is a vendor's loop, not a patient's doubts. */
export const VERSIONS_MAX = 1_000;

/** One message to record. `id`, `hash`: of model/identity.ts. */
export interface AppointmentWrite {
  readonly id: string;
  readonly hash: string;
  readonly message: AppointmentMessage;
  readonly editor: string;
  readonly relay: string;
  readonly method: 'POST' | 'PUT';
  /** `any`: it must exist; a number: it must be the current version, and then what comes corrects it. */
  readonly ifMatch: number | 'any' | undefined;
  /**
   * Of this write alone, whatever the caller calls its request: a vendor may give all its requests one `X-Request-Id`. It
   * tells what this write's own first attempt did from what an earlier message did, and nothing else.
   */
  readonly writeId: string;
  readonly nowMs: number;
  readonly quota: Quota;
  /** False leaves `content` out of the answer. */
  readonly wantsContent: boolean;
  /** Day in Paris of `nowMs`, when an LRM is to be told what changes; undefined: none is. */
  readonly tellsLrm: string | undefined;
}

/** What became of a message. */
export interface WriteOutcome {
  /** Version that this message became; undefined when it added none. */
  readonly inserted: number | undefined;
  /** Newest version with the same content, of that time or later; undefined when no version has it. */
  readonly same: number | undefined;
  /** The state after this message; undefined when there is no such appointment. */
  readonly state: WrittenState | undefined;
  /** What its vendor has stored after this message; undefined: nothing yet. */
  readonly usage: Usage | undefined;
  /** What it takes after this message; undefined when there is no such appointment. */
  readonly times: AppointmentTimes | undefined;
  /**
   * `whole`: it was erased, nothing is recorded. `operator`: its regulator was, and a message that names one is not recorded.
   */
  readonly erased: 'whole' | 'operator' | undefined;
  /** The database's, in the same transaction. */
  readonly mark: StoreMark;
}

/** The state of an appointment. `version`: the one that holds; `updatedMs`: of its last change. */
export interface WrittenState {
  readonly version: number;
  readonly updatedMs: number;
  readonly status: string;
  readonly profile: 'individual' | 'sos';
  readonly content: string | undefined;
}

/**
 * Parameters: 1 id, 2 relay, 3 hash, 4 stamp, 5 rank, 6 now, 7 method, 8 write id, 9 repairs, 10 profile, 11 status,
 * 12 holds, 13 start, 14 end, 15 practitioner, 16 operator's system, 17 operator, 18 slot, 19 content, 20 If-Match
 * version, 21 1 for `If-Match: *`, 22 editor, 23 1 when it is out of bounds, 24 to 26 the quota: versions, bytes, new ones in
 * an hour. What ends an appointment that had not ended passes quotas, and bounds when its times are those that are known.
 * `updated_ms` is one more than the last when the clock has not moved: it orders all changes. `seq` is never one that has been
 * exported, whatever was forgotten since. What was erased on an operator's word does not come back (tables/erased.ts).
 */
const IS_END = `(?5 >= ${RANK_ENDED} AND held.rank < ${RANK_ENDED})`;
const QUOTA_SHARE = `(CASE WHEN known.last = 0 THEN 1 ELSE ${1 + RESERVE_SHARE} END)`;
const INSERT_VERSION = `INSERT INTO appointment_versions (seq, appointment, version, epoch, hash, stamp_ms, rank,
    updated_ms, method, relay, request_id, repairs, profile, status, holds, start_ms, end_ms, practitioner,
    operator_system, operator, slot, content)
  SELECT MAX(COALESCE((SELECT MAX(seq) FROM appointment_versions), 0),
      (SELECT until_seq FROM export_mark WHERE id = 1)) + 1,
    ?1, known.last + 1, known.epoch + (?20 IS NOT NULL), ?3, ?4, ?5,
    MAX(?6, COALESCE((SELECT MAX(updated_ms) FROM appointments), 0) + 1,
      (SELECT up_to_ms FROM activity_mark WHERE id = 1) + 1), ?7, ?2, ?8, ?9, ?10, ?11, ?12, ?13,
    ?14, ?15, ?16, ?17, ?18, ?19
  FROM (
    SELECT COALESCE(MAX(version), 0) AS last, COALESCE(MAX(epoch), 0) AS epoch,
      COALESCE(MAX(hash = ?3 AND (?4 IS NULL OR stamp_ms >= ?4)), 0) AS is_repeat
    FROM appointment_versions WHERE appointment = ?1
  ) AS known
  LEFT JOIN (
    SELECT a.current, a.start_ms, a.end_ms, v.hash, v.stamp_ms, v.rank FROM appointments AS a
    JOIN appointment_versions AS v ON v.appointment = a.id AND v.version = a.current WHERE a.id = ?1
  ) AS held ON TRUE
  WHERE (?7 = 'PUT' OR known.last = 0)
    AND (?21 = 0 OR known.last > 0)
    AND (?20 IS NULL OR held.current = ?20)
    AND (?20 IS NOT NULL OR NOT known.is_repeat)
    AND NOT COALESCE(held.hash = ?3 AND (?4 IS NULL OR held.stamp_ms IS NOT NULL), 0)
    AND known.last < ${VERSIONS_MAX}
    AND (?23 = 0 OR (${IS_END} AND held.start_ms = ?13 AND held.end_ms = ?14))
    AND (COALESCE(${IS_END}, 0) OR NOT EXISTS (SELECT 1 FROM vendor_usage WHERE editor = ?22 AND (
      versions >= ?24 * ${QUOTA_SHARE} OR bytes >= ?25 * ${QUOTA_SHARE}
      OR (known.last = 0 AND hour = CAST(?6 / 3600000 AS INTEGER) AND created >= ?26))))
    AND NOT EXISTS (SELECT 1 FROM erased_appointments WHERE id = ?1 AND (what = 'whole' OR ?17 IS NOT NULL))
  RETURNING version`;

/**
 * Parameters: 1 id, 2 hash, 3 stamp, 4 write id, 5 the attempt. What is known already is counted, by the first attempt alone;
 * the current content said again at a later time holds since that time.
 */
const COUNT_REPEAT = `UPDATE appointment_versions SET repeats = repeats + (?5 = 1),
    stamp_ms = CASE WHEN stamp_ms < ?3 AND version = (SELECT current FROM appointments WHERE id = ?1)
      THEN ?3 ELSE stamp_ms END
  WHERE appointment = ?1 AND request_id <> ?4
    AND version = (SELECT MAX(version) FROM appointment_versions WHERE appointment = ?1 AND hash = ?2)`;

/**
 * Parameter 1 id. Of the versions since the last correction: the newest by the vendor's own times, and of those
 * without time (unless their content is also known with one) the highest status, then the last to arrive. Between
 * these two, the higher status. It depends on what is known, not on the order in which it came.
 */
const WINNER = `SELECT version FROM (
    SELECT version, rank, stamped FROM (
      SELECT version, rank, 1 AS stamped FROM appointment_versions
      WHERE appointment = ?1 AND stamp_ms IS NOT NULL
        AND epoch = (SELECT MAX(epoch) FROM appointment_versions WHERE appointment = ?1)
      ORDER BY stamp_ms DESC, rank DESC, hash DESC, version DESC LIMIT 1)
    UNION ALL
    SELECT version, rank, stamped FROM (
      SELECT version, rank, 0 AS stamped FROM appointment_versions
      WHERE appointment = ?1 AND stamp_ms IS NULL
        AND epoch = (SELECT MAX(epoch) FROM appointment_versions WHERE appointment = ?1)
        AND hash NOT IN (
          SELECT hash FROM appointment_versions WHERE appointment = ?1 AND stamp_ms IS NOT NULL)
      ORDER BY rank DESC, version DESC LIMIT 1)
  ) ORDER BY rank DESC, stamped DESC LIMIT 1`;

/** Parameters: 1 id, 2 editor, 3 system, 4 value. */
const FOLLOW_WINNER = `INSERT INTO appointments (id, editor, system, value, current, updated_ms, profile, status,
    holds, start_ms, end_ms, practitioner, operator_system, operator, slot)
  SELECT ?1, ?2, ?3, ?4, version,
    (SELECT updated_ms FROM appointment_versions WHERE appointment = ?1 ORDER BY version DESC LIMIT 1),
    profile, status, holds, start_ms, end_ms, practitioner, operator_system, operator, slot
  FROM appointment_versions WHERE appointment = ?1 AND version = (${WINNER})
  ON CONFLICT (id) DO UPDATE SET current = excluded.current, updated_ms = excluded.updated_ms,
    profile = excluded.profile, status = excluded.status, holds = excluded.holds, start_ms = excluded.start_ms,
    end_ms = excluded.end_ms, practitioner = excluded.practitioner, operator_system = excluded.operator_system,
    operator = excluded.operator, slot = excluded.slot
  WHERE excluded.current <> appointments.current`;

/** Parameter 1 id. */
const NOTE_HELD = `UPDATE appointment_versions SET held = 1
  WHERE appointment = ?1 AND held = 0 AND version = (SELECT current FROM appointments WHERE id = ?1)`;

/** Parameters: 1 id, 2 hash, 3 1 for the content too, 4 write id, 5 editor, 6 a PUT's stamp: what is known since earlier is not this. */
const TELL = `SELECT
    (SELECT MAX(version) FROM appointment_versions
      WHERE appointment = ?1 AND hash = ?2 AND (?6 IS NULL OR stamp_ms >= ?6)) AS same,
    (SELECT MAX(version) FROM appointment_versions
      WHERE appointment = ?1 AND hash = ?2 AND request_id = ?4) AS own,
    (SELECT what FROM erased_appointments WHERE id = ?1) AS erased,
    a.current AS version, a.updated_ms, a.status, a.profile,
    CASE WHEN ?3 = 1 THEN v.content END AS content, u.versions, u.bytes, u.hour, u.created, m.identity, m.writes
  FROM (SELECT 1) LEFT JOIN appointments_mark AS m ON m.id = 1 LEFT JOIN vendor_usage AS u ON u.editor = ?5
  LEFT JOIN appointments AS a ON a.id = ?1
  LEFT JOIN appointment_versions AS v ON v.appointment = a.id AND v.version = a.current`;

interface ToldRow extends Usage {
  readonly same: number | null;
  /** What this very write inserted. */
  readonly own: number | null;
  readonly erased: 'whole' | 'operator' | null;
  readonly version: number | null;
  readonly updated_ms: number;
  readonly status: string;
  readonly profile: 'individual' | 'sos';
  readonly content: string | null;
  /** Null: the database has lost its mark. */
  readonly identity: string | null;
  readonly writes: number | null;
}

/**
 * One message as one transaction, tried again when D1 fails in passing: a message that was recorded is known already, and what
 * this write inserted is found by its id. `waitMs`: as long as any store call may take by default. @throws GatewayError
 * storage-unavailable: nothing, or all of it, is recorded; sending again is safe.
 */
export async function recordAppointment(
  db: D1Database,
  write: AppointmentWrite,
  waitMs?: number,
): Promise<WriteOutcome> {
  const { id, hash, message, editor, writeId, tellsLrm: day } = write;
  const stamp = message.stampMs ?? null;
  let attempts = 0;
  const results = await guardIdempotent((attempt) => {
    attempts = attempt;
    return db.batch([
      db.prepare(INSERT_VERSION).bind(...versionParameters(write)),
      db.prepare(COUNT_REPEAT).bind(id, hash, stamp, writeId, attempt),
      db.prepare(FOLLOW_WINNER).bind(id, editor, message.identifier.system, message.identifier.value),
      db.prepare(NOTE_HELD).bind(id),
      db
        .prepare(TELL)
        .bind(id, hash, write.wantsContent ? 1 : 0, writeId, editor, write.method === 'PUT' ? stamp : null),
      takenTimesStatement(db, id, write.nowMs),
      ...(day === undefined
        ? []
        : [tellStatement(db, { appointment: id, writeId, nowMs: write.nowMs, day })]),
    ]);
  }, waitMs);
  const inserted = results[0]?.results[0] as { readonly version: number } | undefined;
  const told = results[4]?.results[0] as ToldRow;
  return {
    inserted: inserted?.version ?? (attempts > 1 ? (told.own ?? undefined) : undefined),
    same: told.same ?? undefined,
    state:
      told.version === null
        ? undefined
        : {
            version: told.version,
            updatedMs: told.updated_ms,
            status: told.status,
            profile: told.profile,
            content: told.content ?? undefined,
          },
    usage: (told.versions as number | null) === null ? undefined : told,
    times: results[5] && timesIn(results[5])[0],
    erased: told.erased ?? undefined,
    mark: { identity: told.identity ?? '', writes: told.writes ?? 0 },
  };
}

function versionParameters(write: AppointmentWrite): (string | number | null)[] {
  const { message } = write;
  return [
    write.id,
    write.relay,
    write.hash,
    message.stampMs ?? null,
    rankOf(message.status),
    write.nowMs,
    write.method,
    write.writeId,
    JSON.stringify(message.repairs),
    message.profile,
    message.status,
    holdsSlot(message.status) ? 1 : 0,
    message.startMs,
    message.endMs,
    message.practitioner ?? null,
    message.operator?.system ?? null,
    message.operator?.value ?? null,
    message.slot ?? null,
    message.content,
    typeof write.ifMatch === 'number' ? write.ifMatch : null,
    write.ifMatch === 'any' ? 1 : 0,
    write.editor,
    message.excess.length > 0 ? 1 : 0,
    write.quota.versions,
    write.quota.bytes,
    write.quota.createdPerHour,
  ];
}
