// Table `rule_counts`: per vendor and hour, what became of the slots it sent. Kept for 24 hours.

/** What became of slots. */
export type CountKind = 'received' | 'shown' | 'dropped' | 'repaired';

/** How often, for one vendor. */
export interface RuleCountRow {
  readonly editor: string;
  readonly kind: CountKind;
  /** Empty for received and shown. */
  readonly rule: string;
  readonly count: number;
  /** The vendor's own resource ids, at most 20. */
  readonly ids: readonly string[];
}

const HOUR_MS = 3_600_000;
const KEPT_HOURS = 24;
const ROWS_PER_BATCH = 50;

/** Adds to what the current hour counts already, and forgets what is older than a day. */
export async function addRuleCounts(
  db: D1Database,
  rows: readonly RuleCountRow[],
  nowMs: number,
): Promise<void> {
  const hour = Math.floor(nowMs / HOUR_MS);
  const add = db.prepare(
    `INSERT INTO rule_counts (editor, hour, kind, rule, count, ids) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
     ON CONFLICT (editor, hour, kind, rule) DO UPDATE SET count = count + ?5, ids = ?6`,
  );
  const forget = db.prepare('DELETE FROM rule_counts WHERE hour <= ?1').bind(hour - KEPT_HOURS);
  for (let from = 0; from < rows.length; from += ROWS_PER_BATCH) {
    const batch = rows.slice(from, from + ROWS_PER_BATCH);
    await db.batch([
      forget,
      ...batch.map(({ editor, kind, rule, count, ids }) =>
        add.bind(editor, hour, kind, rule, count, JSON.stringify(ids)),
      ),
    ]);
  }
}

/** One vendor's last 24 hours, one row per kind and rule, most frequent first. */
export async function readRuleCounts(db: D1Database, vendor: string, nowMs: number): Promise<RuleCountRow[]> {
  const { results } = await db
    .prepare(
      `SELECT kind, rule, SUM(count) AS count, MAX(ids) AS ids FROM rule_counts
       WHERE editor = ?1 AND hour > ?2 GROUP BY kind, rule ORDER BY count DESC`,
    )
    .bind(vendor, Math.floor(nowMs / HOUR_MS) - KEPT_HOURS)
    .all<{ kind: CountKind; rule: string; count: number; ids: string }>();
  return results.map((row) => ({ ...row, editor: vendor, ids: JSON.parse(row.ids) as string[] }));
}
