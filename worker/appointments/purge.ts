// The nightly purge of appointments: what ended longer ago than the retention setting says is forgotten, once it is exported
// when an export is configured. docs/storage.md.

import { readConfig } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import type { Budget } from '../store/budget.ts';
import { exportTargetOf } from './export/target.ts';
import { readMark } from './tables/changes.ts';
import { countHeldBack, purgeAppointments } from './tables/purge.ts';

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** @returns whether all is forgotten; else the next run goes on. @throws GatewayError storage-unavailable. */
export async function purgeExpiredAppointments(env: Env, nowMs: number, budget: Budget): Promise<boolean> {
  const startedMs = Date.now();
  const endedBeforeMs = nowMs - readConfig(env).appointmentRetentionDays * DAY_MS;
  const exportedSeq = await exportedSeqOf(env);
  const { count, isBehind } = await purgeAppointments(
    env.APPOINTMENTS,
    endedBeforeMs,
    nowMs - HOUR_MS,
    budget,
    exportedSeq,
  );
  log('info', 'appointments-purged', { count, durationMs: Date.now() - startedMs });
  if (exportedSeq !== undefined) {
    const held = await countHeldBack(env.APPOINTMENTS, endedBeforeMs, exportedSeq);
    if (held > 0) log('error', 'appointments-held-back', { count: held, detail: 'not exported yet' });
  }
  return !isBehind;
}

/** The last version that is exported; undefined when none is to be. */
async function exportedSeqOf(env: Env): Promise<number | undefined> {
  if (exportTargetOf(env) === undefined) return undefined;
  return (await readMark(env.APPOINTMENTS)).doneSeq;
}
