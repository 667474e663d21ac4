// Table `availability`: what vendors said a moment ago, one row per flow and practitioner or association.

import type { Flow } from '../../shared/sas/query.ts';
import { type KeptRow, readParts, writeParts } from '../vendors/kept-answers.ts';
import { guardStore } from './guard.ts';

/** D1 takes 100 parameters in a statement: the flow, then three for each row. */
const ROWS_PER_STATEMENT = 33;
/** D1 holds 2 MB in a row, in UTF-8; who has more than this is asked anew each time. */
const TEXT_LENGTH_MAX = 600_000;

interface RawRow {
  readonly subject: string;
  readonly parts: string;
}

/** For a batch with other statements; `keptRowsOf` reads its result. */
export function availabilityStatement(
  db: D1Database,
  flow: Flow,
  subjects: readonly string[],
  nowMs: number,
): D1PreparedStatement {
  return db
    .prepare(
      `SELECT subject, parts FROM availability
       WHERE flow = ?1 AND subject IN (SELECT value FROM json_each(?2)) AND until_ms > ?3`,
    )
    .bind(flow, JSON.stringify(subjects), nowMs);
}

export function keptRowsOf(result: D1Result): KeptRow[] {
  return (result.results as unknown as RawRow[]).map(({ subject, parts }) => ({
    subject,
    parts: readParts(parts),
  }));
}

/** Replaces these subjects' rows; returns how many rows D1 wrote. @throws GatewayError storage-unavailable. */
export async function keepRows(db: D1Database, flow: Flow, rows: readonly KeptRow[]): Promise<number> {
  const texts = rows
    .map(({ subject, parts }) => ({
      subject,
      untilMs: Math.max(...parts.map(({ untilMs }) => untilMs)),
      text: writeParts(parts),
    }))
    .filter(({ text }) => text.length <= TEXT_LENGTH_MAX);
  const statements: D1PreparedStatement[] = [];
  for (let at = 0; at < texts.length; at += ROWS_PER_STATEMENT) {
    const some = texts.slice(at, at + ROWS_PER_STATEMENT);
    statements.push(
      db
        .prepare(
          `INSERT INTO availability (flow, subject, until_ms, parts)
           VALUES ${some.map((_, i) => `(?1, ?${3 * i + 2}, ?${3 * i + 3}, ?${3 * i + 4})`).join(', ')}
           ON CONFLICT (flow, subject) DO UPDATE SET until_ms = excluded.until_ms, parts = excluded.parts`,
        )
        .bind(flow, ...some.flatMap(({ subject, untilMs, text }) => [subject, untilMs, text])),
    );
  }
  if (statements.length === 0) return 0;
  const results = await guardStore(() => db.batch(statements));
  return results.reduce((sum, { meta }) => sum + meta.rows_written, 0);
}

/** How many rows were forgotten. The table is read whole: it holds no more than was asked within the longest time. */
export async function purgeAvailability(db: D1Database, nowMs: number): Promise<number> {
  const { meta } = await guardStore(() =>
    db.prepare('DELETE FROM availability WHERE until_ms <= ?1').bind(nowMs).run(),
  );
  return meta.changes;
}
