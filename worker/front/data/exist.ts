// GET /v1/practitioner/{id}/exist: does a vendor know this practitioner? What is no identifier is not known, which the
// front's status report relies on. From our own data, no vendor is asked. docs/guide.md G-912.

import { professionalKind } from '../../../shared/sas/identifier.ts';
import { jsonResponse, type RequestContext } from '../../http/http.ts';
import { isInterfaced } from '../../store/interfaced.ts';

/** @throws GatewayError storage-unavailable. */
export async function answerExist(context: RequestContext): Promise<Response> {
  const id = context.parameters.id ?? '';
  const exists = professionalKind(id) !== undefined && (await isInterfaced(context.env.DB, id));
  return jsonResponse({ exist_in_directory: exists }, context);
}
