// Table `front_index`, read: who became interfaced within a time. A practitioner that this never says is never asked
// for by the front's search "with slots". docs/guide.md G-904, G-913, G-933.

import { guardIdempotent, guardStore } from '../../store/guard.ts';

/** Milliseconds. */
export interface Interval {
  readonly fromMs: number;
  /** Itself included. */
  readonly toMs: number;
}

/** National ids with their prefix, by their kind. */
export interface NewlyInterfaced {
  readonly rpps: readonly string[];
  readonly adeli: readonly string[];
}

/** Also those of just before: the front's windows follow another clock, and it skips the RPPS that it knows. */
const MARGIN_MS = 10 * 60_000;

/** Read in one statement: each is a row of the index, and one of the table. */
const STRETCH_ROWS = 10_000;

/**
 * An ADELI is told once and never again: the front's table would not know it a second time, and break. One with a
 * letter (Corsica) never is: the same table takes digits only. `isDry`: nothing is taken as told.
 * @throws GatewayError storage-unavailable, and then nothing is.
 */
export async function takeNewlyInterfaced(
  db: D1Database,
  interval: Interval,
  nowMs: number,
  isDry = false,
): Promise<NewlyInterfaced> {
  const found = await readIndex(db, interval);
  const rpps = found.map(({ subject }) => subject).filter((subject) => subject >= '8');
  const untold = found.flatMap(({ subject, announced_ms }) =>
    announced_ms === null && /^0\d*$/.test(subject) ? [subject] : [],
  );
  const adeli = isDry || untold.length === 0 ? untold : await tell(db, untold, nowMs);
  return { rpps: rpps.sort(), adeli: adeli.sort() };
}

interface IndexRow {
  readonly subject: string;
  readonly since_ms: number;
  readonly announced_ms: number | null;
}

/** The front asks for five minutes; whoever asks for a year gets it a stretch at a time. */
async function readIndex(db: D1Database, { fromMs, toMs }: Interval): Promise<IndexRow[]> {
  const statement = db.prepare(
    `SELECT subject, since_ms, announced_ms FROM front_index
     WHERE (since_ms, subject) > (?1, ?2) AND since_ms <= ?3 ORDER BY since_ms, subject LIMIT ${STRETCH_ROWS}`,
  );
  const found: IndexRow[] = [];
  let after: Pick<IndexRow, 'subject' | 'since_ms'> = { since_ms: fromMs - MARGIN_MS, subject: '' };
  for (;;) {
    const { since_ms, subject } = after;
    const { results } = await guardIdempotent(() => statement.bind(since_ms, subject, toMs).all<IndexRow>());
    found.push(...results);
    const last = results.at(-1);
    if (last === undefined || results.length < STRETCH_ROWS) return found;
    after = last;
  }
}

/** Those of them that nobody has told meanwhile. */
async function tell(db: D1Database, subjects: readonly string[], nowMs: number): Promise<string[]> {
  const { results } = await guardStore(() =>
    db
      .prepare(
        `UPDATE front_index SET announced_ms = ?2
         WHERE subject IN (SELECT value FROM json_each(?1)) AND announced_ms IS NULL RETURNING subject`,
      )
      .bind(JSON.stringify(subjects), nowMs)
      .all<{ subject: string }>(),
  );
  return results.map(({ subject }) => subject);
}
