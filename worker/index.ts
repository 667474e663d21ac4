// The edge's entry: wires the router, the Durable Object and what runs on a schedule.

import { NIGHTLY_CRON, runAccounts } from './accounts/schedule.ts';
import { exportChanges } from './appointments/export-changes.ts';
import { foldActivity } from './appointments/fold.ts';
import { purgeExpiredAppointments } from './appointments/purge.ts';
import type { Env } from './base/env.ts';
import { purgeFront } from './front/operators/purge.ts';
import { purgeSearchMemory } from './memory/purge.ts';
import { handleRequest } from './router.ts';
import { watchDatabases } from './store/sizes.ts';

export { Gate } from './gate/gate.ts';
export { RelayHub } from './hub/relay-hub.ts';

/** Of one run: a few thousand changes, in less time than passes until the next one. */
const FOLD_QUERIES = 60;
const FOLD_MS = 20_000;
/** Of one night: 150,000 changes and more; the next night goes on. */
const EXPORT_QUERIES = 400;
const EXPORT_MS = 300_000;

export default {
  fetch: handleRequest,
  scheduled: async ({ cron, scheduledTime }, env) => {
    // Named in wrangler.toml; whoever names none wants everything.
    const isNightly = cron === '' || cron === NIGHTLY_CRON;
    const isTenth = new Date(scheduledTime).getUTCMinutes() % 10 === 0;
    const runs = await Promise.allSettled([
      isTenth || isNightly ? watchDatabases(env) : undefined,
      runAccounts(env, scheduledTime, isNightly),
      countAndForget(env, scheduledTime, isNightly),
      isNightly ? purgeFront(env, scheduledTime) : undefined,
      purgeSearchMemory(env, scheduledTime, isNightly),
    ]);
    // One that fails stops no other; the platform still shows the run as failed.
    for (const run of runs) if (run.status === 'rejected') throw run.reason;
  },
} satisfies ExportedHandler<Env>;

/** What is not exported yet is not forgotten either, when it is to be. */
async function exportAndForget(env: Env, nowMs: number): Promise<void> {
  try {
    await exportChanges(env, nowMs, { queries: EXPORT_QUERIES, untilMs: Date.now() + EXPORT_MS });
  } finally {
    await purgeExpiredAppointments(env, nowMs);
  }
}

/** What is not counted yet is not forgotten: first the one, then the other. */
async function countAndForget(env: Env, nowMs: number, isNightly: boolean): Promise<void> {
  try {
    await foldActivity(env, nowMs, { queries: FOLD_QUERIES, untilMs: Date.now() + FOLD_MS });
  } finally {
    if (isNightly) await exportAndForget(env, nowMs);
  }
}
