// Who is calling: bearer JWT of SAS and operators with SMART system scopes, and those that the edge itself gives to the SAS
// front. What every token has in common; relay-token.ts has the relays'.

import {
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose';
import { GatewayError, type Reason } from '../../shared/error.ts';
import type { Config } from '../base/config.ts';
import { FRONT_AUDIENCE, FRONT_ISSUER } from '../base/front-settings.ts';
import { issuerUnavailable, type KeyReading } from '../base/issuer-keys.ts';
import { knownToken, rememberToken } from './known-tokens.ts';

const ALGORITHMS = ['EdDSA', 'ES256', 'ES384', 'PS256', 'RS256'];
/** How far two clocks may differ. */
export const CLOCK_TOLERANCE_S = 30;

/** Who holds a verified token. `subject`: its `sub`, empty without one. */
export interface Caller {
  readonly subject: string;
  readonly scopes: ReadonlySet<string>;
}

/** What a route needs: `admin`, `metrics` (figures, and nothing else), or a letter of SMART's `cruds` on a resource type. */
export type Need =
  | 'admin'
  | 'metrics'
  | { readonly resource: string; readonly permission: 'c' | 'r' | 'u' | 'd' | 's' };

/** @throws GatewayError token-missing, token-invalid, token-expired, issuer-unavailable, misconfigured. */
export async function authenticate(request: Request, config: Config, reading: KeyReading): Promise<Caller> {
  const token = bearerOf(request);
  const { callerKeys, issuer, audience } = config;
  const expected = { issuer, audience };
  const keys = await callerKeys.current(reading);
  const payload = await verifyOnce(token, keys, expected).catch(async (cause: unknown) => {
    if (!mayHaveNewKey(cause)) throw cause;
    const newer = await callerKeys.newerThan(keys, reading);
    if (newer === 'away' && cause.cause instanceof errors.JWKSNoMatchingKey) throw issuerUnavailable();
    if (typeof newer === 'string') throw cause;
    return verifyOnce(token, newer, expected);
  });
  const scope = typeof payload.scope === 'string' ? payload.scope : '';
  return { subject: payload.sub ?? '', scopes: new Set(scope.split(' ').filter((item) => item !== '')) };
}

/** A key that is not in the set, or another one under its name: the issuer may have given it since. */
function mayHaveNewKey(error: unknown): error is GatewayError {
  const cause = error instanceof GatewayError ? error.cause : undefined;
  return cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWSSignatureVerificationFailed;
}

/** @throws GatewayError scope-missing. */
export function authorise(caller: Caller, needs: readonly Need[]): void {
  if (needs.some((need) => isGranted(caller.scopes, need))) return;
  const wanted = needs.map((need) =>
    typeof need === 'string' ? need : `system/${need.resource}.${need.permission}`,
  );
  throw new GatewayError({
    reason: 'scope-missing',
    text: `Le jeton ne porte pas le droit nécessaire : ${wanted.join(' ou ')}.`,
    headers: { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${wanted.join(' ')}"` },
  });
}

function isGranted(scopes: ReadonlySet<string>, need: Need): boolean {
  if (typeof need === 'string') return scopes.has(need);
  for (const scope of scopes) {
    const match = /^system\/(\w+|\*)\.([cruds]+|\*)$/.exec(scope);
    if (match === null) continue;
    const [, resource, permissions] = match;
    if (resource !== '*' && resource !== need.resource) continue;
    if (permissions === '*' || permissions?.includes(need.permission)) return true;
  }
  return false;
}

/** A user of the front's face, under a token of login_check. @throws GatewayError like `authenticate`. */
export async function authenticateFront(request: Request, config: Config): Promise<Caller> {
  const expected = { issuer: FRONT_ISSUER, audience: FRONT_AUDIENCE };
  const { sub } = await verifyOnce(bearerOf(request), config.front.tokenKeys, expected);
  return { subject: sub ?? '', scopes: new Set() };
}

/** @throws GatewayError token-missing, token-invalid */
export function bearerOf(request: Request): string {
  const header = request.headers.get('Authorization') ?? '';
  const match = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header.trim());
  if (match?.[1] !== undefined) return match[1];
  throw unauthorised(
    header === '' ? 'token-missing' : 'token-invalid',
    header === '' ? 'Un jeton est nécessaire (Authorization: Bearer …).' : 'Le jeton est illisible.',
  );
}

/** A token that this isolate has just verified is taken at its word. Each set of keys has one use: `expected` is its. */
async function verifyOnce(
  token: string,
  keys: JWTVerifyGetKey,
  expected: { readonly issuer: string; readonly audience: string },
): Promise<JWTPayload> {
  const known = knownToken(keys, token, Date.now());
  if (known !== undefined) return known;
  const payload = await verify(token, keys, expected);
  rememberToken(keys, token, payload, Date.now());
  return payload;
}

/** What a token says, signed by one of `keys`. `isRelay`: by the key of its issuer. @throws GatewayError like `authenticate`. */
export async function verify(
  token: string,
  keys: JWTVerifyGetKey,
  expected: { readonly issuer?: string; readonly audience: string },
  isRelay = false,
): Promise<JWTPayload> {
  try {
    const { payload, protectedHeader } = await verifyWithAny(token, keys, {
      ...expected,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_S,
      requiredClaims: ['exp'],
    });
    // A relay speaks for itself only: the key that signed is the key of the id it claims.
    if (isRelay && (payload.iss === undefined || payload.iss !== protectedHeader.kid)) {
      throw new errors.JWTInvalid('kid and iss differ');
    }
    return payload;
  } catch (cause) {
    if (cause instanceof errors.JWTExpired) throw unauthorised('token-expired', 'Le jeton a expiré.', cause);
    // A key that does not import says nothing about the token.
    if (!(cause instanceof errors.JOSEError) || cause instanceof errors.JWKSInvalid) {
      throw new GatewayError({
        reason: 'misconfigured',
        text: 'La clé qui a signé ce jeton ne peut être lue.',
        cause,
      });
    }
    throw unauthorised('token-invalid', "Le jeton n'est pas valable pour ce service.", cause);
  }
}

/** A key may be renewed under its name: of several that fit, the one that signed is the one. */
async function verifyWithAny(
  token: string,
  keys: JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, keys, options);
  } catch (cause) {
    if (!(cause instanceof errors.JWKSMultipleMatchingKeys)) throw cause;
    for await (const key of cause) {
      try {
        return await jwtVerify(token, key, options);
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** A refusal of a token. */
export function unauthorised(reason: Reason, text: string, cause?: unknown): GatewayError {
  const error = reason === 'token-missing' ? '' : ' error="invalid_token"';
  return new GatewayError({ reason, text, cause, headers: { 'WWW-Authenticate': `Bearer${error}` } });
}
