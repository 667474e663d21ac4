// GET /admin/storage: how full each database is, and how far the changes of appointments are exported.

import { describeExport } from '../appointments/export-changes.ts';
import { jsonResponse, type RequestContext } from '../http/http.ts';
import { measureDatabases } from '../store/sizes.ts';

/** What does not answer is said to, and stops nothing else. */
export async function answerStorage(context: RequestContext): Promise<Response> {
  const { databaseBytesMax: limitBytes } = context.config;
  const [databases, exported] = await Promise.all([
    measureDatabases(context.env, limitBytes),
    describeExport(context.env),
  ]);
  return jsonResponse({ limitBytes, databases, export: exported }, context);
}
