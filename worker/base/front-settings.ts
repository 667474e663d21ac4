// The settings of the SAS front's face, part of the one schema in worker/base/config.ts. All may be absent: then nobody
// signs in here (login_check answers 503). docs/front.md.

import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import * as v from 'valibot';
import { hostNames } from './host-names.ts';
import { jsonSetting } from './json-setting.ts';

/** `iss` and `aud` of the tokens that login_check gives (worker/front/sign-in/token.ts). */
export const FRONT_ISSUER = 'urn:x-passerelle:front';
/** `aud` of these tokens. */
export const FRONT_AUDIENCE = 'urn:x-passerelle:front';

/** A private Ed25519 key as a JWK (RFC 8037). */
export interface FrontKey {
  readonly kid: string;
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  /** The private part. */
  readonly d: string;
}

/** The settings of the front's face. */
export interface FrontSettings {
  /** Signs new tokens; undefined when no key is set. */
  readonly signingKey: FrontKey | undefined;
  /** Of all keys: a token outlives the key that signed it by no more than its lifetime. */
  readonly tokenKeys: JWTVerifyGetKey;
  /** Name → secret, plain or hashed (secret-hash.ts). They sign in also when D1 is down. */
  readonly users: ReadonlyMap<string, string>;
  /** `user:password`, plain or hashed, that login_check asks for besides; undefined: none. */
  readonly basic: string | undefined;
  /** SAMU whose dispatch software may open the front's search, besides the operator's rows in D1. */
  readonly samuLrms: readonly string[];
}

const base64url = v.pipe(v.string(), v.regex(/^[\w-]{43}$/, 'is no Ed25519 key'));
const key = v.object({
  kid: v.pipe(v.string(), v.nonEmpty()),
  kty: v.literal('OKP'),
  crv: v.literal('Ed25519'),
  x: base64url,
  d: base64url,
});
const secret = v.pipe(v.string(), v.nonEmpty('is empty'));

/** The front's part of the schema. */
export const frontEntries = {
  FRONT_KEYS: v.optional(
    v.pipe(
      jsonSetting,
      v.array(key, 'is not a list of private Ed25519 JWKs'),
      // Which of two keys is meant could not be told: every token would be refused.
      v.check((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length, 'has one kid twice'),
    ),
    '[]',
  ),
  FRONT_USERS: v.optional(
    v.pipe(jsonSetting, v.record(v.string(), secret, 'is not {"name":"secret"}')),
    '{}',
  ),
  FRONT_BASIC: v.optional(v.pipe(v.string(), v.includes(':', 'is not user:password'))),
  FRONT_BROWSER_HOSTS: hostNames,
  FRONT_SERVER_HOSTS: hostNames,
  FRONT_SAMULRMS: v.optional(v.pipe(jsonSetting, v.array(v.string(), 'is not a list of names')), '[]'),
};
const schema = v.object(frontEntries);

/** From what the schema gave. */
export function frontSettings(settings: v.InferOutput<typeof schema>): FrontSettings {
  const { FRONT_KEYS: keys, FRONT_USERS: users } = settings;
  const publicKeys = keys.map(({ kid, kty, crv, x }) => ({ kid, kty, crv, x, alg: 'EdDSA', use: 'sig' }));
  return Object.freeze({
    signingKey: keys[0],
    tokenKeys: createLocalJWKSet({ keys: publicKeys } satisfies JSONWebKeySet),
    users: new Map(Object.entries(users)),
    basic: settings.FRONT_BASIC,
    samuLrms: settings.FRONT_SAMULRMS,
  });
}
