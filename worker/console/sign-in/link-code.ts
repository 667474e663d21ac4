// A one-use link into the console: a token that the edge's own local issuer signed for ten minutes, for this audience and no
// other. No bearer token is one, and it is no bearer token.

import type { JWTPayload } from 'jose';
import * as v from 'valibot';
import { CLOCK_SKEW_MS } from '../../base/clock.ts';
import { CONSOLE_AUDIENCE } from '../../base/console-settings.ts';
import { gateOf } from '../../gate/gate-of.ts';
import { unauthorised, verify } from '../../http/auth.ts';
import type { RequestContext } from '../../http/http.ts';
import { type ConsoleUser, ROLES } from '../model/roles.ts';

/** A link lasts no longer. */
const LINK_S = 600;

const CLAIMS = v.pipe(
  v.object({
    iss: v.string(),
    aud: v.literal(CONSOLE_AUDIENCE),
    iat: v.number(),
    exp: v.number(),
    jti: v.pipe(v.string(), v.minLength(16), v.maxLength(100)),
    scope: v.optional(v.never()),
    console: v.strictObject({
      roles: v.pipe(v.array(v.picklist(ROLES)), v.minLength(1), v.maxLength(ROLES.length)),
      vendor: v.optional(v.pipe(v.string(), v.nonEmpty(), v.maxLength(64))),
    }),
  }),
  v.check(({ iat, exp }) => exp - iat <= LINK_S),
  // A vendor's user is one vendor's; nobody else is.
  v.check(({ console: { roles, vendor } }) => roles.includes('editeur') === (vendor !== undefined)),
);

/** What a link opens. */
export interface Link {
  readonly id: string;
  /** It is over then for any clock; milliseconds since 1970. */
  readonly untilMs: number;
  readonly user: ConsoleUser;
}

/** Not whether it was used. @throws GatewayError token-invalid, token-expired. */
export async function readLink(code: string, { config, env, waitUntil }: RequestContext): Promise<Link> {
  const keys = await config.callerKeys.current({ waitUntil, store: () => gateOf(env) });
  const payload: JWTPayload = await verify(code, keys, { issuer: config.issuer, audience: CONSOLE_AUDIENCE });
  const claims = v.safeParse(CLAIMS, payload);
  if (!claims.success) throw unauthorised('token-invalid', 'Ce lien n’est pas de ceux de la console.');
  const { iss, jti, exp, console: given } = claims.output;
  const roles = [...new Set(given.roles)];
  const subject = `local:${roles.join('+')}${given.vendor === undefined ? '' : `:${given.vendor}`}`;
  return {
    id: jti,
    untilMs: exp * 1_000 + 2 * CLOCK_SKEW_MS,
    user: { issuer: iss, subject, roles, territories: [], vendor: given.vendor },
  };
}
