// GET /admin/activity: appointments by day (Paris) of their start, vendor and status, for the follow-up of the
// service; with `by=territory` also by territory of the regulator. docs/appointments.md § 5.

import { jsonResponse, type RequestContext } from '../http/http.ts';
import { readPeriod } from '../http/period.ts';
import { countActivity, countActivityByTerritory } from './tables/activity.ts';

/** @throws GatewayError as `readPeriod` does, storage-unavailable. */
export async function reportActivity(context: RequestContext): Promise<Response> {
  const { first, last, days, vendors, isByTerritory } = readPeriod(context, true);
  const { DB, APPOINTMENTS } = context.env;
  const counts = isByTerritory
    ? await countActivityByTerritory(APPOINTMENTS, DB, days, vendors)
    : await countActivity(APPOINTMENTS, days, vendors);
  return jsonResponse({ timeZone: 'Europe/Paris', from: first, to: last, counts }, context);
}
