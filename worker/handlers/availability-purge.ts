// The scheduled purge of what is kept of vendors' answers (cron trigger in wrangler.toml). What is past its time is
// never shown, purged or not: this is for the room it takes.

import type { Env } from '../config.ts';
import { log } from '../log.ts';
import { purgeAvailability } from '../store/availability.ts';

const EVERY_MINUTES = 10;

/** Runs at one minute in ten. Throws when the store fails, so that the platform shows the run as failed. */
export async function purgeKeptAnswers(env: Env, nowMs: number, isForced: boolean): Promise<void> {
  if (!isForced && new Date(nowMs).getUTCMinutes() % EVERY_MINUTES !== 0) return;
  const count = await purgeAvailability(env.DB, nowMs);
  log('debug', 'availability purged', { count });
}
