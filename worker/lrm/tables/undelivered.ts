// Table `lrm_messages`: what no LRM has acknowledged, in time; and table `lrm_strays`, forgotten.

import type { Budget } from '../../store/budget.ts';
import { guardIdempotent } from '../../store/guard.ts';
import { PURGED_ROWS, purgeInBatches } from '../../store/purge-batches.ts';
import { IS_OPEN, IS_OVERTAKEN } from './outbox.ts';

/** Parameters: 1 expired before, 2 now, 3 how many. */
const UNACKNOWLEDGED = `UPDATE lrm_messages AS m SET
    state = CASE WHEN ${IS_OVERTAKEN} THEN 'superseded' WHEN m.useful_ms < ?2 THEN 'expired' ELSE 'pending' END,
    reason = 'not-acknowledged', changed_ms = ?2, due_ms = ?2
  WHERE (m.appointment, m.turn) IN (SELECT appointment, turn FROM lrm_messages
    WHERE ${IS_OPEN} AND state = 'confirmed' AND due_ms < ?1 ORDER BY due_ms LIMIT ?3)
  RETURNING state, recipient`;

/** What became of a message whose time at the Hub was over. */
export interface Unacknowledged {
  readonly state: 'superseded' | 'expired' | 'pending';
  readonly recipient: string | null;
}

/** Those that were confirmed, ended then, and have no answer: each is sent again, while that is of use. @throws GatewayError storage-unavailable. */
export async function endUnacknowledged(
  db: D1Database,
  endedBeforeMs: number,
  nowMs: number,
  max: number,
): Promise<readonly Unacknowledged[]> {
  const { results } = await guardIdempotent(() =>
    db.prepare(UNACKNOWLEDGED).bind(endedBeforeMs, nowMs, max).all<Unacknowledged>(),
  );
  return results;
}

/** Of one LRM, in one state. */
export interface Waiting {
  readonly state: string;
  /** Null: none is known yet. */
  readonly recipient: string | null;
  readonly count: number;
  /** When the oldest was made, milliseconds since 1970. */
  readonly oldestMs: number;
}

/** Counted apart, so that what ended in the course of years hides nothing of what waits. D1 joins five SELECTs at most. */
const COUNTED_APART = [['pending'], ['held'], ['leased'], ['confirmed'], ['errored', 'expired']] as const;
/** So many of each of these are looked at. */
const WAITING_MAX = 3_000;
const some = (
  states: readonly string[],
): string => `SELECT * FROM (SELECT state, recipient, made_ms FROM lrm_messages
    WHERE ${IS_OPEN} AND state IN ('${states.join("', '")}') LIMIT ${WAITING_MAX})`;
const WAITING = `SELECT state, recipient, COUNT(*) AS count, MIN(made_ms) AS oldestMs
  FROM (${COUNTED_APART.map(some).join(' UNION ALL ')}) GROUP BY state, recipient ORDER BY recipient, state`;

/** There may be more than were counted. */
export function isAtLeast(waiting: readonly Waiting[]): boolean {
  return COUNTED_APART.some((states) => {
    const counts = waiting.flatMap(({ state, count }) => (states.some((one) => one === state) ? count : []));
    return counts.reduce((sum, count) => sum + count, 0) >= WAITING_MAX;
  });
}

/** All that no LRM has acknowledged. @throws GatewayError storage-unavailable. */
export async function countWaiting(db: D1Database): Promise<readonly Waiting[]> {
  const { results } = await guardIdempotent(() => db.prepare(WAITING).all<Waiting>());
  return results;
}

/** @returns whether all that last came before is forgotten. @throws GatewayError storage-unavailable. */
export async function purgeStrays(db: D1Database, beforeMs: number, budget: Budget): Promise<boolean> {
  const statement = db
    .prepare(
      `DELETE FROM lrm_strays WHERE hash IN (SELECT hash FROM lrm_strays WHERE last_ms < ?1 LIMIT ${PURGED_ROWS})`,
    )
    .bind(beforeMs);
  return !(await purgeInBatches(statement, budget)).isBehind;
}
