// The one way from the rest of the Worker to the relay hub.

import type { Env } from '../base/env.ts';
import { objectOf } from '../base/objects.ts';
import type { HubCalls } from './hub-calls.ts';

/** The one instance where relays and searches meet. */
const HUB_NAME = 'hub';

/** The relay hub's stub. `fetch`: for a relay's WebSocket. */
export function hubOf(env: Env): HubCalls & Pick<Fetcher, 'fetch'> {
  // The class implements HubCalls; naming it here would have every caller of the hub import it.
  return objectOf(env, env.RELAY_HUB, HUB_NAME) as unknown as HubCalls & Pick<Fetcher, 'fetch'>;
}
