// Tables `lrm_messages`, `lrm_attempts`, `lrm_strays` and `lrm_days`, read for operators.

import { guardIdempotent } from '../../store/guard.ts';
import { IS_OPEN } from './outbox.ts';

/** A message as operators see it. Times in milliseconds since 1970. */
export interface MessageRow {
  readonly appointment: string;
  readonly turn: number;
  readonly version: number;
  readonly merged: number;
  readonly state: string;
  readonly reason: string | null;
  readonly recipient: string | null;
  readonly madeMs: number;
  readonly changedMs: number;
  readonly dueMs: number;
  readonly attempts: number;
}

/** Where a list goes on: the last message before it. */
export type Place = Pick<MessageRow, 'state' | 'dueMs' | 'appointment' | 'turn'>;

const COLUMNS = `appointment, turn, version, merged, state, reason, recipient, made_ms AS madeMs, changed_ms AS changedMs,
  due_ms AS dueMs, attempts`;
const START: Place = { state: '', dueMs: 0, appointment: '', turn: 0 };
/** Parameters: the place, 5 how many, 6 the state. */
const AFTER = `(state, due_ms, appointment, turn) > (?1, ?2, ?3, ?4)`;
const UNDELIVERED = `SELECT ${COLUMNS} FROM lrm_messages WHERE ${IS_OPEN} AND ${AFTER}
  ORDER BY state, due_ms, appointment, turn LIMIT ?5`;
const IN_STATE = `SELECT ${COLUMNS} FROM lrm_messages WHERE ${IS_OPEN} AND state = ?6
  AND (due_ms, appointment, turn) > (?2, ?3, ?4) AND ?1 = ?1 ORDER BY due_ms, appointment, turn LIMIT ?5`;

/** What no LRM has acknowledged, by state and time; in one state when that is given. @throws GatewayError storage-unavailable, as all here. */
export async function listUndelivered(
  db: D1Database,
  state: string | undefined,
  { state: afterState, dueMs, appointment, turn }: Place = START,
  max: number,
): Promise<readonly MessageRow[]> {
  const place = [afterState, dueMs, appointment, turn, max];
  const { results } = await guardIdempotent(() =>
    (state === undefined
      ? db.prepare(UNDELIVERED).bind(...place)
      : db.prepare(IN_STATE).bind(...place, state)
    ).all<MessageRow>(),
  );
  return results;
}

/** One message given to a relay, and what came of it. Times in milliseconds since 1970. */
export interface AttemptRow {
  readonly turn: number;
  readonly distributionId: string;
  readonly method: string;
  readonly recipient: string;
  readonly relay: string;
  readonly leasedMs: number;
  readonly expiresMs: number;
  readonly outcome: string;
  readonly settledMs: number | null;
  readonly reply: string | null;
  readonly replyMs: number | null;
  readonly code: number | null;
  readonly errorSender: string | null;
  readonly cause: string | null;
  readonly step: string | null;
  readonly replies: number;
}

/** All of one appointment, in their order. */
export interface Told {
  readonly messages: readonly MessageRow[];
  readonly attempts: readonly AttemptRow[];
}

/** An appointment has 1,000 versions at most; so many of the last attempts are told. */
const ATTEMPTS_MAX = 2_000;

/** What LRMs were told of one appointment, and each attempt. @throws GatewayError storage-unavailable. */
export async function readTold(db: D1Database, appointment: string): Promise<Told> {
  const [messages, attempts] = await guardIdempotent(() =>
    db.batch([
      db
        .prepare(`SELECT ${COLUMNS} FROM lrm_messages WHERE appointment = ?1 ORDER BY turn`)
        .bind(appointment),
      db
        .prepare(
          `SELECT turn, distribution_id AS distributionId, method, recipient, relay, leased_ms AS leasedMs,
             expires_ms AS expiresMs, outcome, settled_ms AS settledMs, reply, reply_ms AS replyMs, code,
             error_sender AS errorSender, cause, step, replies
           FROM lrm_attempts WHERE appointment = ?1 ORDER BY turn DESC, attempt DESC LIMIT ${ATTEMPTS_MAX}`,
        )
        .bind(appointment),
    ]),
  );
  return {
    messages: (messages?.results ?? []) as unknown as MessageRow[],
    attempts: ((attempts?.results ?? []) as unknown as AttemptRow[]).reverse(),
  };
}

/** What belongs to no message. Times in milliseconds since 1970. */
export interface StrayRow {
  readonly queue: string;
  readonly kind: string;
  readonly code: number | null;
  readonly reference: string | null;
  readonly bytes: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly count: number;
}

/** The latest first. */
export async function listStrays(db: D1Database, max: number): Promise<readonly StrayRow[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT queue, kind, code, reference, bytes, first_ms AS firstMs, last_ms AS lastMs, count
         FROM lrm_strays ORDER BY last_ms DESC LIMIT ?1`,
      )
      .bind(max)
      .all<StrayRow>(),
  );
  return results;
}

/** What became of the messages of one day. */
export interface DayCount {
  /** Paris, YYYY-MM-DD. */
  readonly day: string;
  /** acked, errored, expired, superseded; `doubted`: attempts of which nobody knows whether they arrived. */
  readonly state: string;
  readonly count: number;
}

/** Both days included, all LRMs together. */
export async function countDays(db: D1Database, first: string, last: string): Promise<readonly DayCount[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT day, state, SUM(count) AS count FROM lrm_days WHERE day >= ?1 AND day <= ?2
         GROUP BY day, state HAVING SUM(count) > 0 ORDER BY day, state`,
      )
      .bind(first, last)
      .all<DayCount>(),
  );
  return results;
}

/** Parameters: 1 appointment, 2 now, 3 useful until. The last message of the appointment, which tells how it is now. */
const RESEND = `UPDATE lrm_messages SET state = 'pending', reason = NULL, changed_ms = ?2, due_ms = ?2,
    useful_ms = MAX(useful_ms, ?3)
  WHERE appointment = ?1 AND turn = (SELECT MAX(turn) FROM lrm_messages WHERE appointment = ?1)
    AND state IN ('held', 'errored', 'expired') RETURNING ${COLUMNS}`;
const LAST = `SELECT ${COLUMNS} FROM lrm_messages WHERE appointment = ?1 ORDER BY turn DESC LIMIT 1`;

/**
 * On an operator's word its last message leaves again. Said twice it is done once.
 * @returns what it is then, and whether this word changed it; undefined: no message of it was ever made.
 */
export async function resendLast(
  db: D1Database,
  appointment: string,
  nowMs: number,
  usefulMs: number,
): Promise<{ readonly message: MessageRow; readonly isChanged: boolean } | undefined> {
  const [changed, last] = await guardIdempotent(() =>
    db.batch<MessageRow>([
      db.prepare(RESEND).bind(appointment, nowMs, usefulMs),
      db.prepare(LAST).bind(appointment),
    ]),
  );
  const message = last?.results[0];
  return message && { message, isChanged: (changed?.results.length ?? 0) > 0 };
}
