// The one way from the rest of the Worker to the relay hub.

import type { Env } from '../base/env.ts';
import type { HubCalls } from './hub-calls.ts';

/** The one instance where relays and searches meet. */
const HUB_NAME = 'hub';

/** The relay hub's stub. `fetch`: for a relay's WebSocket. */
export function hubOf({ RELAY_HUB }: Env): HubCalls & Pick<Fetcher, 'fetch'> {
  const stub = RELAY_HUB.get(RELAY_HUB.idFromName(HUB_NAME), { locationHint: 'weur' });
  // The class implements HubCalls; naming it here would have every caller of the hub import it.
  return stub as unknown as HubCalls & Pick<Fetcher, 'fetch'>;
}
