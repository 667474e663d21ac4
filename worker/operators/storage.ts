// GET /admin/storage: how full each database is, what each vendor has stored of its quota, and how far the changes of appointments are exported.

import { describeExport } from '../appointments/export-changes.ts';
import { measureVendors } from '../appointments/quotas.ts';
import { jsonResponse, type RequestContext } from '../http/http.ts';
import { measureDatabases } from '../store/sizes.ts';

/** What does not answer is said to, and stops nothing else. */
export async function answerStorage(context: RequestContext): Promise<Response> {
  const { databaseBytesMax: limitBytes } = context.config;
  const [databases, exported, vendors] = await Promise.all([
    measureDatabases(context.env, limitBytes),
    describeExport(context.env),
    measureVendors(context.env).catch(() => 'unreachable' as const),
  ]);
  const quota = context.config.appointmentQuota;
  return jsonResponse({ limitBytes, databases, quota, vendors, export: exported }, context);
}
