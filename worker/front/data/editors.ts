// GET /v1/editors: the vendors a practitioner may declare; and the marketplace's list, which the front stores and
// never reads, but waits for. docs/guide.md G-910, G-914.

import { jsonResponse, type RequestContext } from '../../http/http.ts';
import { listNumberedVendors } from '../tables/declarations.ts';

/** GET /v1/editors: active vendors. @throws GatewayError storage-unavailable. */
export async function answerFrontVendors(context: RequestContext): Promise<Response> {
  const vendors = await listNumberedVendors(context.env.DB);
  const active = vendors.filter(({ isActive }) => isActive);
  return jsonResponse(
    active.map(({ number, name }) => ({ id: number, corporateName: name })),
    context,
  );
}

/** An empty list. */
export function answerMarketplace(context: RequestContext): Response {
  return jsonResponse([], context);
}
