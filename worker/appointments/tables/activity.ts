// Table `appointments`, counting: how many start on each day, per vendor and status, or by territory of the regulator
// who took them, as table `regulators` has it.

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

/** The regulator that an appointment names, by either of his identifiers. */
const TERRITORIES = `(SELECT territories FROM regulators
    WHERE value = a.operator AND (a.operator_system IS NULL OR system = a.operator_system)
  UNION ALL SELECT territories FROM regulators WHERE technical_id = a.operator LIMIT 1)`;

/** One of a regulator with several territories counts in each. @throws GatewayError storage-unavailable. */
export async function countActivityByTerritory(
  db: D1Database,
  days: readonly CivilDay[],
  vendors: readonly string[],
): Promise<ActivityCount[]> {
  const { results } = await guardStore(() =>
    db
      .prepare(
        `SELECT d.value ->> 'day' AS day, a.editor AS vendor, a.status, t.value AS territory, COUNT(*) AS count
         FROM json_each(?1) AS d CROSS JOIN appointments AS a
         CROSS JOIN json_each(COALESCE(NULLIF(${TERRITORIES}, '[]'), '[null]')) AS t
         WHERE a.start_ms >= d.value ->> 'fromMs' AND a.start_ms <= d.value ->> 'toMs'
           AND (?2 = '[]' OR a.editor IN (SELECT value FROM json_each(?2)))
         GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
      )
      .bind(JSON.stringify(days), JSON.stringify(vendors))
      .all<ActivityCount>(),
  );
  return results;
}
