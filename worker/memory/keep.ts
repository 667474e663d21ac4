// What a search leaves in D1 for the next ones, once its answer has left: the fresh answers of vendors, and which subjects
// every vendor has now answered for. Called through waitUntil, so it never rejects: what cannot be kept is asked again.

import type { Flow, SlotWindow } from '../../shared/sas/query.ts';
import { log } from '../base/log.ts';
import type { RequestContext } from '../http/http.ts';
import type { CallResult } from '../hub/call-result.ts';
import { keepRows } from './availability-table.ts';
import type { KeptRow } from './kept-row.ts';
import { noteBroadcast } from './routing-table.ts';
import { type KeepContext, rowsToKeep } from './rows-to-keep.ts';

type Reader = Pick<RequestContext, 'env' | 'requestId'>;

/** About the search whose answers are kept. */
export interface KeepOrder extends Pick<KeepContext, 'vendors' | 'ttlMs'> {
  readonly flow: Flow;
  /** As vendors were asked. */
  readonly askedWindow: SlotWindow;
  /** The rows before; undefined: they were not read, and nothing may take their place. */
  readonly before: readonly KeptRow[] | undefined;
}

/** Keeps what vendors have just answered. Never rejects. */
export async function keepAnswers(
  { env, requestId }: Reader,
  { flow, askedWindow, before, vendors, ttlMs }: KeepOrder,
  results: readonly CallResult[],
): Promise<void> {
  if (before === undefined) return;
  await scheduler.wait(0);
  const about = { vendors, ttlMs, nowMs: Date.now(), version: () => crypto.randomUUID() };
  const rows = rowsToKeep(results, askedWindow, before, about);
  if (rows.length === 0) return;
  try {
    const rowsWritten = await keepRows(env.CACHE, flow, rows);
    log('debug', 'availability-kept', { requestId, count: rows.length, rowsWritten });
  } catch {
    log('warn', 'availability-not-kept', { requestId, count: rows.length });
  }
}

/** Notes that every vendor has just been asked for these subjects, and has answered. Never rejects. */
export async function keepBroadcast(
  { env, requestId }: Reader,
  flow: Flow,
  subjects: readonly string[],
): Promise<void> {
  if (subjects.length === 0) return;
  try {
    await noteBroadcast(env.DB, flow, subjects, Date.now());
  } catch {
    log('warn', 'broadcast-not-noted', { requestId, count: subjects.length });
  }
}
