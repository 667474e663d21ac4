// GET /admin/storage: how full each database is.

import { jsonResponse, type RequestContext } from '../http/http.ts';
import { measureDatabases } from '../store/sizes.ts';

/** What does not answer is said to, and stops nothing else. */
export async function answerStorage(context: RequestContext): Promise<Response> {
  const { databaseBytesMax: limitBytes } = context.config;
  const databases = await measureDatabases(context.env, limitBytes);
  return jsonResponse({ limitBytes, databases }, context);
}
