// The tables of the front's face, forgetting: vendors that have shown nothing of somebody for a year, changes of
// declarations older than that. Whoever is forgotten everywhere leaves the front's index too, but for an ADELI that
// was announced: it must never be again. And, the other way, declared vendors that became active enter the index.

import type { Budget } from '../../store/budget.ts';
import { guardIdempotent } from '../../store/guard.ts';
import { type Forgotten, PURGED_ROWS, purgeInBatches } from '../../store/purge-batches.ts';
import { indexAllDeclared } from './declarations.ts';

/** Within the budget. @throws GatewayError storage-unavailable. */
export async function purgeFrontTables(
  db: D1Database,
  beforeMs: number,
  nowMs: number,
  budget: Budget,
): Promise<Forgotten> {
  const interfaced = await purgeInBatches(
    db
      .prepare(
        `DELETE FROM interfaced WHERE (subject, editor) IN (
           SELECT subject, editor FROM interfaced WHERE last_ms < ?1 LIMIT ${PURGED_ROWS})`,
      )
      .bind(beforeMs),
    budget,
  );
  const changes = await purgeInBatches(
    db
      .prepare(
        `DELETE FROM declaration_changes WHERE id IN (
           SELECT id FROM declaration_changes WHERE at_ms < ?1 LIMIT ${PURGED_ROWS})`,
      )
      .bind(beforeMs),
    budget,
  );
  const index = await purgeFrontIndex(db, beforeMs, budget);
  const isIndexed = await indexAllDeclared(db, nowMs, budget);
  const parts = [interfaced, changes, index];
  return {
    count: parts.reduce((sum, { count }) => sum + count, 0),
    isBehind: !isIndexed || parts.some(({ isBehind }) => isBehind),
  };
}

/** Those who stay are looked at again each night: a stretch of them in a statement. */
async function purgeFrontIndex(db: D1Database, beforeMs: number, budget: Budget): Promise<Forgotten> {
  let count = 0;
  let from = Number.MIN_SAFE_INTEGER;
  while (budget.allows(2)) {
    const end: number | null = await guardIdempotent(() =>
      db
        .prepare(
          `SELECT since_ms FROM front_index WHERE since_ms > ?1 AND since_ms < ?2
           ORDER BY since_ms LIMIT 1 OFFSET ${PURGED_ROWS - 1}`,
        )
        .bind(from, beforeMs)
        .first<number>('since_ms'),
    );
    const { meta } = await guardIdempotent(() =>
      db
        .prepare(
          `DELETE FROM front_index WHERE since_ms > ?1 AND since_ms <= ?2 AND announced_ms IS NULL
             AND NOT EXISTS (SELECT 1 FROM interfaced AS i WHERE i.subject = front_index.subject)
             AND NOT EXISTS (SELECT 1 FROM declared_editors AS d WHERE d.practitioner = front_index.subject)`,
        )
        .bind(from, end ?? beforeMs - 1)
        .run(),
    );
    count += meta.changes;
    if (end === null) return { count, isBehind: false };
    from = end;
  }
  return { count, isBehind: true };
}
