// The scheduled purge of appointments (cron trigger in wrangler.toml): what ended longer ago than the retention
// setting says is forgotten. docs/storage.md.

import { readConfig } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import { purgeAppointments } from './tables/purge.ts';

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** Throws when the store fails, so that the platform shows the run as failed; the next one goes on. */
export async function purgeExpiredAppointments(env: Env, nowMs: number): Promise<void> {
  const startedMs = Date.now();
  const { appointmentRetentionDays } = readConfig(env);
  const count = await purgeAppointments(
    env.APPOINTMENTS,
    nowMs - appointmentRetentionDays * DAY_MS,
    nowMs - HOUR_MS,
  );
  log('info', 'appointments-purged', { count, durationMs: Date.now() - startedMs });
}
