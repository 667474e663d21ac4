// GET /healthz, /readyz and /readyz?writes: for load balancers and monitors, without authentication and without detail.

import { within } from '../../shared/deadline.ts';
import { describeVersion } from '../../shared/version.ts';
import type { Env } from '../base/env.ts';
import { gateOf } from '../gate/gate-of.ts';
import type { StoreName } from '../gate/stores.ts';
import type { RequestContext } from '../http/http.ts';
import { hasRelay } from '../hub/reach/hub-of.ts';
import { lossNow } from '../store/loss.ts';

const PROBE_MS = 2_000;

/** GET /healthz: 200, whatever D1 and the relays do; its second line says which build answers. */
export function answerHealth(): Response {
  return probe(true, `passerelle ${describeVersion()}\n`);
}

/** Ready to search; with `?writes`, ready to record. */
export function answerReadiness(context: RequestContext): Promise<Response> {
  return context.url.searchParams.has('writes')
    ? answerWriteReadiness(context)
    : answerSearchReadiness(context);
}

/**
 * Ready to search: at least one relay can be asked. Not a word of D1, without which searches go on: a balancer must not take
 * the edge away for it; GET /admin/storage tells.
 */
async function answerSearchReadiness({ env }: RequestContext): Promise<Response> {
  const isReady = await within(hasRelay(env), PROBE_MS, () => false).catch(() => false);
  return probe(isReady);
}

/**
 * Ready to record: the databases that something is acknowledged in have all that was, as is looked at when it was not for
 * some seconds, and took the last write. Searches go on without it.
 */
async function answerWriteReadiness({ env }: RequestContext): Promise<Response> {
  const asked = Promise.all([isWritable(env, 'core'), isWritable(env, 'appointments')]);
  const isReady = await within(
    asked.then((all) => all.every((one) => one)),
    PROBE_MS,
    () => false,
  ).catch(() => false);
  return probe(isReady);
}

async function isWritable(env: Env, name: StoreName): Promise<boolean> {
  if ((await lossNow(env, name)) !== undefined) return false;
  return (await gateOf(env).storeWord(name)).ill === undefined;
}

function probe(isWell: boolean, more = ''): Response {
  return new Response((isWell ? 'ok\n' : 'unavailable\n') + more, {
    status: isWell ? 200 : 503,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' },
  });
}
