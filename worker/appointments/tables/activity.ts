// Table `appointments`, counting: how many start on each day, per vendor and status, or by territory of the regulator
// who took them, as table `regulators` of the core database has it.

import type { CivilDay } from '../../base/days.ts';
import { guardStore } from '../../store/guard.ts';

/** How many appointments start on a day, by vendor and status. */
export interface ActivityCount {
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly vendor: string;
  readonly status: string;
  /** Only when counted by it; null: no regulator is named, is known, or has one. */
  readonly territory?: string | null;
  readonly count: number;
}

/** Days and vendors without appointments are absent. @throws GatewayError storage-unavailable. */
export async function countActivity(
  db: D1Database,
  days: readonly CivilDay[],
  vendors: readonly string[],
): Promise<ActivityCount[]> {
  const { results } = await guardStore(() =>
    db
      .prepare(
        `SELECT d.value ->> 'day' AS day, a.editor AS vendor, a.status, COUNT(*) AS count
         FROM json_each(?1) AS d CROSS JOIN appointments AS a
         WHERE a.start_ms >= d.value ->> 'fromMs' AND a.start_ms <= d.value ->> 'toMs'
           AND (?2 = '[]' OR a.editor IN (SELECT value FROM json_each(?2)))
         GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
      )
      .bind(JSON.stringify(days), JSON.stringify(vendors))
      .all<ActivityCount>(),
  );
  return results;
}

interface OperatorCount {
  readonly day: string;
  readonly vendor: string;
  readonly status: string;
  readonly system: string | null;
  readonly operator: string | null;
  readonly count: number;
}

/**
 * One of a regulator with several territories counts in each. `core`: the database that has the regulators.
 * @throws GatewayError storage-unavailable.
 */
export async function countActivityByTerritory(
  db: D1Database,
  core: D1Database,
  days: readonly CivilDay[],
  vendors: readonly string[],
): Promise<ActivityCount[]> {
  const { results } = await guardStore(() =>
    db
      .prepare(
        `SELECT d.value ->> 'day' AS day, a.editor AS vendor, a.status, a.operator_system AS system, a.operator,
           COUNT(*) AS count
         FROM json_each(?1) AS d CROSS JOIN appointments AS a
         WHERE a.start_ms >= d.value ->> 'fromMs' AND a.start_ms <= d.value ->> 'toMs'
           AND (?2 = '[]' OR a.editor IN (SELECT value FROM json_each(?2)))
         GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3`,
      )
      .bind(JSON.stringify(days), JSON.stringify(vendors))
      .all<OperatorCount>(),
  );
  const territories = await readTerritories(core, results);
  const counts = new Map<string, ActivityCount>();
  for (const { day, vendor, status, system, operator, count } of results) {
    const own = territories.get(keyOf(system, operator)) ?? [];
    for (const territory of own.length > 0 ? own : [null]) {
      // As SQL sorts: who has none comes first.
      const key = JSON.stringify([day, vendor, status, territory ?? '']);
      counts.set(key, { day, vendor, status, territory, count: count + (counts.get(key)?.count ?? 0) });
    }
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, counted]) => counted);
}

type Operator = Pick<OperatorCount, 'system' | 'operator'>;

function keyOf(system: string | null, operator: string | null): string {
  return JSON.stringify([system, operator]);
}

const OPERATORS_PER_READ = 1_000;
/** The regulator that an appointment names, by either of his identifiers. */
const TERRITORIES = `(SELECT territories FROM regulators
    WHERE value = o.value ->> 'operator' AND (o.value ->> 'system' IS NULL OR system = o.value ->> 'system')
  UNION ALL SELECT territories FROM regulators WHERE technical_id = o.value ->> 'operator' LIMIT 1)`;

/** By `keyOf`; who is no known regulator is absent. */
async function readTerritories(
  core: D1Database,
  named: readonly Operator[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const operators = new Map<string, Operator>();
  for (const { system, operator } of named) {
    if (operator !== null) operators.set(keyOf(system, operator), { system, operator });
  }
  const all = [...operators.values()];
  const territories = new Map<string, readonly string[]>();
  for (let from = 0; from < all.length; from += OPERATORS_PER_READ) {
    const asked = JSON.stringify(all.slice(from, from + OPERATORS_PER_READ));
    const { results } = await guardStore(() =>
      core
        .prepare(
          `SELECT o.value ->> 'system' AS system, o.value ->> 'operator' AS operator, ${TERRITORIES} AS territories
           FROM json_each(?1) AS o`,
        )
        .bind(asked)
        .all<Operator & { readonly territories: string | null }>(),
    );
    for (const { system, operator, territories: list } of results) {
      if (list !== null) territories.set(keyOf(system, operator), JSON.parse(list) as string[]);
    }
  }
  return territories;
}
