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

/** By practitioner that declares any, the vendors declared. @throws GatewayError storage-unavailable. */
export async function readDeclared(
  db: D1Database,
  practitioners: readonly string[],
): Promise<Map<string, string[]>> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT practitioner, json_group_array(editor) AS editors FROM declared_editors
         WHERE practitioner IN (SELECT value FROM json_each(?1)) GROUP BY practitioner`,
      )
      .bind(JSON.stringify(practitioners))
      .all<{ practitioner: string; editors: string }>(),
  );
  return new Map(results.map(({ practitioner, editors }) => [practitioner, JSON.parse(editors) as string[]]));
}

/** A vendor's word on somebody of whom no other vendor has shown slots, and who does not declare it. */
export interface FirstClaim {
  readonly subject: string;
  readonly editor: string;
  /** When it first showed slots of that practitioner or association, and last, about. Milliseconds since 1970. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Another vendor is declared for that practitioner. */
  readonly isDeclaredElsewhere: boolean;
}

/** Which claims are looked at: the latest `max` of those first made within the bounds, inclusive. */
export interface FirstClaimsQuestion {
  readonly fromMs: number;
  readonly toMs: number;
  readonly max: number;
}

/** The last first. `lookedAt`: how many pairs of a vendor and somebody were. @throws GatewayError storage-unavailable. */
export async function listFirstClaims(
  db: D1Database,
  { fromMs, toMs, max }: FirstClaimsQuestion,
): Promise<{ readonly lookedAt: number; readonly claims: readonly FirstClaim[] }> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT subject, editor, first_ms AS firstMs, last_ms AS lastMs,
           EXISTS (SELECT 1 FROM interfaced AS o WHERE o.subject = i.subject AND o.editor <> i.editor)
             OR EXISTS (SELECT 1 FROM declared_editors AS d
               WHERE d.practitioner = i.subject AND d.editor = i.editor) AS known,
           EXISTS (SELECT 1 FROM declared_editors AS d WHERE d.practitioner = i.subject) AS elsewhere
         FROM (SELECT subject, editor, first_ms, last_ms FROM interfaced
           WHERE first_ms BETWEEN ?1 AND ?2 ORDER BY first_ms DESC LIMIT ?3) AS i
         ORDER BY first_ms DESC, subject`,
      )
      .bind(fromMs, toMs, max)
      .all<
        Omit<FirstClaim, 'isDeclaredElsewhere'> & { readonly known: number; readonly elsewhere: number }
      >(),
  );
  const claims = results
    .filter(({ known }) => known === 0)
    .map(({ known: _, elsewhere, ...claim }) => ({ ...claim, isDeclaredElsewhere: elsewhere === 1 }));
  return { lookedAt: results.length, claims };
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
