// What a relay's token proves: which relay speaks, and that it means this very request to this edge. Whether the token was
// used before, the hub tells (worker/hub/link/used-tokens.ts). shared/link/hub.ts is the contract.

import type { JWTPayload } from 'jose';
import { isEditorId } from '../../shared/editor-id.ts';
import type { GatewayError } from '../../shared/error.ts';
import { INBOUND_AUDIENCE, LINK_AUDIENCE, RELAY_TOKEN_LIFETIME_S } from '../../shared/link/hub.ts';
import { HUB_SANTE_AUDIENCE, type HubSanteClaims } from '../../shared/link/hub-sante.ts';
import type { Config } from '../base/config.ts';
import { bearerOf, CLOCK_TOLERANCE_S, unauthorised, verify } from './auth.ts';

const JTI = /^[\w.-]{16,64}$/;
const SHA256 = /^[\w-]{43}$/;
const APPOINTMENT_SYSTEM_LENGTH_MAX = 1_024;

/** A token of which each is taken once. */
export interface OneTimeToken {
  readonly relay: string;
  readonly jti: string;
  /** Until when it would be taken, milliseconds since 1970. */
  readonly untilMs: number;
}

/** Who sends through a relay's mTLS port: the relay is proved by its signature, the vendor by the relay's word. */
export interface Sender {
  readonly token: OneTimeToken;
  readonly relay: string;
  /** The vendor's id. */
  readonly editor: string;
  /** The only system of this vendor's appointment identifiers, as the relay says; the hub knows which it is. */
  readonly appointmentSystem: string;
  /** Of the body that the relay sent, base64url. */
  readonly bodySha256: string;
}

/** A relay that carries messages of INT_L02: proved by its signature. */
export interface Carrier extends HubSanteClaims {
  readonly token: OneTimeToken;
  readonly relay: string;
}

/** The relay, proved by its signature. @throws GatewayError token-missing, token-invalid, token-expired, misconfigured. */
export async function authenticateRelay(request: Request, config: Config): Promise<OneTimeToken> {
  return (await readToken(request, config, LINK_AUDIENCE)).token;
}

/** @throws GatewayError like `authenticateRelay`. Whether the relay may write for that vendor, the hub tells. */
export async function authenticateSender(request: Request, config: Config): Promise<Sender> {
  const { token, payload } = await readToken(request, config, INBOUND_AUDIENCE);
  const { editor, appointmentSystem, bodySha256 } = payload;
  if (
    typeof editor !== 'string' ||
    !isEditorId(editor) ||
    typeof appointmentSystem !== 'string' ||
    appointmentSystem === '' ||
    appointmentSystem.length > APPOINTMENT_SYSTEM_LENGTH_MAX ||
    !isOf(SHA256, bodySha256)
  ) {
    throw unauthorised('token-invalid', 'Le jeton du relais ne dit pas qui envoie, ni quoi.');
  }
  return { token, relay: token.relay, editor, appointmentSystem, bodySha256 };
}

/** @throws GatewayError like `authenticateRelay`. Whether it may carry, and has not used the token, is another's word. */
export async function authenticateCarrier(request: Request, config: Config): Promise<Carrier> {
  const { token, payload } = await readToken(request, config, HUB_SANTE_AUDIENCE);
  const { bodySha256 } = payload;
  if (!isOf(SHA256, bodySha256)) {
    throw unauthorised('token-invalid', 'Le jeton du relais ne dit pas quel corps il signe.');
  }
  return { token, relay: token.relay, bodySha256 };
}

/** The token was used before. */
export function tokenUsed(): GatewayError {
  return unauthorised('token-invalid', 'Ce jeton a déjà servi.');
}

/** The body is not the one that the relay signed. */
export function bodyNotSigned(): GatewayError {
  return unauthorised('token-invalid', "Le corps n'est pas celui du jeton.");
}

async function readToken(
  request: Request,
  config: Config,
  audience: string,
): Promise<{ readonly token: OneTimeToken; readonly payload: JWTPayload }> {
  const payload = await verify(bearerOf(request), config.relayKeys, { audience }, true);
  const { iss: relay = '', sub, jti, iat, exp = 0 } = payload;
  const nowS = Date.now() / 1000;
  const isTimely =
    typeof iat === 'number' &&
    iat <= nowS + CLOCK_TOLERANCE_S &&
    exp > iat &&
    exp - iat <= RELAY_TOKEN_LIFETIME_S;
  if (sub !== relay || !isTimely || !isOf(JTI, jti)) {
    throw unauthorised('token-invalid', 'Le jeton du relais vaut trop longtemps, ou plus d’une fois.');
  }
  const url = new URL(request.url);
  const { edge, method, target } = payload;
  if (typeof edge !== 'string' || !isOwnHost(edge, url, config)) {
    throw unauthorised('token-invalid', "Le jeton du relais n'est pas pour l'adresse de cet accès.");
  }
  if (method !== request.method || target !== url.pathname + url.search) {
    throw unauthorised('token-invalid', "Le jeton du relais n'est pas pour cette demande.");
  }
  return { token: { relay, jti, untilMs: (exp + CLOCK_TOLERANCE_S) * 1000 }, payload };
}

/**
 * A token that was given to another edge is worth nothing here. Where settings name this edge, what the request calls it
 * proves nothing: whoever sends it chooses the Host header.
 */
function isOwnHost(host: string, url: URL, { edgeHosts, publicUrl }: Config): boolean {
  if (edgeHosts.has(host)) return true;
  if (publicUrl !== undefined && new URL(publicUrl).host === host) return true;
  if (host !== url.host || edgeHosts.size > 0) return false;
  return publicUrl === undefined || LOOPBACK.test(url.hostname);
}

/** A relay on the edge's own machine does not dial its public address. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

function isOf(form: RegExp, value: unknown): value is string {
  return typeof value === 'string' && form.test(value);
}
