// Table `regulators`, reading many: the search of the FHIR face. Pages follow the ids, which never change.

import type { RegulatorIdentifier } from '../../../shared/sas/regulator.ts';
import { guardIdempotent } from '../../store/guard.ts';
import type { Regulator } from '../model/regulator.ts';
import { type RawRegulator, REGULATOR_COLUMNS, toRegulator } from './regulators.ts';

/** A search of regulators; what is absent does not restrict. `count`: rows at most. */
export interface RegulatorFilter {
  readonly identifiers?: readonly RegulatorIdentifier[];
  readonly ids?: readonly string[];
  readonly active?: boolean;
  /** Id of the last one of the page before. */
  readonly after?: string;
  readonly count: number;
}

/** Parameters: 1 JSON list of [system, value] or NULL, 2 JSON list of ids or NULL, 3 active or NULL, 4 after, 5 count. */
const SEARCH = `SELECT ${REGULATOR_COLUMNS} FROM regulators
  WHERE (?1 IS NULL OR id IN (
      SELECT r.id FROM json_each(?1) AS j JOIN regulators AS r
        ON r.value = json_extract(j.value, '$[1]') AND r.system = json_extract(j.value, '$[0]')))
    AND (?2 IS NULL OR id IN (SELECT value FROM json_each(?2)))
    AND (?3 IS NULL OR active = ?3) AND id > ?4
  ORDER BY id LIMIT ?5`;

/** `after`: the last id of the page before. @throws GatewayError storage-unavailable. */
export async function searchRegulators(db: D1Database, filter: RegulatorFilter): Promise<Regulator[]> {
  const { identifiers, ids, active, after = '', count } = filter;
  const pairs = identifiers?.map(({ system, value }) => [system, value]);
  const { results } = await guardIdempotent(() =>
    db
      .prepare(SEARCH)
      .bind(
        pairs === undefined ? null : JSON.stringify(pairs),
        ids === undefined ? null : JSON.stringify(ids),
        active === undefined ? null : active ? 1 : 0,
        after,
        count,
      )
      .all<RawRegulator>(),
  );
  return results.map(toRegulator);
}
