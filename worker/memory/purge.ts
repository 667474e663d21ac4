// The scheduled purges of kept answers, and of when every vendor was last asked for a subject. What is past its time is never
// used, purged or not: this is for the room it takes.

import { readConfig } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import { purgePages } from '../hub/memory/kept/pages.ts';
import { purgeBroadcasts } from '../hub/memory/routing/table.ts';
import type { Budget } from '../store/budget.ts';

/** @throws GatewayError storage-unavailable. */
export async function purgeKeptAnswers(env: Env, nowMs: number): Promise<void> {
  const count = await purgePages(env.CACHE, nowMs);
  log('debug', 'availability-purged', { count });
}

/** @returns whether all is forgotten. @throws GatewayError storage-unavailable. */
export async function purgeRouting(env: Env, nowMs: number, budget: Budget): Promise<boolean> {
  const beforeMs = nowMs - readConfig(env).routing.broadcastEveryMs;
  return !(await purgeBroadcasts(env.DB, beforeMs, budget)).isBehind;
}
