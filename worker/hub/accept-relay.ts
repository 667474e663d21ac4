// GET /link: where relays dial in. Verifies the relay's token, then hands the socket to the hub.

import { GatewayError } from '../../shared/error.ts';
import { authenticateRelay } from '../http/auth.ts';
import type { RequestContext } from '../http/http.ts';
import { RELAY_ID_HEADER } from './hub-calls.ts';
import { hubOf } from './hub-of.ts';

/** @throws GatewayError upgrade-required, and as `authenticateRelay`. */
export async function acceptRelay({ request, env, config }: RequestContext): Promise<Response> {
  const relay = await authenticateRelay(request, config);
  if (request.headers.get('Upgrade')?.toLowerCase() !== 'websocket') {
    throw new GatewayError({
      reason: 'upgrade-required',
      text: 'Ce chemin attend un WebSocket.',
      headers: { Upgrade: 'websocket' },
    });
  }
  return hubOf(env).fetch('https://hub/link', {
    headers: { Upgrade: 'websocket', [RELAY_ID_HEADER]: relay },
  });
}
