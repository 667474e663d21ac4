// The relay signs a token with its own key for each request to the edge: good for that request and that edge, once, and for
// a short time. Nobody logs it. shared/link/hub.ts.

import { type KeyObject, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { RELAY_TOKEN_LIFETIME_S, type RequestClaims, type SenderClaims } from '../../shared/link/hub.ts';
import type { HubSanteClaims } from '../../shared/link/hub-sante.ts';

/** A relay that signs, and the edge that its tokens are for. */
export interface Signer {
  readonly key: KeyObject;
  readonly relayId: string;
  /** As the relay's file names it. */
  readonly edgeUrl: string;
}

/** The request that the token is for. */
export interface SignedRequest extends Omit<RequestClaims, 'edge'> {
  readonly audience: string;
  readonly more?: SenderClaims | HubSanteClaims;
}

/** Signs a token that is good from now on. `nowMs`: milliseconds since 1970. */
export function signRelayToken(
  { key, relayId, edgeUrl }: Signer,
  { audience, method, target, more }: SignedRequest,
  nowMs: number,
): Promise<string> {
  const nowS = Math.floor(nowMs / 1000);
  const claims = { edge: new URL(edgeUrl).host, method, target } satisfies RequestClaims;
  return new SignJWT({ ...claims, ...more })
    .setProtectedHeader({ alg: 'EdDSA', kid: relayId })
    .setIssuer(relayId)
    .setSubject(relayId)
    .setAudience(audience)
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + RELAY_TOKEN_LIFETIME_S)
    .setJti(randomUUID())
    .sign(key);
}
