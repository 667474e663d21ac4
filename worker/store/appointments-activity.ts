// Table `appointments`, counting: how many start on each day, per vendor and status.

import type { CivilDay } from '../appointments/days.ts';
import { guardStore } from './guard.ts';

export interface ActivityCount {
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly vendor: string;
  readonly status: string;
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
