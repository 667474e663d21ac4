// What the schedule does for messages to LRMs: leases that ended without a word, messages that nobody acknowledged in their time,
// an alarm for what is not delivered, strays forgotten. Off, it asks nothing of the database.

import { readConfig } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import type { Budget } from '../store/budget.ts';
import { EXPIRY_MARGIN_MS, STRAYS_MS, UNDELIVERED_MS } from './delays.ts';
import { endLostLeases } from './lease.ts';
import { countWaiting, endUnacknowledged, purgeStrays } from './tables/undelivered.ts';

/** One statement of some ten milliseconds. */
const ENDED_MAX = 1_000;

/** @returns 1 when more is left. @throws GatewayError storage-unavailable. */
export async function runOutbox(env: Env, nowMs: number): Promise<number> {
  if (readConfig(env).lrm === undefined) return 0;
  await endLostLeases(env, nowMs);
  const ended = await endUnacknowledged(env.APPOINTMENTS, nowMs - EXPIRY_MARGIN_MS, nowMs, ENDED_MAX);
  for (const [recipient, some] of Map.groupBy(ended, (one) => one.recipient ?? '')) {
    log('error', 'lrm-messages-unacknowledged', { recipient, count: some.length });
  }
  return ended.length === ENDED_MAX ? 1 : 0;
}

/** A line for each LRM that has not acknowledged for long, and one for what has none. @throws GatewayError storage-unavailable. */
export async function watchOutbox(env: Env, nowMs: number): Promise<void> {
  if (readConfig(env).lrm === undefined) return;
  const waiting = await countWaiting(env.APPOINTMENTS);
  // What is of no use any more had its own alarm when it ended.
  const late = waiting.filter(
    ({ state, oldestMs }) => state !== 'expired' && oldestMs < nowMs - UNDELIVERED_MS,
  );
  for (const [recipient, some] of Map.groupBy(late, (one) => one.recipient ?? '')) {
    log('error', 'lrm-undelivered', {
      recipient,
      count: some.reduce((sum, { count }) => sum + count, 0),
      delayMs: nowMs - Math.min(...some.map(({ oldestMs }) => oldestMs)),
      detail: some.map(({ state, count }) => `${state} ${count}`).join(', '),
    });
  }
}

/** @returns whether all is forgotten. @throws GatewayError storage-unavailable. */
export async function forgetStrays(env: Env, nowMs: number, budget: Budget): Promise<boolean> {
  if (readConfig(env).lrm === undefined) return true;
  return purgeStrays(env.APPOINTMENTS, nowMs - STRAYS_MS, budget);
}
