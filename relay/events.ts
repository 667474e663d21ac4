// What the relay's log says of its exchanges with vendors: facts and codes, never whom an exchange was about, nor a text
// from outside.

import type { SearchPlan } from '../shared/link/relay.ts';
import type { Log } from '../shared/log.ts';
import type { Fetched } from './crl/fetch-lists.ts';
import type { ExchangeOutcome } from './metrics.ts';
import type { Exchanged } from './search/vendor-call.ts';
import type { AccountExchanged } from './vendor/accounts.ts';

/** Which vendor and what became of it; never who it was about. */
export function logAccount(log: Log, { request, reply, code }: AccountExchanged): void {
  log('info', 'account-exchange', {
    requestId: request.id,
    editor: request.editor,
    flow: 'INT_R02',
    method: request.method,
    reason: reply.kind === 'failed' ? reply.reason : 'ok',
    ...(reply.status !== undefined && { status: reply.status }),
    ...(code !== undefined && { detail: code }),
    durationMs: reply.durationMs,
  });
}

/** One line for each call of a plan, at the level `error` for our own faults only. */
export function logExchange(
  log: Log,
  plan: SearchPlan,
  { answer: { facts }, status, code, retry }: Exchanged,
  reason: ExchangeOutcome,
): void {
  const call = plan.calls[facts.call];
  const detail = code ?? facts.failure?.bound;
  log(reason === 'internal' ? 'error' : 'info', 'vendor-exchange', {
    requestId: plan.id,
    ...(plan.traceId !== undefined && { traceId: plan.traceId }),
    editor: call?.editor ?? '',
    flow: plan.flow,
    subjects: call?.subjects.length ?? 0,
    reason,
    ...(status !== undefined && { status }),
    ...(detail !== undefined && { detail }),
    ...((retry === 'answered' || retry === 'failed') && { attempt: 2 }),
    durationMs: facts.durationMs,
    bytes: facts.bytes,
    pages: facts.pages,
    count: facts.received,
    slots: facts.shown,
  });
}

/** The host alone of each address, then each authority by its CN. `durationMs`: of the whole. */
export function logFetched(
  log: Log,
  { addresses, authorities, problems }: Fetched,
  durationMs: number,
): void {
  for (const { url, reason, detail } of addresses) {
    if (reason === undefined) continue;
    log('warn', 'crl-address-failed', {
      host: new URL(url).host,
      reason,
      ...(detail !== undefined && { detail }),
    });
  }
  for (const { name, outcome, reason } of authorities) {
    if (outcome === 'failed') log('error', 'crl-failed', { cn: name, reason: reason ?? '' });
    else log('info', outcome === 'fetched' ? 'crl-fetched' : 'crl-unchanged', { cn: name });
  }
  const failed = authorities.filter(({ outcome }) => outcome === 'failed').length;
  log(failed + problems.length > 0 ? 'error' : 'info', 'crl-done', {
    count: authorities.length,
    failed,
    durationMs: Math.round(durationMs),
  });
}
