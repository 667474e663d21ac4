// GET /v1/index/pro-id-by-date-range: who became interfaced within the front's window of five minutes. An answer that
// is lost cannot be asked again in full: an ADELI is told once. docs/guide.md G-913, G-933.

import { GatewayError } from '../../../shared/error.ts';
import { type ParsedInstant, parseInstant } from '../../../shared/time.ts';
import { jsonResponse, type RequestContext } from '../../http/http.ts';
import { takeNewlyInterfaced } from '../tables/index.ts';

/** @throws GatewayError parameter-invalid, storage-unavailable. */
export async function answerIndexRange(context: RequestContext): Promise<Response> {
  const { request, env, startedMs } = context;
  const start = instantOf(context, 'start');
  const end = instantOf(context, 'end');
  const interval = { fromMs: start.ms, toMs: end.lastMs };
  const found = await takeNewlyInterfaced(env.DB, interval, startedMs, request.method === 'HEAD');
  return jsonResponse(found, context);
}

/** A `+` that came without percent-encoding has become a space. */
function instantOf({ url }: RequestContext, name: 'start' | 'end'): ParsedInstant {
  const instant = parseInstant((url.searchParams.get(name) ?? '').trim().replace(' ', '+'));
  if (instant !== undefined) return instant;
  throw new GatewayError({
    reason: 'parameter-invalid',
    text: `${name} est un instant, tel que 2026-11-23T09:15:00+01:00.`,
  });
}
