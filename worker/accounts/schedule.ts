// What a scheduled run does for accounts (worker/schedule/steps.ts). docs/accounts.md § 5.

import { readConfig } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import type { Budget } from '../store/budget.ts';
import { runDue } from './due.ts';
import { openEngine } from './engine.ts';
import { PURGE_QUERIES, PURGED_MAX, purgeRegulators } from './tables/purge.ts';

const DAY_MS = 24 * 3600 * 1000;
/** For the steps behind: a delivery that begins last may take the longest time that a vendor can be given. */
const KEPT_BACK = { queries: 250, ms: 28_000 };

/**
 * Tells vendors what is due. @returns how many accounts had to be left to the next run.
 * @throws GatewayError storage-unavailable.
 */
export function runAccounts(env: Env, nowMs: number, budget: Budget): Promise<number> {
  return runDue(openEngine(env, crypto.randomUUID(), { startMs: nowMs, budget, keptBack: KEPT_BACK }));
}

/** Forgets regulators past their retention. @returns whether all are. @throws GatewayError storage-unavailable. */
export async function purgeAccounts(env: Env, nowMs: number, budget: Budget): Promise<boolean> {
  const { retentionDays } = readConfig(env).accounts;
  while (budget.allows(PURGE_QUERIES)) {
    const count = await purgeRegulators(env.DB, nowMs - retentionDays * DAY_MS);
    if (count < PURGED_MAX) return true;
  }
  return false;
}
