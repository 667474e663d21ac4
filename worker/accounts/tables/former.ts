// Table `former_identifiers`: the names by which a vendor may hold an account from before us. A vendor that was told of
// the regulator under a name is told of its change, and holds nothing under it any more. Statements only, for the
// transactions of others.

import type { RegulatorIdentifier } from '../../../shared/sas/regulator.ts';
import type { Regulator } from '../model/regulator.ts';

/** Before a save: the identifier that it changes, if it does. `before`: the version that was read. */
export function keepFormer(
  db: D1Database,
  { id, identifier }: Regulator,
  before: number,
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO former_identifiers (regulator, system, value, told)
       SELECT r.id, r.system, r.value, (SELECT json_group_array(a.editor) FROM accounts AS a
         WHERE a.regulator = r.id AND ((a.confirmed_value = r.value AND a.confirmed_system = r.system)
           OR (a.sent_value = r.value AND a.sent_system = r.system)))
       FROM regulators AS r WHERE r.id = ?1 AND r.version = ?2 AND r.value IS NOT NULL
         AND (r.value IS NOT ?4 OR r.system IS NOT ?3)
       ON CONFLICT DO NOTHING`,
    )
    .bind(id, before, identifier?.system ?? null, identifier?.value ?? null);
}

/** After a save: an identifier is one person's, whoever bore it before. */
export function takeFormer(
  db: D1Database,
  { id, identifier }: Regulator,
  stamp: string,
): D1PreparedStatement {
  return db
    .prepare(
      `DELETE FROM former_identifiers WHERE value = ?2 AND system = ?1
         AND EXISTS (SELECT 1 FROM regulators WHERE id = ?3 AND stamp = ?4)`,
    )
    .bind(identifier?.system ?? null, identifier?.value ?? null, id, stamp);
}

/** Of regulator ?1 at the vendor of `editors AS e`, as a JSON list. */
export const SELECT_FORMER = `(SELECT json_group_array(json_object('system', f.system, 'value', f.value))
  FROM former_identifiers AS f WHERE f.regulator = ?1 AND e.id NOT IN (SELECT t.value FROM json_each(f.told) AS t)
    AND NOT EXISTS (SELECT 1 FROM accounts AS o WHERE o.editor = e.id AND o.confirmed_value = f.value
      AND o.confirmed_system = f.system AND o.regulator <> ?1)
    AND NOT EXISTS (SELECT 1 FROM accounts AS o WHERE o.editor = e.id AND o.sent_value = f.value
      AND o.sent_system = f.system AND o.regulator <> ?1))`;

/** From the column's JSON. */
export function readFormer(json: string): readonly RegulatorIdentifier[] {
  return JSON.parse(json) as RegulatorIdentifier[];
}
