// Tables `interfaced` and `front_index`: which vendor has answered with slots of whom, and since when a practitioner
// is interfaced at all. Filled by searches; read by `exist`, by the front's index, and to know whom to ask first.

import { LRUCache } from 'lru-cache';
import { guardIdempotent } from './guard.ts';

/** A vendor has answered with slots of a practitioner or association. */
export interface SeenPair {
  /** National id with its prefix: 8…, 0…, or 3… of an association. */
  readonly subject: string;
  readonly editor: string;
  readonly flow: string;
}

/** A pair costs a statement once a day in each isolate, and a write once in half a day in all. */
const NOTED_MS = 24 * 3_600_000;
const WRITTEN_MS = NOTED_MS / 2;
const NOTED_MAX = 50_000;
const PAIRS_PER_STATEMENT = 500;

/** Pair → when it was noted, milliseconds. */
const noted = new LRUCache<string, number>({ max: NOTED_MAX });

/** Of vendors' fresh answers that held slots. Not noted when the store fails: the next search notes it. */
export async function noteInterfaced(
  db: D1Database,
  pairs: readonly SeenPair[],
  nowMs: number,
): Promise<void> {
  const news = pairs.filter(
    (pair) => (noted.get(keyOf(pair)) ?? Number.NEGATIVE_INFINITY) <= nowMs - NOTED_MS,
  );
  for (let from = 0; from < news.length; from += PAIRS_PER_STATEMENT) {
    const part = news.slice(from, from + PAIRS_PER_STATEMENT);
    await savePairs(db, part, nowMs);
    for (const pair of part) noted.set(keyOf(pair), nowMs);
  }
}

function keyOf({ subject, editor, flow }: SeenPair): string {
  return `${subject} ${editor} ${flow}`;
}

async function savePairs(db: D1Database, pairs: readonly SeenPair[], nowMs: number): Promise<void> {
  const list = JSON.stringify(pairs);
  await guardIdempotent(() =>
    db.batch([
      db
        .prepare(
          `INSERT INTO interfaced (subject, editor, first_ms, last_ms, flows)
           SELECT value ->> 'subject', value ->> 'editor', ?2, ?2, value ->> 'flow' FROM json_each(?1) WHERE true
           ON CONFLICT (subject, editor) DO UPDATE SET last_ms = MAX(last_ms, ?2),
             flows = CASE WHEN instr(flows, excluded.flows) > 0 THEN flows ELSE flows || ',' || excluded.flows END
           WHERE last_ms < ?2 - ${WRITTEN_MS} OR instr(flows, excluded.flows) = 0`,
        )
        .bind(list, nowMs),
      db
        .prepare(
          `INSERT INTO front_index (subject, since_ms)
           SELECT DISTINCT value ->> 'subject', ?2 FROM json_each(?1)
           WHERE value ->> 'subject' < '1' OR value ->> 'subject' >= '8'
           ON CONFLICT (subject) DO NOTHING`,
        )
        .bind(list, nowMs),
    ]),
  );
}

/** A vendor that some relay has announced and that the operator has neither switched off nor taken out. */
export const ACTIVE_EDITORS = 'SELECT id FROM editors WHERE enabled = 1 AND taken_out_ms IS NULL';

/** An active vendor has shown slots of that id, or is declared for it. @throws GatewayError storage-unavailable. */
export async function isInterfaced(db: D1Database, subject: string): Promise<boolean> {
  const row = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT EXISTS (SELECT 1 FROM interfaced WHERE subject = ?1 AND editor IN (${ACTIVE_EDITORS}))
           OR EXISTS (SELECT 1 FROM declared_editors WHERE practitioner = ?1 AND editor IN (${ACTIVE_EDITORS}))
           AS known`,
      )
      .bind(subject)
      .first<{ known: number }>(),
  );
  return row?.known === 1;
}

/** The associations that D1 knows: those of the operator's list, and those that vendors have shown slots of. */
export interface KnownAssociations {
  /** Prefixed SIRETs. */
  readonly listed: readonly string[];
  readonly served: readonly SeenPair[];
}

/** Some hundred. @throws GatewayError storage-unavailable. */
export async function listKnownAssociations(db: D1Database): Promise<KnownAssociations> {
  const [listed, served] = await guardIdempotent(() =>
    db.batch([
      db.prepare('SELECT siret FROM sos_associations'),
      db.prepare(
        `SELECT editor, subject, 'SOS' AS flow FROM interfaced WHERE subject >= '3' AND subject < '4'`,
      ),
    ]),
  );
  if (listed === undefined || served === undefined) throw new TypeError('batch cut short');
  return {
    listed: (listed.results as { siret: string }[]).map(({ siret }) => siret),
    served: served.results as SeenPair[],
  };
}
