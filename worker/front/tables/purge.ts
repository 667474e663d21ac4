// The tables of the front's face, forgetting: vendors that have shown nothing of somebody for a year, changes of
// declarations older than that. Whoever is forgotten everywhere leaves the front's index too, but for an ADELI that
// was announced: it must never be again. And, the other way, declared vendors that became active enter the index.

import { guardIdempotent } from '../../store/guard.ts';
import { PURGED_ROWS, purgeInBatches } from '../../store/purge-batches.ts';
import { indexAllDeclared } from './declarations.ts';

/** @returns how many rows were forgotten. @throws GatewayError storage-unavailable. */
export async function purgeFrontTables(db: D1Database, beforeMs: number, nowMs: number): Promise<number> {
  const interfaced = await purgeInBatches(
    db
      .prepare(
        `DELETE FROM interfaced WHERE (subject, editor) IN (
           SELECT subject, editor FROM interfaced WHERE last_ms < ?1 LIMIT ${PURGED_ROWS})`,
      )
      .bind(beforeMs),
  );
  const changes = await purgeInBatches(
    db
      .prepare(
        `DELETE FROM declaration_changes WHERE id IN (
           SELECT id FROM declaration_changes WHERE at_ms < ?1 LIMIT ${PURGED_ROWS})`,
      )
      .bind(beforeMs),
  );
  const indexed = await purgeFrontIndex(db, beforeMs);
  await indexAllDeclared(db, nowMs);
  return interfaced + changes + indexed;
}

/** Those who stay are looked at again each night: a stretch of them in a statement. */
async function purgeFrontIndex(db: D1Database, beforeMs: number): Promise<number> {
  let forgotten = 0;
  let from = Number.MIN_SAFE_INTEGER;
  for (;;) {
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
    forgotten += meta.changes;
    if (end === null) return forgotten;
    from = end;
  }
}
