// GET /healthz and /readyz: for load balancers and monitors, without authentication and without detail.

import { within } from '../../shared/deadline.ts';
import type { RequestContext } from '../http/http.ts';
import { hasRelay } from '../hub/hub-of.ts';

const PROBE_MS = 2_000;

/** GET /healthz: 200, whatever D1 and the relays do. */
export function answerHealth(): Response {
  return probe(true);
}

/**
 * Ready to search: at least one relay can be asked. Not a word of D1, without which searches go on: a balancer must not take
 * the edge away for it; GET /admin/storage tells.
 */
export async function answerReadiness({ env }: RequestContext): Promise<Response> {
  const isReady = await within(hasRelay(env), PROBE_MS, () => false).catch(() => false);
  return probe(isReady);
}

function probe(isWell: boolean): Response {
  return new Response(isWell ? 'ok\n' : 'unavailable\n', {
    status: isWell ? 200 : 503,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' },
  });
}
