// Tables `lrm_messages` and `lrm_attempts`: what became of what a relay was to publish.

import type { PublishOutcome } from '../../../shared/link/hub-sante.ts';
import { guardIdempotent } from '../../store/guard.ts';
import { HAS_DUE } from './outbox.ts';

/** What one process of a relay says of what it was given. */
export interface Settling {
  readonly relay: string;
  readonly instance: string;
  readonly nowMs: number;
  /** By distributionID. */
  readonly outcomes: ReadonlyMap<string, PublishOutcome>;
  /** distributionIDs that the process has published, and its broker not read. */
  readonly holding: readonly string[];
  /** These are nobody else's until then. */
  readonly untilMs: number;
}

/** What never left goes soon; what may have, or was refused, waits longer each time: 1 s, 2 s, 4 s, ten minutes at most. */
const AGAIN = `?4 + CASE s.said WHEN 'unsent' THEN 1000 ELSE MIN(600000, 1000 << MIN(s.attempt - 1, 20)) END`;

/** Parameters: 1 outcomes, 2 relay, 3 instance, 4 now. A word that comes when the lease was over still counts: it is better than none. */
const SAID = `SELECT t.appointment, t.turn, t.attempt, t.expires_ms, j.value ->> 1 AS said
  FROM json_each(?1) AS j CROSS JOIN lrm_attempts AS t ON t.distribution_id = j.value ->> 0
  WHERE t.relay = ?2 AND t.instance = ?3 AND t.outcome IN ('leased', 'unknown')`;
// Materialized: SQLite would read the whole outbox for each.
const SETTLE_MESSAGES = `WITH s AS MATERIALIZED (${SAID})
  UPDATE lrm_messages AS m SET state = CASE s.said WHEN 'confirmed' THEN 'confirmed' ELSE 'pending' END,
    reason = NULL, changed_ms = ?4, due_ms = CASE s.said WHEN 'confirmed' THEN s.expires_ms ELSE ${AGAIN} END
  FROM s WHERE m.appointment = s.appointment AND m.turn = s.turn AND m.attempts = s.attempt
    AND (m.state = 'leased' OR (m.state IN ('pending', 'held') AND s.said = 'confirmed'))`;
const SETTLE_ATTEMPTS = `UPDATE lrm_attempts AS t SET outcome = j.value ->> 1, settled_ms = ?4
  FROM json_each(?1) AS j WHERE t.distribution_id = j.value ->> 0
    AND t.relay = ?2 AND t.instance = ?3 AND t.outcome IN ('leased', 'unknown')`;
/** Parameters: 1 distributionIDs, 2 relay, 3 instance, 4 until. Not of a lease that is over: it may have been given away. */
const HOLD = `UPDATE lrm_attempts SET until_ms = MAX(until_ms, ?4)
  WHERE distribution_id IN (SELECT value FROM json_each(?1)) AND relay = ?2 AND instance = ?3 AND outcome = 'leased'`;
const KNOWN = `SELECT COUNT(*) AS count FROM json_each(?1) AS j
  CROSS JOIN lrm_attempts AS t ON t.distribution_id = j.value ->> 0 WHERE t.relay = ?2 AND t.instance = ?3`;

/** What was noted. */
export interface Settled {
  /** How many are that process's. */
  readonly count: number;
  /** One that waited for these may leave now. */
  readonly isDue: boolean;
}

/** May run twice. @throws GatewayError storage-unavailable: all of it is noted, or nothing. */
export async function settleAttempts(db: D1Database, settling: Settling): Promise<Settled> {
  const { relay, instance, nowMs, holding, untilMs } = settling;
  const outcomes = JSON.stringify([...settling.outcomes]);
  const results = await guardIdempotent(() =>
    db.batch<{ readonly count: number }>([
      db.prepare(SETTLE_MESSAGES).bind(outcomes, relay, instance, nowMs),
      db.prepare(SETTLE_ATTEMPTS).bind(outcomes, relay, instance, nowMs),
      db.prepare(KNOWN).bind(outcomes, relay, instance),
      db.prepare(HAS_DUE).bind(JSON.stringify([...settling.outcomes.keys()]), nowMs),
      ...(holding.length === 0
        ? []
        : [db.prepare(HOLD).bind(JSON.stringify(holding), relay, instance, untilMs)]),
    ]),
  );
  return { count: results[2]?.results[0]?.count ?? 0, isDue: (results[3]?.results.length ?? 0) > 0 };
}
