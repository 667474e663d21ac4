// The tokens that login_check gives and every other call of the SAS front carries: JWT signed by the edge, lived a
// little longer than the front keeps them (3300 s in a cookie). docs/guide.md G-902.

import { importJWK, SignJWT } from 'jose';
import { FRONT_AUDIENCE, FRONT_ISSUER, type FrontKey } from '../../base/front-settings.ts';

/** Seconds. */
export const FRONT_TOKEN_LIFETIME_S = 3_900;

const imported = new WeakMap<FrontKey, ReturnType<typeof importJWK>>();

/** `subject`: the front user's name. About 300 characters: the front's cookie holds 3.9 kB. */
export async function signFrontToken(key: FrontKey, subject: string, nowMs: number): Promise<string> {
  const known = imported.get(key);
  const signing = known ?? importJWK({ ...key }, 'EdDSA');
  if (known === undefined) imported.set(key, signing);
  const nowS = Math.floor(nowMs / 1000);
  return new SignJWT()
    .setProtectedHeader({ alg: 'EdDSA', kid: key.kid })
    .setIssuer(FRONT_ISSUER)
    .setAudience(FRONT_AUDIENCE)
    .setSubject(subject)
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + FRONT_TOKEN_LIFETIME_S)
    .sign(await signing);
}
