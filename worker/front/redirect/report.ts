// GET /admin/redirects: how often regulators opened booking pages through our redirect, by day (Paris) and vendor.

import { jsonResponse, type RequestContext } from '../../http/http.ts';
import { readPeriod } from '../../http/period.ts';
import { readRedirects } from '../tables/redirects.ts';

/** GET /admin/redirects. @throws GatewayError as `readPeriod` does, storage-unavailable. */
export async function reportRedirects(context: RequestContext): Promise<Response> {
  const { first, last, vendors } = readPeriod(context);
  const counts = await readRedirects(context.env.DB, first, last);
  const wanted = counts.filter(({ editor }) => vendors.length === 0 || vendors.includes(editor));
  return jsonResponse({ timeZone: 'Europe/Paris', from: first, to: last, counts: wanted }, context);
}
