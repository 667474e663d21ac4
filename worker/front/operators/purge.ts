// The nightly part of the front's face: forgets, and lets declared vendors that became active enter its index.
// docs/storage.md.

import { addDays, parisDayOf } from '../../base/calendar/days.ts';
import type { Env } from '../../base/env.ts';
import { log } from '../../base/log.ts';
import type { Budget } from '../../store/budget.ts';
import { purgeFrontTables } from '../tables/purge.ts';
import { purgeRedirects } from '../tables/redirects.ts';

/** What no vendor has shown for so long is forgotten; so are changes of declarations. */
const RETENTION_MS = 365 * 24 * 3_600_000;
const REDIRECTS_KEPT_DAYS = 400;

/** @returns whether all is done; else the next run goes on. @throws GatewayError storage-unavailable; the next run does it. */
export async function purgeFront(env: Env, nowMs: number, budget: Budget): Promise<boolean> {
  const { count, isBehind } = await purgeFrontTables(env.DB, nowMs - RETENTION_MS, nowMs, budget);
  await purgeRedirects(env.DB, addDays(parisDayOf(nowMs), -REDIRECTS_KEPT_DAYS));
  log('info', 'front-tables-purged', { count });
  return !isBehind;
}
