// What the relay's log says of its exchanges with vendors, and of its own mistakes: facts and codes, never whom an
// exchange was about, nor a text from outside.

import type { SearchPlan } from '../../shared/link/relay.ts';
import type { Log } from '../../shared/log.ts';
import type { ExchangeOutcome } from '../metrics.ts';
import type { Exchanged } from '../search/vendor-call.ts';
import type { AccountExchanged } from '../vendor/accounts.ts';
import type { RelayLog } from './log.ts';

/**
 * The last word of a process that met what nobody expected: which error and where in our code, never its text,
 * which may quote what a vendor sent. What Node warns of goes to the log too, by name: its text goes nowhere.
 */
export function logCrashes({ log, flush }: RelayLog): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning: Error & { readonly code?: string }) => {
    log('warn', 'relay-warning', { reason: warning.name, detail: warning.code ?? '' });
  });
  process.on('uncaughtException', (error) => {
    const [, where = ''] = /\(?([^\s/]+\.ts:\d+)/.exec(error.stack ?? '') ?? [];
    log('error', 'relay-crashed', { reason: error.name, detail: where });
    flush();
    process.exit(1);
  });
}

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

export function logExchange(
  log: Log,
  plan: SearchPlan,
  { answer, status, code, retry }: Exchanged,
  reason: ExchangeOutcome,
): void {
  const call = plan.calls[answer.call];
  log(reason === 'internal' ? 'error' : 'info', 'vendor-exchange', {
    requestId: plan.id,
    editor: call?.editor ?? '',
    flow: plan.flow,
    subjects: call?.subjects.length ?? 0,
    reason,
    ...(status !== undefined && { status }),
    ...(code !== undefined && { detail: code }),
    ...((retry === 'answered' || retry === 'failed') && { attempt: 2 }),
    durationMs: answer.durationMs,
    bytes: answer.bytes,
    pages: answer.pages,
    count: answer.received,
    slots: answer.shown,
  });
}
