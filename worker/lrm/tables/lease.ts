// Tables `lrm_messages` and `lrm_attempts`: what is to leave, given to one process of a relay for a short time. What leaves is
// read first, made into messages, and then taken in one transaction that looks at everything again: of two processes at once
// one gets a message. D1 runs one transaction at a time.

import { guardIdempotent } from '../../store/guard.ts';
import { IS_OPEN } from './outbox.ts';

/** A message that may leave now, with the version that it tells. Times in milliseconds since 1970. */
export interface DueMessage {
  readonly appointment: string;
  readonly turn: number;
  readonly version: number;
  /** How often a relay got it. */
  readonly attempts: number;
  readonly usefulMs: number;
  /** 1: an earlier message may have reached the LRM, or the LRM says so. */
  readonly isUpdate: 0 | 1;
  /** The last LRM that was told of this appointment; null: none was. */
  readonly toldTo: string | null;
  readonly editor: string;
  readonly profile: 'individual' | 'sos';
  readonly status: string;
  readonly practitioner: string | null;
  readonly operatorSystem: string | null;
  readonly operator: string | null;
  readonly content: string;
  /** When the appointment was first heard of. */
  readonly receivedMs: number;
}

/** What a relay wrote on a connection that ended, its broker reads within it, or never. Milliseconds. */
const SOCKET_MS = 1_000;

/**
 * Of one appointment one message at a time is on its way, and in their order: the one before is confirmed, or at its end. One of
 * which its relay lost the confirmation may be in the broker's socket for a moment longer, whatever else ends its message.
 */
const mayLeave = (now: string): string => `NOT EXISTS (SELECT 1 FROM lrm_attempts AS t
    WHERE t.appointment = m.appointment AND t.outcome = 'leased')
  AND NOT EXISTS (SELECT 1 FROM lrm_attempts AS t WHERE t.appointment = m.appointment AND t.outcome = 'unknown'
    AND t.settled_ms > ${now} - ${SOCKET_MS})
  AND NOT EXISTS (SELECT 1 FROM lrm_messages AS b WHERE b.appointment = m.appointment AND b.turn < m.turn
    AND b.state IN ('pending', 'held', 'leased'))`;

const dueOf = (
  state: 'pending' | 'held',
): string => `SELECT m.appointment, m.turn, m.due_ms, ${state === 'held' ? 1 : 0} AS is_held FROM lrm_messages AS m
  WHERE m.${IS_OPEN} AND m.state = '${state}' AND m.due_ms <= ?1 AND ${mayLeave('?1')} ORDER BY m.due_ms LIMIT ?2`;
/** Parameters: 1 now, 2 how many. What is held comes last: it keeps nothing back that can be made. */
const DUE = `SELECT m.appointment, m.turn, m.version, m.attempts, m.useful_ms AS usefulMs,
    m.is_known = 1 OR EXISTS (SELECT 1 FROM lrm_attempts AS t WHERE t.appointment = m.appointment AND t.outcome = 'confirmed')
      AS isUpdate,
    (SELECT t.recipient FROM lrm_attempts AS t WHERE t.appointment = m.appointment AND t.outcome IN ('confirmed', 'unknown')
      ORDER BY t.turn DESC, t.attempt DESC LIMIT 1) AS toldTo,
    a.editor, v.profile, v.status, v.practitioner, v.operator_system AS operatorSystem, v.operator, v.content,
    (SELECT f.updated_ms FROM appointment_versions AS f WHERE f.appointment = m.appointment ORDER BY f.version LIMIT 1)
      AS receivedMs
  FROM (SELECT appointment, turn, is_held FROM (SELECT * FROM (${dueOf('pending')}) UNION ALL SELECT * FROM (${dueOf('held')}))
    ORDER BY is_held, due_ms LIMIT ?2) AS d
  CROSS JOIN lrm_messages AS m ON m.appointment = d.appointment AND m.turn = d.turn
  CROSS JOIN appointments AS a ON a.id = m.appointment
  CROSS JOIN appointment_versions AS v ON v.appointment = m.appointment AND v.version = m.version
  ORDER BY d.is_held, m.due_ms`;

/** Those that may leave now, one of an appointment, in the order in which they are to. @throws GatewayError storage-unavailable, as all here. */
export async function listDue(db: D1Database, nowMs: number, max: number): Promise<readonly DueMessage[]> {
  const { results } = await guardIdempotent(() => db.prepare(DUE).bind(nowMs, max).all<DueMessage>());
  return results;
}

/** A message as it was read. */
type Read = Pick<DueMessage, 'appointment' | 'turn' | 'version' | 'attempts'>;

/** One to be given to a relay. */
export interface Lease extends Read {
  readonly distributionId: string;
  readonly method: 'CreateAppointment' | 'UpdateAppointment';
  readonly recipient: string;
  readonly expiresMs: number;
}

/** One of which no message can be made now. */
export interface Hold extends Read {
  readonly reason: string;
  /** Undefined: none is known. */
  readonly recipient: string | undefined;
  /** When it is looked at again. */
  readonly againMs: number;
}

/** What becomes of what was read. */
export interface Taking {
  readonly relay: string;
  readonly instance: string;
  readonly nowMs: number;
  /** The relay publishes none of them later. */
  readonly untilMs: number;
  readonly leases: readonly Lease[];
  readonly holds: readonly Hold[];
  /** No longer worth sending. */
  readonly late: readonly Read[];
}

/** As it was read, and still may leave. `j`: a list whose first four are appointment, turn, version, attempts. */
const IS_AS_READ = `m.appointment = j.value ->> 0 AND m.turn = j.value ->> 1 AND m.version = j.value ->> 2
  AND m.attempts = j.value ->> 3 AND m.state IN ('pending', 'held')`;

/** Parameters: 1 leases, 2 relay, 3 instance, 4 now, 5 until. */
const TAKE = `INSERT INTO lrm_attempts (distribution_id, appointment, turn, attempt, method, recipient, relay, instance,
    leased_ms, until_ms, expires_ms, outcome)
  SELECT j.value ->> 4, m.appointment, m.turn, m.attempts + 1, j.value ->> 5, j.value ->> 6, ?2, ?3, ?4, ?5, j.value ->> 7, 'leased'
  FROM json_each(?1) AS j CROSS JOIN lrm_messages AS m ON ${IS_AS_READ} WHERE ${mayLeave('?4')}
  ON CONFLICT (distribution_id) DO NOTHING`;

/** Parameters: 1 leases, 2 now, 3 until. What TAKE took, once. */
const NOTE_TAKEN = `UPDATE lrm_messages AS m SET state = 'leased', reason = NULL, recipient = j.value ->> 6,
    attempts = m.attempts + 1, changed_ms = ?2, due_ms = ?3
  FROM json_each(?1) AS j WHERE m.appointment = j.value ->> 0 AND m.turn = j.value ->> 1 AND m.attempts = j.value ->> 3
    AND EXISTS (SELECT 1 FROM lrm_attempts AS t WHERE t.distribution_id = j.value ->> 4)`;

/**
 * Parameters: 1 holds or what is late, 2 now, 3 the state. What is held while a newer version waits behind it gives way: that
 * one tells the whole appointment, and may be such that a message can be made of it.
 */
const PUT_ASIDE = `UPDATE lrm_messages AS m SET state = CASE WHEN ?3 = 'held' AND EXISTS (SELECT 1 FROM lrm_messages AS l
      WHERE l.appointment = m.appointment AND l.turn > m.turn) THEN 'superseded' ELSE ?3 END,
    reason = COALESCE(j.value ->> 4, reason), recipient = COALESCE(j.value ->> 5, recipient),
    due_ms = COALESCE(j.value ->> 6, ?2), changed_ms = CASE WHEN state = ?3 THEN changed_ms ELSE ?2 END
  FROM json_each(?1) AS j WHERE ${IS_AS_READ}`;

const TAKEN = `SELECT t.distribution_id AS id FROM json_each(?1) AS j
  CROSS JOIN lrm_attempts AS t ON t.distribution_id = j.value ->> 4`;

/** The distributionIDs of those that are the relay's now: what another process has got meanwhile, or what changed, is not. */
export async function takeLeases(db: D1Database, taking: Taking): Promise<ReadonlySet<string>> {
  const { relay, instance, nowMs, untilMs } = taking;
  const read = ({ appointment, turn, version, attempts }: Read) => [appointment, turn, version, attempts];
  const leases = JSON.stringify(
    taking.leases.map((one) => [...read(one), one.distributionId, one.method, one.recipient, one.expiresMs]),
  );
  const holds = taking.holds.map((one) => [...read(one), one.reason, one.recipient ?? null, one.againMs]);
  const late = taking.late.map(read);
  const putAside = (all: readonly unknown[], state: 'held' | 'expired') =>
    all.length === 0 ? [] : [db.prepare(PUT_ASIDE).bind(JSON.stringify(all), nowMs, state)];
  const results = await guardIdempotent(() =>
    db.batch<{ readonly id: string }>([
      db.prepare(TAKE).bind(leases, relay, instance, nowMs, untilMs),
      db.prepare(NOTE_TAKEN).bind(leases, nowMs, untilMs),
      db.prepare(TAKEN).bind(leases),
      ...putAside(holds, 'held'),
      ...putAside(late, 'expired'),
    ]),
  );
  return new Set((results[2]?.results ?? []).map(({ id }) => id));
}

/** Parameters: 1 leases that ended before, 2 now. Of an appointment one message at most is leased. */
const END_MESSAGES = `UPDATE lrm_messages AS m SET state = 'pending', due_ms = ?2, changed_ms = ?2
  FROM lrm_attempts AS t WHERE t.outcome = 'leased' AND t.until_ms < ?1
    AND m.appointment = t.appointment AND m.turn = t.turn AND m.attempts = t.attempt AND m.state = 'leased'`;
const END_ATTEMPTS = `UPDATE lrm_attempts SET outcome = 'unknown', settled_ms = ?2
  WHERE outcome = 'leased' AND until_ms < ?1 RETURNING relay`;

/** Leases of which no word came: what they were of may have left. @returns the relay of each. */
export async function endLeases(
  db: D1Database,
  endedBeforeMs: number,
  nowMs: number,
): Promise<readonly string[]> {
  const [, ended] = await guardIdempotent(() =>
    db.batch<{ readonly relay: string }>([
      db.prepare(END_MESSAGES).bind(endedBeforeMs, nowMs),
      db.prepare(END_ATTEMPTS).bind(endedBeforeMs, nowMs),
    ]),
  );
  return (ended?.results ?? []).map(({ relay }) => relay);
}
