// What learned routing goes by: which vendor has shown slots of which subject (table `interfaced`), which is declared for it
// (`declared_editors`), and when every vendor was last asked for it (`broadcasts`).

import type { Flow } from '../../../../shared/sas/query.ts';
import type { Budget } from '../../../store/budget.ts';
import { guardIdempotent } from '../../../store/guard.ts';
import { type Forgotten, PURGED_ROWS, purgeInBatches } from '../../../store/purge-batches.ts';
import type { RoutingKnowledge } from './routing.ts';

/** A vendor that has shown no slot of a subject for this long no longer counts as holding it. */
const HOLDER_MS = 90 * 24 * 3_600_000;

/** One hub's part of the vendors. */
export interface HubShare {
  readonly index: number;
  readonly of: number;
}

/**
 * Of which vendors a broadcast tells: all that serve the flow or, with several hubs, the share of one. What one hub's vendors
 * have answered says nothing of another's. Stands in the column `flow`.
 */
export function scopeOf(flow: Flow, share: HubShare | undefined): string {
  return share === undefined ? flow : `${flow} ${share.index}/${share.of}`;
}

interface RawRow {
  readonly subject: string;
  /** Null on the rows that say when every vendor was asked. */
  readonly editor: string | null;
  readonly at_ms: number | null;
}

/** For a batch with other statements; `knowledgeIn` reads its result. */
export function knowledgeStatement(
  db: D1Database,
  scope: string,
  subjects: readonly string[],
  nowMs: number,
): D1PreparedStatement {
  return db
    .prepare(
      `WITH asked AS (SELECT value AS subject FROM json_each(?1))
       SELECT subject, editor, NULL AS at_ms FROM interfaced
         WHERE subject IN (SELECT subject FROM asked) AND last_ms > ?3
       UNION ALL SELECT practitioner, editor, NULL FROM declared_editors
         WHERE practitioner IN (SELECT subject FROM asked)
       UNION ALL SELECT subject, NULL, at_ms FROM broadcasts
         WHERE flow = ?2 AND subject IN (SELECT subject FROM asked)`,
    )
    .bind(JSON.stringify(subjects), scope, nowMs - HOLDER_MS);
}

/** Reads the result of `knowledgeStatement`. */
export function knowledgeIn({ results }: D1Result): RoutingKnowledge {
  const holders = new Map<string, Set<string>>();
  const broadcastMs = new Map<string, number>();
  for (const { subject, editor: vendor, at_ms } of results as unknown as RawRow[]) {
    if (vendor === null) {
      broadcastMs.set(subject, at_ms ?? 0);
      continue;
    }
    const known = holders.get(subject);
    if (known === undefined) holders.set(subject, new Set([vendor]));
    else known.add(vendor);
  }
  return { holders, broadcastMs };
}

/** Every vendor has now been asked for these subjects, and has answered. @throws GatewayError storage-unavailable. */
export async function noteBroadcast(
  db: D1Database,
  scope: string,
  subjects: readonly string[],
  nowMs: number,
): Promise<void> {
  await guardIdempotent(() =>
    db
      .prepare(
        `INSERT INTO broadcasts (flow, subject, at_ms) SELECT ?1, value, ?3 FROM json_each(?2) WHERE true
         ON CONFLICT (flow, subject) DO UPDATE SET at_ms = excluded.at_ms`,
      )
      .bind(scope, JSON.stringify(subjects), nowMs)
      .run(),
  );
}

/** Forgets those as good as never written. @throws GatewayError storage-unavailable. */
export function purgeBroadcasts(db: D1Database, beforeMs: number, budget: Budget): Promise<Forgotten> {
  return purgeInBatches(
    db
      .prepare(
        `DELETE FROM broadcasts WHERE (flow, subject) IN (
           SELECT flow, subject FROM broadcasts WHERE at_ms < ?1 LIMIT ${PURGED_ROWS})`,
      )
      .bind(beforeMs),
    budget,
  );
}
