// The edge's entry: wires the router, the Durable Objects and the schedule.

import type { Env } from './base/env.ts';
import { handleRequest } from './router.ts';
import { keepScheduleRunning, schedulerOf } from './schedule/scheduler-of.ts';

export { Gate } from './gate/gate.ts';
export { RelayHub } from './hub/relay-hub.ts';
export { Scheduler } from './schedule/scheduler.ts';

export default {
  fetch: (request, env, execution) => {
    const starting = keepScheduleRunning(env);
    if (starting !== undefined) execution.waitUntil(starting);
    return handleRequest(request, env, execution);
  },
  /** No trigger of wrangler.toml calls it: the tests do, for a run at a time of theirs. A cron expression leaves out the night. */
  scheduled: async ({ cron, scheduledTime }, env) => {
    const { failed } = await schedulerOf(env).runNow(scheduledTime, cron === '');
    if (failed.length > 0) throw new Error('a step of the schedule failed');
  },
} satisfies ExportedHandler<Env>;
