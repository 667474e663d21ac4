// A relay's request about messages of INT_L02: who asks, whether it may, and what it says. shared/link/hub-sante.ts is the
// contract; lease.ts, settle.ts and receive.ts are its three requests.

import * as v from 'valibot';
import { within } from '../../shared/deadline.ts';
import { GatewayError } from '../../shared/error.ts';
import type { HubSanteClient } from '../../shared/link/hub-sante.ts';
import type { LrmSettings } from '../base/lrm-settings.ts';
import { readSigned } from '../http/body.ts';
import type { RequestContext } from '../http/http.ts';
import { authenticateCarrier, tokenUsed } from '../http/relay-token.ts';
import { HubFailure } from '../hub/reach/failure.ts';
import { hubAt } from '../hub/reach/hub-of.ts';
import { refuseLost } from '../store/loss.ts';

/** A hub that starts again answers within it. */
const TOKEN_MS = 4_000;

/** What each of the three bodies has. */
export const CLIENT_ENTRIES = {
  clientId: v.pipe(v.string(), v.maxLength(100)),
  instance: v.pipe(v.string(), v.nonEmpty(), v.maxLength(100)),
};

/** A request of a relay that may carry. */
export interface Carried<T> {
  readonly relay: string;
  readonly lrm: LrmSettings;
  readonly said: T;
}

/**
 * Uses the token. Off, or not for this relay, is said before anything is read.
 * @throws GatewayError token-*, not-found, carrier-refused, body-*, parameter-invalid, misconfigured,
 * storage-lost; HubFailure.
 */
export async function readCarried<T extends v.GenericSchema<unknown, HubSanteClient>>(
  { request, env, config }: RequestContext,
  schema: T,
  bytesMax: number,
): Promise<Carried<v.InferOutput<T>>> {
  const { lrm } = config;
  const { token, relay, bodySha256 } = await authenticateCarrier(request, config);
  if (lrm === undefined) {
    throw new GatewayError({ reason: 'not-found', text: 'INT_L02 n’est pas en service sur cet accès.' });
  }
  if (lrm.relays?.has(relay) === false) throw refused('relay');
  const said = await readSigned(request, schema, bytesMax, bodySha256);
  if (said.clientId !== lrm.clientId) throw refused('clientId');
  const verdict = await within(hubAt(env, 0).useToken(token, crypto.randomUUID()), TOKEN_MS, () => {
    throw new HubFailure('hub-lost');
  });
  if (verdict === 'used') throw tokenUsed();
  if (verdict === 'full') throw new HubFailure('hub-overloaded');
  await refuseLost(env, 'appointments');
  return { relay, lrm, said };
}

function refused(detail: 'relay' | 'clientId'): GatewayError {
  return new GatewayError({
    reason: 'carrier-refused',
    text:
      detail === 'relay'
        ? 'Ce relais n’est pas de ceux qui portent les messages vers Hub Santé (LRM_RELAYS).'
        : 'L’identifiant de client de ce relais n’est pas celui de cet accès (LRM_CLIENT_ID).',
    detail,
  });
}
