// GET /healthz and /readyz: for load balancers and monitors, without authentication and without detail.

import { within } from '../../shared/deadline.ts';
import type { RequestContext } from '../http/http.ts';
import { hubOf } from '../hub/hub-of.ts';

const PROBE_MS = 2_000;

/** GET /healthz: 200, whatever D1 and the relays do. */
export function answerHealth(): Response {
  return probe(true);
}

/** Ready: D1 answers and at least one relay can be asked. */
export async function answerReadiness({ env }: RequestContext): Promise<Response> {
  const checks = Promise.all([env.DB.prepare('SELECT 1').first(), hubOf(env).hasRelay()]);
  const result = await within(checks, PROBE_MS, () => undefined).catch(() => undefined);
  return probe(result?.[1] === true);
}

function probe(isWell: boolean): Response {
  return new Response(isWell ? 'ok\n' : 'unavailable\n', {
    status: isWell ? 200 : 503,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' },
  });
}
