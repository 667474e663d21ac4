// The tables of the front's face, forgetting: vendors that have shown nothing of somebody for a year, changes of
// declarations older than that. Whoever is forgotten everywhere leaves the front's index too, but for an ADELI that
// was announced: it must never be again. And, the other way, declared vendors that became active enter the index.

import { guardIdempotent } from '../../store/guard.ts';
import { indexAllDeclared } from './declarations.ts';

/** @returns how many rows were forgotten. @throws GatewayError storage-unavailable. */
export async function purgeFrontTables(db: D1Database, beforeMs: number, nowMs: number): Promise<number> {
  const results = await guardIdempotent(() =>
    db.batch([
      db.prepare('DELETE FROM interfaced WHERE last_ms < ?1').bind(beforeMs),
      db.prepare('DELETE FROM declaration_changes WHERE at_ms < ?1').bind(beforeMs),
      db
        .prepare(
          `DELETE FROM front_index WHERE since_ms < ?1 AND announced_ms IS NULL
             AND subject NOT IN (SELECT subject FROM interfaced)
             AND subject NOT IN (SELECT practitioner FROM declared_editors)`,
        )
        .bind(beforeMs),
      indexAllDeclared(db, nowMs),
    ]),
  );
  return results.slice(0, 3).reduce((sum, { meta }) => sum + meta.changes, 0);
}
