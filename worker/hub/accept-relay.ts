// GET /link: where relays dial in. Verifies the relay's token, then hands the socket to the hub that it dials, and says
// how many hubs there are.

import { GatewayError } from '../../shared/error.ts';
import { HUB_PARAMETER, HUBS_HEADER } from '../../shared/link/hub.ts';
import type { RequestContext } from '../http/http.ts';
import { authenticateRelay, tokenUsed } from '../http/relay-token.ts';
import { RELAY_ID_HEADER, RELAY_TOKEN_HEADER } from './link/relay-door.ts';
import { HubFailure } from './reach/failure.ts';
import { hubAt } from './reach/hub-of.ts';

/** @throws GatewayError token-invalid, upgrade-required, not-found, hub-lost, hub-overloaded, and as `authenticateRelay`. */
export async function acceptRelay({ request, env, config }: RequestContext): Promise<Response> {
  const token = await authenticateRelay(request, config);
  if (request.headers.get('Upgrade')?.toLowerCase() !== 'websocket') {
    throw new GatewayError({
      reason: 'upgrade-required',
      text: 'Ce chemin attend un WebSocket.',
      headers: { Upgrade: 'websocket' },
    });
  }
  const { status, webSocket } = await hubAt(env, readHub(request, config.hubs)).fetch('https://hub/link', {
    headers: {
      Upgrade: 'websocket',
      [RELAY_ID_HEADER]: token.relay,
      [RELAY_TOKEN_HEADER]: `${token.jti} ${token.untilMs} ${crypto.randomUUID()}`,
    },
  });
  if (status === 409) throw tokenUsed();
  if (status !== 101) throw new HubFailure('hub-overloaded');
  return new Response(null, {
    status: 101,
    webSocket,
    headers: { [HUBS_HEADER]: String(config.hubs) },
  });
}

/** Which hub is dialled. @throws GatewayError not-found */
function readHub(request: Request, hubs: number): number {
  const hub = Number(new URL(request.url).searchParams.get(HUB_PARAMETER) ?? 0);
  if (Number.isInteger(hub) && hub >= 0 && hub < hubs) return hub;
  throw new GatewayError({ reason: 'not-found', text: "L'accès n'a pas de concentrateur de ce numéro." });
}
