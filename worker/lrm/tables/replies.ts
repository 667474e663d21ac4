// Tables `lrm_messages`, `lrm_attempts` and `lrm_strays`: what LRMs and the Hub answer, in any order, doubled or late. Each finds
// its message by the distributionID of one attempt. An acknowledgement counts whenever it comes; an error only while its
// attempt is the last one of its message and has no answer yet.

import { guardIdempotent } from '../../store/guard.ts';
import type { Reaction } from '../message/error-codes.ts';
import { HAS_DUE, IS_OVERTAKEN, IS_REPLACED } from './outbox.ts';

interface Arrived {
  /** SHA-256 of queue and body, hexadecimal. */
  readonly hash: string;
  readonly queue: 'ack' | 'info';
  readonly bytes: number;
}

/** `id`: the distributionID that it names. */
interface AckArrival extends Arrived {
  readonly kind: 'ack';
  readonly id: string;
  readonly step: string | undefined;
  readonly isRefused: boolean;
}

interface ErrorArrival extends Arrived {
  readonly kind: 'error';
  readonly id: string;
  readonly code: number;
  readonly reaction: Reaction;
  readonly sender: string | undefined;
  /** Of the Hub alone, without what could be a person's. */
  readonly cause: string | undefined;
}

/** What nobody understands. */
interface Unreadable extends Arrived {
  readonly kind: 'unreadable';
}

/** An error that names no message. */
interface Uncorrelated extends Arrived {
  readonly kind: 'uncorrelated';
  readonly code: number;
}

/** One thing that came, read. */
export type Arrival = AckArrival | ErrorArrival | Unreadable | Uncorrelated;

/** What they changed. */
export interface TakenAll {
  readonly taken: readonly Taken[];
  /** One may leave now, again or at last. */
  readonly isDue: boolean;
}

/** What it changed: the state of its message afterwards; undefined: it belongs to none. */
export interface Taken {
  readonly arrival: Arrival;
  readonly state: string | undefined;
}

/**
 * Parameters: 1 distributionIDs, 2 now. Whatever is said of a message of which the relay has said nothing yet, or nothing sure,
 * shows that it arrived. Comes before what notes it of the attempt: the relay's own word is not asked any more after that.
 */
const NOTE_ARRIVED = `WITH s AS MATERIALIZED (SELECT t.appointment, t.turn, t.attempt, t.expires_ms FROM json_each(?1) AS j
    CROSS JOIN lrm_attempts AS t ON t.distribution_id = j.value WHERE t.outcome IN ('leased', 'unknown'))
  UPDATE lrm_messages AS m SET state = 'confirmed', reason = NULL, changed_ms = ?2, due_ms = s.expires_ms
  FROM s WHERE m.appointment = s.appointment AND m.turn = s.turn AND m.attempts = s.attempt
    AND m.state IN ('leased', 'pending', 'held')`;

/** Acknowledgements that stand together, as statements read them: `j` is one. All of different attempts. */
const ACKS = `json_each(?1) AS j CROSS JOIN lrm_attempts AS t ON t.distribution_id = j.value ->> 'id'`;
/** Parameters: 1 acknowledgements, 2 now, 3 1 for the first try. Each runs once for all of them: most of what comes is one. */
const ACK_STRAYS = `INSERT INTO lrm_strays (hash, queue, kind, reference, bytes, first_ms, last_ms)
  SELECT j.value ->> 'hash', j.value ->> 'queue', 'unknown', j.value ->> 'id', j.value ->> 'bytes', ?2, ?2
  FROM json_each(?1) AS j
  WHERE NOT EXISTS (SELECT 1 FROM lrm_attempts WHERE distribution_id = j.value ->> 'id')
  ON CONFLICT (hash) DO UPDATE SET last_ms = excluded.last_ms, count = count + ?3`;
/** What had failed before it is replaced by it. */
const ACK_MESSAGES = `WITH s AS MATERIALIZED (SELECT t.appointment, t.turn FROM ${ACKS} WHERE j.value ->> 'isRefused' = 0),
    told AS MATERIALIZED (SELECT e.appointment, e.turn, MAX(e.turn = s.turn) AS is_own FROM s
      CROSS JOIN lrm_messages AS e ON e.appointment = s.appointment AND e.turn <= s.turn GROUP BY e.appointment, e.turn)
  UPDATE lrm_messages AS m SET state = CASE told.is_own WHEN 1 THEN 'acked' ELSE 'superseded' END,
    reason = CASE told.is_own WHEN 1 THEN NULL ELSE m.reason END, changed_ms = ?2, due_ms = ?2
  FROM told WHERE m.appointment = told.appointment AND m.turn = told.turn
    AND m.state <> 'acked' AND (told.is_own = 1 OR m.state IN ('errored', 'expired'))`;
const ACK_ATTEMPTS = `UPDATE lrm_attempts AS t SET outcome = 'confirmed', settled_ms = COALESCE(settled_ms, ?2),
    reply = CASE WHEN j.value ->> 'isRefused' = 0 THEN 'ack' ELSE reply END,
    reply_ms = CASE WHEN j.value ->> 'isRefused' = 0 AND COALESCE(reply, '') <> 'ack' THEN ?2 ELSE reply_ms END,
    step = COALESCE(j.value ->> 'step', step), replies = MAX(1, replies + ?3)
  FROM json_each(?1) AS j WHERE t.distribution_id = j.value ->> 'id'`;
const ACK_STATES = `SELECT t.distribution_id AS id, m.state FROM ${ACKS}
  CROSS JOIN lrm_messages AS m ON m.appointment = t.appointment AND m.turn = t.turn`;

/** A minute, then two, four, an hour at most. */
const AGAIN = `MIN(3600000, 60000 << MIN(m.attempts - 1, 10))`;
/**
 * Parameters: 1 distributionID, 2 now, 3 code, 4 reaction, 5 sender, 6 cause, 7 1 for the first try. A conflict that answers an
 * update would answer the next one too.
 */
const IS_STOP = `(?4 = 'stop' OR (?4 = 'update' AND t.method = 'UpdateAppointment'))`;
const FAIL_MESSAGE = `UPDATE lrm_messages AS m SET
    state = CASE WHEN ${IS_REPLACED} THEN 'superseded' WHEN ${IS_STOP} THEN 'errored' WHEN ${IS_OVERTAKEN} THEN 'superseded'
      WHEN m.useful_ms < ?2 THEN 'expired' ELSE 'pending' END,
    is_known = m.is_known OR ?4 = 'update', reason = ?3, changed_ms = ?2,
    due_ms = ?2 + CASE WHEN ?4 = 'resend' THEN ${AGAIN} ELSE 0 END
  FROM lrm_attempts AS t WHERE t.distribution_id = ?1 AND t.reply IS NULL AND ?4 <> 'note'
    AND m.appointment = t.appointment AND m.turn = t.turn AND m.attempts = t.attempt
    AND m.state IN ('leased', 'confirmed', 'pending', 'held')`;
/** An error shows that the message arrived. */
const FAIL_ATTEMPT = `UPDATE lrm_attempts SET outcome = 'confirmed', settled_ms = COALESCE(settled_ms, ?2),
    reply_ms = CASE WHEN reply IS NULL AND ?4 <> 'note' THEN ?2 ELSE reply_ms END,
    reply = CASE WHEN reply IS NULL AND ?4 <> 'note' THEN 'error' ELSE reply END,
    code = ?3, error_sender = ?5, cause = ?6, replies = MAX(1, replies + ?7)
  WHERE distribution_id = ?1`;
const STATE = `SELECT t.distribution_id AS id, m.state FROM lrm_attempts AS t
  JOIN lrm_messages AS m ON m.appointment = t.appointment AND m.turn = t.turn WHERE t.distribution_id = ?1`;

/** Parameters: 1 hash, 2 queue, 3 kind, 4 code, 5 reference, 6 bytes, 7 now, 8 1 for the first try. Not for what belongs to an attempt. */
const STRAY = `INSERT INTO lrm_strays (hash, queue, kind, code, reference, bytes, first_ms, last_ms)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7
  WHERE ?5 IS NULL OR NOT EXISTS (SELECT 1 FROM lrm_attempts WHERE distribution_id = ?5)
  ON CONFLICT (hash) DO UPDATE SET last_ms = excluded.last_ms, count = count + ?8`;

/** The form of a distributionID of ours; another text may be anything. */
const OWN_FORM = /^fr\.health[\w.-]{0,60}_[\w-]{1,80}$/;

function statementsOf(
  db: D1Database,
  arrival: Arrival,
  nowMs: number,
  isFirst: 0 | 1,
): D1PreparedStatement[] {
  const { hash, queue, bytes } = arrival;
  const stray = (strayKind: string, code: number | undefined, id: string | null) =>
    db.prepare(STRAY).bind(hash, queue, strayKind, code ?? null, id, bytes, nowMs, isFirst);
  const code = 'code' in arrival ? arrival.code : undefined;
  if (!('id' in arrival)) return [stray(arrival.kind, code, null)];
  const { id } = arrival;
  if (!OWN_FORM.test(id) || arrival.kind === 'ack') return [stray('unknown', code, null)];
  const { reaction, sender, cause } = arrival;
  return [
    stray('unknown', code, id),
    db.prepare(NOTE_ARRIVED).bind(JSON.stringify([id]), nowMs),
    db.prepare(FAIL_MESSAGE).bind(id, nowMs, String(arrival.code), reaction),
    db.prepare(FAIL_ATTEMPT).bind(id, nowMs, arrival.code, reaction, sender ?? null, cause ?? null, isFirst),
    db.prepare(STATE).bind(id),
  ];
}

/** What is stored by the same statements: acknowledgements of different attempts, or one other thing. */
type Group = readonly Arrival[];

const isOwnAck = (arrival: Arrival): arrival is AckArrival =>
  arrival.kind === 'ack' && OWN_FORM.test(arrival.id);

/** In their order; of one attempt no two acknowledgements are in a group, each may say another step. */
function groupArrivals(arrivals: readonly Arrival[]): readonly Group[] {
  const groups: Arrival[][] = [];
  let ids = new Set<string>();
  for (const arrival of arrivals) {
    const last = groups.at(-1);
    if (last !== undefined && isOwnAck(arrival) && ids.size > 0 && !ids.has(arrival.id)) {
      last.push(arrival);
    } else {
      groups.push([arrival]);
      ids = new Set();
    }
    if (isOwnAck(arrival)) ids.add(arrival.id);
  }
  return groups;
}

function groupStatements(
  db: D1Database,
  group: Group,
  nowMs: number,
  isFirst: 0 | 1,
): readonly D1PreparedStatement[] {
  const acks = group.filter(isOwnAck);
  if (acks.length === 0) return group.flatMap((arrival) => statementsOf(db, arrival, nowMs, isFirst));
  const list = JSON.stringify(acks);
  return [
    db.prepare(ACK_STRAYS).bind(list, nowMs, isFirst),
    db.prepare(NOTE_ARRIVED).bind(JSON.stringify(acks.map(({ id }) => id)), nowMs),
    db.prepare(ACK_MESSAGES).bind(list, nowMs),
    db.prepare(ACK_ATTEMPTS).bind(list, nowMs, isFirst),
    db.prepare(ACK_STATES).bind(list),
  ];
}

/** In their order. May run twice. @throws GatewayError storage-unavailable: all of it is stored, or nothing. */
export async function takeArrivals(
  db: D1Database,
  arrivals: readonly Arrival[],
  nowMs: number,
): Promise<TakenAll> {
  const ids = JSON.stringify(arrivals.flatMap((arrival) => ('id' in arrival ? [arrival.id] : [])));
  const groups = groupArrivals(arrivals);
  return guardIdempotent(async (attempt) => {
    const made = groups.map((group) => groupStatements(db, group, nowMs, attempt === 1 ? 1 : 0));
    const hasDue = db.prepare(HAS_DUE).bind(ids, nowMs);
    const results = await db.batch<{ readonly id: string; readonly state: string }>([...made.flat(), hasDue]);
    let end = 0;
    const taken = groups.flatMap((group, place) => {
      end += made[place]?.length ?? 0;
      const states = new Map(results[end - 1]?.results.map(({ id, state }) => [id, state]));
      return group.map((arrival) => ({
        arrival,
        state: 'id' in arrival ? states.get(arrival.id) : undefined,
      }));
    });
    return { taken, isDue: (results.at(-1)?.results.length ?? 0) > 0 };
  });
}
