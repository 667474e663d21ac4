// GET /admin/activity: appointments by day (Paris) of their start, vendor and status, for the follow-up of the
// service; with `by=territory` also by territory of the regulator. docs/appointments.md § 5.

import { jsonResponse, type RequestContext } from '../http/http.ts';
import { readPeriod } from '../http/period.ts';
import { countActivity, countActivityByTerritory } from './tables/activity.ts';

/** @throws GatewayError as `readPeriod` does, storage-unavailable. */
export async function reportActivity(context: RequestContext): Promise<Response> {
  const { first, last, days, vendors, isByTerritory } = readPeriod(context, true);
  const count = isByTerritory ? countActivityByTerritory : countActivity;
  const counts = await count(context.env.DB, days, vendors);
  return jsonResponse({ timeZone: 'Europe/Paris', from: first, to: last, counts }, context);
}
