// Table `availability`: what vendors said a moment ago, one row per flow and practitioner or association.

import type { Flow } from '../../shared/sas/query.ts';
import { guardStore } from '../store/guard.ts';
import { type KeptRow, readParts, writeParts } from './kept-row.ts';
import { KnownRows } from './known-rows.ts';

/** D1 takes 100 parameters in a statement: the flow, then four for each row. */
const ROWS_PER_STATEMENT = 24;
/** D1 holds 2 MB in a row, in UTF-8; a subject with more than this is asked anew each time. */
const TEXT_LENGTH_MAX = 600_000;

interface RawRow {
  readonly subject: string;
  readonly version: string;
  readonly parts: string;
}

/** Per isolate: D1 sends only what has changed since. */
const known = new KnownRows();

/**
 * For a batch with other statements; `keptRowsOf` reads its result. Rows that the isolate knows in the version they have
 * are not sent: a row is only ever replaced, by another version, or forgotten once its time is over.
 */
export function availabilityStatement(
  db: D1Database,
  flow: Flow,
  subjects: readonly string[],
  nowMs: number,
): D1PreparedStatement {
  const asked = subjects.map((subject) => [subject, known.get(flow, subject)?.version ?? '']);
  return db
    .prepare(
      `SELECT a.subject, a.version, a.parts
       FROM json_each(?2) AS asked CROSS JOIN availability AS a
       WHERE a.flow = ?1 AND a.subject = asked.value ->> 0 AND a.version <> asked.value ->> 1 AND a.until_ms > ?3`,
    )
    .bind(flow, JSON.stringify(asked), nowMs);
}

/** The rows of these subjects, in their order: those sent, and those known before. */
export function keptRowsOf(
  result: D1Result,
  flow: Flow,
  subjects: readonly string[],
  nowMs: number,
): KeptRow[] {
  const sent = new Map((result.results as unknown as RawRow[]).map((row) => [row.subject, row]));
  return subjects.flatMap((subject) => {
    const raw = sent.get(subject);
    const row =
      raw === undefined
        ? known.get(flow, subject)
        : { subject, version: raw.version, parts: readParts(raw.parts) };
    if (row === undefined || row.parts.every(({ untilMs }) => untilMs <= nowMs)) return [];
    known.remember(flow, row, nowMs);
    return [row];
  });
}

/** Replaces these subjects' rows; returns how many rows D1 wrote. @throws GatewayError storage-unavailable. */
export async function keepRows(db: D1Database, flow: Flow, rows: readonly KeptRow[]): Promise<number> {
  const texts = rows
    .map(({ subject, version, parts }) => ({
      subject,
      version,
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
          `INSERT INTO availability (flow, subject, until_ms, version, parts)
           VALUES ${some.map((_, i) => `(?1, ?${4 * i + 2}, ?${4 * i + 3}, ?${4 * i + 4}, ?${4 * i + 5})`).join(', ')}
           ON CONFLICT (flow, subject) DO UPDATE SET until_ms = excluded.until_ms,
             version = excluded.version, parts = excluded.parts`,
        )
        .bind(
          flow,
          ...some.flatMap(({ subject, untilMs, version, text }) => [subject, untilMs, version, text]),
        ),
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
