// The scheduled purge of kept answers, and of when every vendor was last asked for a subject (cron triggers in
// wrangler.toml). What is past its time is never used, purged or not: this is for the room it takes.

import { readConfig } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import { purgePages } from '../hub/memory/kept-pages.ts';
import { purgeBroadcasts } from '../hub/memory/routing-table.ts';

const EVERY_MINUTES = 10;

/**
 * Purges kept answers at one minute in ten, the rest with the nightly run. Throws when the store fails, so that the platform
 * shows the run as failed.
 */
export async function purgeSearchMemory(env: Env, nowMs: number, isNightly: boolean): Promise<void> {
  if (isNightly) await purgeBroadcasts(env.DB, nowMs - readConfig(env).routing.broadcastEveryMs);
  if (!isNightly && new Date(nowMs).getUTCMinutes() % EVERY_MINUTES !== 0) return;
  const count = await purgePages(env.CACHE, nowMs);
  log('debug', 'availability-purged', { count });
}
