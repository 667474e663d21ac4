// Tables `editor_numbers`, `declared_editors` and `declaration_changes`: the numbers by which the front calls vendors,
// which of them a practitioner declares, and every change of that. A declaration is a hint and an entry of the
// front's index; it never restricts whom a search asks, and whose slots it shows only with PRACTITIONER_CLAIMS=strict
// (docs/guide.md G-937).

import type { Budget } from '../../store/budget.ts';
import { guardIdempotent } from '../../store/guard.ts';
import { ACTIVE_EDITORS } from '../../store/interfaced.ts';

/** A vendor with the number by which the front knows it. */
export interface NumberedVendor {
  /** Small, stable for ever. */
  readonly number: number;
  readonly id: string;
  readonly name: string;
  /** Announced by a relay, and not switched off. */
  readonly isActive: boolean;
}

/** Every vendor ever announced, by number; a new one is numbered now. @throws GatewayError storage-unavailable. */
export async function listNumberedVendors(db: D1Database): Promise<NumberedVendor[]> {
  const rows = await guardIdempotent(() => selectNumbered(db));
  if (rows.every(({ number }) => number !== null)) return rows as NumberedVendor[];
  await guardIdempotent(() =>
    db
      .prepare(
        `INSERT OR IGNORE INTO editor_numbers (editor)
         SELECT id FROM editors WHERE id NOT IN (SELECT editor FROM editor_numbers) ORDER BY id`,
      )
      .run(),
  );
  return (await guardIdempotent(() => selectNumbered(db))) as NumberedVendor[];
}

async function selectNumbered(
  db: D1Database,
): Promise<(Omit<NumberedVendor, 'number'> & { readonly number: number | null })[]> {
  const { results } = await db
    .prepare(
      `SELECT n.number, e.id, e.name, e.id IN (${ACTIVE_EDITORS}) AS active
       FROM editors AS e LEFT JOIN editor_numbers AS n ON n.editor = e.id ORDER BY n.number`,
    )
    .all<{ number: number | null; id: string; name: string; active: number }>();
  return results.map(({ active, ...row }) => ({ ...row, isActive: active === 1 }));
}

/** A vendor that a practitioner declares. */
export interface Declaration {
  /** Of the declaration itself. */
  readonly id: number;
  /** The vendor's. */
  readonly number: number;
  readonly name: string;
}

/** As declared, whether the vendor is active or not. @throws GatewayError storage-unavailable. */
export async function readDeclarations(db: D1Database, practitioner: string): Promise<Declaration[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT d.id, n.number, e.name FROM declared_editors AS d
         JOIN editor_numbers AS n ON n.editor = d.editor JOIN editors AS e ON e.id = d.editor
         WHERE d.practitioner = ?1 ORDER BY n.number`,
      )
      .bind(practitioner)
      .all<{ id: number; number: number; name: string }>(),
  );
  return results;
}

/** The change of one practitioner's declarations. */
export interface DeclarationRequest {
  readonly practitioner: string;
  /** The whole new set of vendors' ids. */
  readonly editors: readonly string[];
  readonly nowMs: number;
  readonly origin: 'front' | 'admin';
  readonly requestId: string;
}

/** With its line in the record of changes when it is one, all or nothing. @throws GatewayError storage-unavailable. */
export async function replaceDeclarations(db: D1Database, request: DeclarationRequest): Promise<void> {
  const { practitioner, nowMs, origin, requestId } = request;
  const after = JSON.stringify([...new Set(request.editors)].sort());
  await guardIdempotent(() =>
    db.batch([
      db
        .prepare(
          `INSERT INTO declaration_changes (at_ms, practitioner, before, after, origin, request_id)
           SELECT ?2, ?1, was, ?3, ?4, ?5 FROM (SELECT json_group_array(editor) AS was
             FROM (SELECT editor FROM declared_editors WHERE practitioner = ?1 ORDER BY editor))
           WHERE was <> ?3`,
        )
        .bind(practitioner, nowMs, after, origin, requestId),
      db
        .prepare(
          `DELETE FROM declared_editors
           WHERE practitioner = ?1 AND editor NOT IN (SELECT value FROM json_each(?2))`,
        )
        .bind(practitioner, after),
      db
        .prepare(
          `INSERT INTO declared_editors (practitioner, editor, declared_ms)
           SELECT ?1, value, ?3 FROM json_each(?2) WHERE true ON CONFLICT (practitioner, editor) DO NOTHING`,
        )
        .bind(practitioner, after, nowMs),
      indexDeclared(db, nowMs, practitioner),
    ]),
  );
}

/** With one active vendor at least, a practitioner is interfaced (docs/guide.md G-932). */
export function indexDeclared(db: D1Database, nowMs: number, practitioner: string): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO front_index (subject, since_ms)
       SELECT DISTINCT practitioner, ?1 FROM declared_editors
       WHERE practitioner = ?2 AND editor IN (${ACTIVE_EDITORS})
       ON CONFLICT (subject) DO NOTHING`,
    )
    .bind(nowMs, practitioner);
}

/** Declarations of one statement. */
const STRETCH_ROWS = 10_000;

/**
 * The same of all of them: it reads every declaration, a stretch at a time. @returns false when the budget ended it. @throws GatewayError storage-unavailable.
 */
export async function indexAllDeclared(db: D1Database, nowMs: number, budget: Budget): Promise<boolean> {
  const within = 'id > ?1 ORDER BY id LIMIT';
  for (let after: number | undefined = 0; after !== undefined; ) {
    if (!budget.allows(2)) return false;
    const [last] = await guardIdempotent(() =>
      db.batch<{ readonly id: number }>([
        db
          .prepare(`SELECT id FROM declared_editors WHERE ${within} 1 OFFSET ${STRETCH_ROWS - 1}`)
          .bind(after),
        db
          .prepare(
            `INSERT INTO front_index (subject, since_ms)
             SELECT DISTINCT practitioner, ?2 FROM (
               SELECT practitioner, editor FROM declared_editors WHERE ${within} ${STRETCH_ROWS})
             WHERE editor IN (${ACTIVE_EDITORS}) ON CONFLICT (subject) DO NOTHING`,
          )
          .bind(after, nowMs),
      ]),
    );
    after = last?.results[0]?.id;
  }
  return true;
}

/** A change that was made. `before`, `after`: vendors' ids. */
export interface DeclarationChange {
  readonly atMs: number;
  readonly practitioner: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly origin: string;
  readonly requestId: string;
}

/** The last ones first. @throws GatewayError storage-unavailable. */
export async function listDeclarationChanges(db: D1Database, max: number): Promise<DeclarationChange[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT at_ms AS atMs, practitioner, before, after, origin, request_id AS requestId
         FROM declaration_changes ORDER BY id DESC LIMIT ?1`,
      )
      .bind(max)
      .all<Record<'practitioner' | 'before' | 'after' | 'origin' | 'requestId', string> & { atMs: number }>(),
  );
  return results.map((row) => ({
    ...row,
    before: JSON.parse(row.before) as string[],
    after: JSON.parse(row.after) as string[],
  }));
}

/** A practitioner's national id, and the ids of the vendors declared. */
export interface DeclaredPractitioner {
  readonly practitioner: string;
  readonly editors: readonly string[];
}

/** In the order of their ids. @throws GatewayError storage-unavailable. */
export async function listDeclared(db: D1Database, max: number): Promise<DeclaredPractitioner[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT practitioner, json_group_array(editor) AS editors FROM declared_editors
         GROUP BY practitioner ORDER BY practitioner LIMIT ?1`,
      )
      .bind(max)
      .all<{ practitioner: string; editors: string }>(),
  );
  return results.map(({ practitioner, editors }) => ({
    practitioner,
    editors: JSON.parse(editors) as string[],
  }));
}
