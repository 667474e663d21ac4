// The edge's entry: wires the router, the Durable Object and what runs on a schedule.

import type { Env } from './config.ts';
import { purgeExpiredAppointments } from './handlers/appointment-purge.ts';
import { handleRequest } from './router.ts';

export { RelayHub } from './relay-hub.ts';

export default {
  fetch: handleRequest,
  scheduled: (event, env) => purgeExpiredAppointments(env, event.scheduledTime),
} satisfies ExportedHandler<Env>;
