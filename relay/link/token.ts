// The relay's token for one dial: short-lived, signed with its own key, never logged. shared/link/hub.ts.

import { type KeyObject, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { LINK_AUDIENCE, LINK_TOKEN_LIFETIME_S } from '../../shared/link/hub.ts';

export function signLinkToken(key: KeyObject, relayId: string, nowMs: number): Promise<string> {
  const nowS = Math.floor(nowMs / 1000);
  return new SignJWT()
    .setProtectedHeader({ alg: 'EdDSA', kid: relayId })
    .setIssuer(relayId)
    .setSubject(relayId)
    .setAudience(LINK_AUDIENCE)
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + LINK_TOKEN_LIFETIME_S)
    .setJti(randomUUID())
    .sign(key);
}
