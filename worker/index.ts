// The edge's entry: wires the router and the Durable Object.

import type { Env } from './config.ts';
import { handleRequest } from './router.ts';

export { RelayHub } from './relay-hub.ts';

export default {
  fetch: handleRequest,
} satisfies ExportedHandler<Env>;
