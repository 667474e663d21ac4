// What became at their LRMs of the appointments of some days: part of GET /admin/activity.

import type { Config } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import { countDays, type DayCount } from './tables/overview.ts';

/** By day of the change, in Paris, both included; undefined: INT_L02 is off. @throws GatewayError storage-unavailable. */
export async function activityAtLrms(
  env: Env,
  { lrm }: Pick<Config, 'lrm'>,
  first: string,
  last: string,
): Promise<readonly DayCount[] | undefined> {
  return lrm && countDays(env.APPOINTMENTS, first, last);
}
