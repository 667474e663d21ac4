// What the cron trigger of each minute does for accounts (wrangler.toml). docs/accounts.md § 5.

import type { Env } from '../base/env.ts';
import { runDue } from './due.ts';
import { openEngine } from './engine.ts';
import { purgeRegulators } from './tables/purge.ts';

/** The nightly run, which also forgets; as in wrangler.toml. */
export const NIGHTLY_CRON = '23 2 * * *';
const DAY_MS = 24 * 3600 * 1000;

/**
 * One run of the cron trigger. Rejects when the store fails, so that the platform shows the run as failed.
 */
export async function runAccounts(env: Env, nowMs: number, isNightly: boolean): Promise<void> {
  const engine = openEngine(env, crypto.randomUUID(), nowMs);
  await runDue(engine);
  if (isNightly) await purgeRegulators(env.DB, nowMs - engine.settings.retentionDays * DAY_MS);
}
