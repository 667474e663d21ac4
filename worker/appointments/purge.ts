// The scheduled purge of appointments (cron trigger in wrangler.toml): what ended longer ago than the retention
// setting says is forgotten, once it is exported when an export is configured. docs/storage.md.

import { readConfig } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import { exportTargetOf } from './export-target.ts';
import { readMark } from './tables/changes.ts';
import { countHeldBack, purgeAppointments } from './tables/purge.ts';

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** Throws when the store fails, so that the platform shows the run as failed; the next one goes on. */
export async function purgeExpiredAppointments(env: Env, nowMs: number): Promise<void> {
  const startedMs = Date.now();
  const endedBeforeMs = nowMs - readConfig(env).appointmentRetentionDays * DAY_MS;
  const exportedSeq = await exportedSeqOf(env);
  const count = await purgeAppointments(env.APPOINTMENTS, endedBeforeMs, nowMs - HOUR_MS, exportedSeq);
  log('info', 'appointments-purged', { count, durationMs: Date.now() - startedMs });
  if (exportedSeq === undefined) return;
  const held = await countHeldBack(env.APPOINTMENTS, endedBeforeMs, exportedSeq);
  if (held > 0) log('error', 'appointments-held-back', { count: held, detail: 'not exported yet' });
}

/** The last version that is exported; undefined when none is to be. */
async function exportedSeqOf(env: Env): Promise<number | undefined> {
  if (exportTargetOf(env) === undefined) return undefined;
  return (await readMark(env.APPOINTMENTS)).doneSeq;
}
