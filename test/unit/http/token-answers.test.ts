// What the edge makes of a token once it has looked at it: who calls and with which rights, what a refusal tells its caller, and
// which key counts when a name has several, when it has none that can be read, and when the issuer has given a new one since.

import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, type JWTVerifyGetKey, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../shared/error.ts';
import { type Config, readConfig } from '../../../worker/base/config.ts';
import type { Env } from '../../../worker/base/env.ts';
import { FRONT_AUDIENCE, FRONT_ISSUER } from '../../../worker/base/front-settings.ts';
import { fixedKeys, type IssuerKeys } from '../../../worker/base/issuer-keys.ts';
import {
  authenticate,
  authenticateFront,
  authorise,
  bearerOf,
  type Caller,
  type Need,
} from '../../../worker/http/auth.ts';
import {
  authenticateCarrier,
  authenticateRelay,
  authenticateSender,
  bodyNotSigned,
  tokenUsed,
} from '../../../worker/http/relay-token.ts';

const makeKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;
const [known, newer, front, relay] = [makeKey(), makeKey(), makeKey(), makeKey()];
const jwk = (key: KeyObject, kid: string, more: object = {}): object => ({
  ...createPublicKey(key).export({ format: 'jwk' }),
  kid,
  ...more,
});
const jwks = (...keys: readonly object[]): JSONWebKeySet => ({ keys }) as JSONWebKeySet;
const nowS = (): number => Math.floor(Date.now() / 1_000);

const base: Config = readConfig({
  AUTH_ISSUER: 'https://issuer.example',
  AUTH_AUDIENCE: 'passerelle',
  AUTH_JWKS: JSON.stringify(jwks(jwk(known, 'one'))),
  RELAY_JWKS: JSON.stringify(jwks(jwk(relay, 'relay-a'))),
  FRONT_KEYS: JSON.stringify([{ ...front.export({ format: 'jwk' }), kid: 'front' }]),
} as unknown as Env);
const reading = {
  waitUntil: () => undefined,
  store: () => {
    throw new Error('no store is needed');
  },
};

const CALLER = { iss: 'https://issuer.example', aud: 'passerelle' };
function sign(key: KeyObject, claims: JWTPayload, kid: string, alg = 'EdDSA'): Promise<string> {
  return new SignJWT({ exp: nowS() + 60, ...claims }).setProtectedHeader({ alg, kid }).sign(key);
}

const bearing = (token: string, url = 'https://edge.example/fhir/Slot', method = 'GET'): Request =>
  new Request(url, { method, headers: { Authorization: `Bearer ${token}` } });

async function callerOf(
  claims: JWTPayload,
  keys: IssuerKeys = base.callerKeys,
  key = known,
): Promise<Caller> {
  const token = await sign(key, { ...CALLER, ...claims }, 'one');
  return authenticate(bearing(token), { ...base, callerKeys: keys }, reading);
}

async function refusalOf(work: () => unknown): Promise<GatewayError> {
  try {
    await work();
  } catch (cause) {
    if (cause instanceof GatewayError) return cause;
    throw cause;
  }
  throw new Error('it was let in');
}

describe('who calls', () => {
  it.each<[string, JWTPayload, Caller]>([
    ['subject and scopes', { sub: 'sas', scope: 'a b' }, { subject: 'sas', scopes: new Set(['a', 'b']) }],
    [
      'scopes between many blanks',
      { sub: 's', scope: '  a   b ' },
      { subject: 's', scopes: new Set(['a', 'b']) },
    ],
    ['neither', {}, { subject: '', scopes: new Set() }],
    ['an empty scope', { sub: 's', scope: '' }, { subject: 's', scopes: new Set() }],
    ['a scope that is a list', { sub: 's', scope: ['admin'] }, { subject: 's', scopes: new Set() }],
  ])('%s', async (_what, claims, expected) => {
    expect(await callerOf(claims)).toEqual(expected);
  });

  it('is on the front a subject without rights', async () => {
    const as = async (claims: JWTPayload): Promise<Caller> => {
      const all = { iss: FRONT_ISSUER, aud: FRONT_AUDIENCE, ...claims };
      return authenticateFront(bearing(await sign(front, all, 'front')), base);
    };
    expect(await as({ sub: 'read' })).toEqual({ subject: 'read', scopes: new Set() });
    expect(await as({ scope: 'admin' })).toEqual({ subject: '', scopes: new Set() });
  });

  it('is taken at its word when shown again, within its time', async () => {
    const keys = countingKeys(jwks(jwk(known, 'one')));
    const token = await sign(known, { ...CALLER, sub: 's' }, 'one');
    const enter = (): Promise<Caller> => authenticate(bearing(token), { ...base, callerKeys: keys }, reading);
    expect(await enter()).toEqual(await enter());
    expect(keys.asked).toBe(1);
  });
});

/** A fixed set that counts how often a key is looked for in it. */
function countingKeys(set: JSONWebKeySet): IssuerKeys & { asked: number } {
  const find = createLocalJWKSet(set);
  const counting: IssuerKeys & { asked: number } = {
    asked: 0,
    current: async () => counted,
    newerThan: async () => 'same' as const,
  };
  const counted: JWTVerifyGetKey = (...about) => {
    counting.asked += 1;
    return find(...about);
  };
  return counting;
}

describe('which key counts', () => {
  /** An issuer whose set is `current`; `since`: what it has given since. */
  const issuer = (current: JSONWebKeySet, since: JSONWebKeySet | 'same' | 'away'): IssuerKeys => ({
    ...fixedKeys(current),
    newerThan: async () => (typeof since === 'string' ? since : createLocalJWKSet(since)),
  });
  const reasonOf = async (keys: IssuerKeys, key = known): Promise<string> =>
    (await refusalOf(() => callerOf({}, keys, key))).reason;

  it.each<[string, IssuerKeys, KeyObject]>([
    ['another key of the same name, first', fixedKeys(jwks(jwk(newer, 'one'), jwk(known, 'one'))), known],
    ['another key of the same name, last', fixedKeys(jwks(jwk(known, 'one'), jwk(newer, 'one'))), known],
    ['given since, under a new name', issuer(jwks(), jwks(jwk(newer, 'one'))), newer],
    ['given since, under the same name', issuer(jwks(jwk(known, 'one')), jwks(jwk(newer, 'one'))), newer],
  ])('takes the token of a key beside %s', async (_what, keys, key) => {
    expect(await callerOf({ sub: 's' }, keys, key)).toEqual({ subject: 's', scopes: new Set() });
  });

  it.each<[string, string, IssuerKeys, KeyObject]>([
    [
      'token-invalid',
      'of two keys of one name, neither',
      fixedKeys(jwks(jwk(newer, 'one'), jwk(front, 'one'))),
      known,
    ],
    ['token-invalid', 'none of that name, and no newer', issuer(jwks(), 'same'), known],
    ['issuer-unavailable', 'none of that name, and nobody can tell', issuer(jwks(), 'away'), known],
    [
      'token-invalid',
      'another of that name, and nobody can tell',
      issuer(jwks(jwk(newer, 'one')), 'away'),
      known,
    ],
    [
      'token-invalid',
      'none of that name, in the newer set either',
      issuer(jwks(), jwks(jwk(newer, 'two'))),
      newer,
    ],
    ['misconfigured', 'one that cannot be read', fixedKeys(jwks({ ...jwk(known, 'one'), x: 'AA' })), known],
  ])('says %s: %s', async (reason, _what, keys, key) => {
    expect(await reasonOf(keys, key)).toBe(reason);
  });

  it('says of a token that is over that it is, whichever of two keys of one name signed it', async () => {
    for (const keys of [
      fixedKeys(jwks(jwk(known, 'one'), jwk(newer, 'one'))),
      fixedKeys(jwks(jwk(newer, 'one'), jwk(known, 'one'))),
    ])
      expect((await refusalOf(() => callerOf({ exp: nowS() - 3_600 }, keys))).reason).toBe('token-expired');
  });

  it('asks the issuer for no newer key when the token is wrong in itself', async () => {
    const keys: IssuerKeys = {
      ...fixedKeys(jwks(jwk(known, 'one'))),
      newerThan: async () => {
        throw new Error('was asked');
      },
    };
    const refusal = await refusalOf(() => callerOf({ aud: 'else' }, keys));
    expect(refusal.reason).toBe('token-invalid');
  });

  it.each(['ES256', 'ES384', 'PS256', 'RS256'] as const)('takes %s', async (alg) => {
    const { privateKey } = alg.startsWith('ES')
      ? generateKeyPairSync('ec', { namedCurve: alg === 'ES256' ? 'P-256' : 'P-384' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
    const keys = fixedKeys(jwks(jwk(privateKey, 'one', { alg })));
    const token = await sign(privateKey, { ...CALLER, sub: 's' }, 'one', alg);
    const caller = await authenticate(bearing(token), { ...base, callerKeys: keys }, reading);
    expect(caller.subject).toBe('s');
  });
});

describe('a refusal tells its caller', () => {
  const search: Need = { resource: 'Slot', permission: 's' };

  it('which rights are needed, one of them enough', async () => {
    const caller = { subject: 's', scopes: new Set(['system/Slot.r']) };
    const refusal = await refusalOf(() => authorise(caller, [search, 'admin']));
    expect(refusal).toMatchObject({
      reason: 'scope-missing',
      text: expect.stringContaining('system/Slot.s ou admin') as string,
      headers: { 'WWW-Authenticate': 'Bearer error="insufficient_scope", scope="system/Slot.s admin"' },
    });
    for (const scope of ['admin', 'system/Slot.s']) {
      authorise({ subject: 's', scopes: new Set([scope]) }, [search, 'admin']);
    }
  });

  it('that admin is no right on resources, nor a right on all resources admin', async () => {
    const having = (scope: string): Caller => ({ subject: '', scopes: new Set([scope]) });
    expect((await refusalOf(() => authorise(having('admin'), [search]))).reason).toBe('scope-missing');
    expect((await refusalOf(() => authorise(having('system/*.*'), ['admin']))).reason).toBe('scope-missing');
  });

  it.each<[string | undefined, string, string]>([
    [undefined, 'token-missing', 'Bearer'],
    ['', 'token-missing', 'Bearer'],
    ['Basic eDp5', 'token-invalid', 'Bearer error="invalid_token"'],
    ['Bearer', 'token-invalid', 'Bearer error="invalid_token"'],
    ['Bearer a.b', 'token-invalid', 'Bearer error="invalid_token"'],
    ['x Bearer a.b.c', 'token-invalid', 'Bearer error="invalid_token"'],
    ['Bearer a.b.c d', 'token-invalid', 'Bearer error="invalid_token"'],
  ])('%j: %s', async (header, reason, authenticateHeader) => {
    const request = new Request('https://edge.example/', {
      headers: header === undefined ? {} : { Authorization: header },
    });
    const refusal = await refusalOf(() => bearerOf(request));
    expect(refusal).toMatchObject({ reason, headers: { 'WWW-Authenticate': authenticateHeader } });
    expect(refusal.text).toBe(
      reason === 'token-missing'
        ? 'Un jeton est nécessaire (Authorization: Bearer …).'
        : 'Le jeton est illisible.',
    );
  });

  it.each(['Bearer a.b.c', 'bearer a.b.c', 'Bearer   a.b.c'])('nothing when it reads %j', (header) => {
    expect(bearerOf(new Request('https://edge.example/', { headers: { Authorization: header } }))).toBe(
      'a.b.c',
    );
  });

  it.each([tokenUsed, bodyNotSigned])('that the token says otherwise', (refuse) => {
    expect(refuse()).toMatchObject({
      reason: 'token-invalid',
      headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
    });
  });
});

describe("a relay's token", () => {
  const TARGET = '/fhir/Appointment?identifier=x';
  const claimsOf = (over: JWTPayload = {}): JWTPayload => ({
    iss: 'relay-a',
    sub: 'relay-a',
    aud: 'passerelle-inbound',
    edge: 'localhost:8787',
    method: 'PUT',
    target: TARGET,
    iat: nowS(),
    exp: nowS() + 120,
    jti: 'x'.repeat(16),
    editor: 'agenda-a',
    appointmentSystem: 's',
    bodySha256: 'h'.repeat(43),
    ...over,
  });
  const enter = async (over: JWTPayload = {}, host = 'localhost:8787', config = base): Promise<unknown> =>
    authenticateSender(
      bearing(
        await sign(relay, claimsOf({ edge: host, ...over }), 'relay-a'),
        `https://${host}${TARGET}`,
        'PUT',
      ),
      config,
    );

  it('is read whole', async () => {
    const exp = nowS() + 120;
    expect(await enter({ exp, jti: 'j'.repeat(64) })).toEqual({
      token: { relay: 'relay-a', jti: 'j'.repeat(64), untilMs: (exp + 30) * 1_000 },
      relay: 'relay-a',
      editor: 'agenda-a',
      appointmentSystem: 's',
      bodySha256: 'h'.repeat(43),
    });
    const link = { aud: 'passerelle-link', method: 'GET', target: '/link', exp };
    const request = bearing(await sign(relay, claimsOf(link), 'relay-a'), 'https://localhost:8787/link');
    expect(await authenticateRelay(request, base)).toEqual({
      relay: 'relay-a',
      jti: 'x'.repeat(16),
      untilMs: (exp + 30) * 1_000,
    });
  });

  it('of a carrier is read whole', async () => {
    const exp = nowS() + 120;
    const claims = claimsOf({ aud: 'passerelle-hub-sante', method: 'POST', target: '/hub-sante/lease', exp });
    const request = bearing(
      await sign(relay, claims, 'relay-a'),
      'https://localhost:8787/hub-sante/lease',
      'POST',
    );
    expect(await authenticateCarrier(request, base)).toEqual({
      token: { relay: 'relay-a', jti: 'x'.repeat(16), untilMs: (exp + 30) * 1_000 },
      relay: 'relay-a',
      bodySha256: 'h'.repeat(43),
    });
  });

  it.each<[string, JWTPayload]>([
    ['the longest system', { appointmentSystem: 'x'.repeat(1_024) }],
    ['made 30 seconds ahead of us', { iat: nowS() + 28, exp: nowS() + 140 }],
  ])('is taken: %s', async (_what, over) => {
    expect(await enter(over)).toMatchObject({ relay: 'relay-a' });
  });

  it.each<[string, JWTPayload]>([
    ['a name one too long', { jti: 'j'.repeat(65) }],
    ['a name one too short', { jti: 'j'.repeat(15) }],
    ['a hash one too long', { bodySha256: 'h'.repeat(44) }],
    ['a hash after a blank', { bodySha256: ` ${'h'.repeat(43)}` }],
    ['an end that is its beginning', { iat: nowS() + 20, exp: nowS() + 20 }],
  ])('is refused: %s', async (_what, over) => {
    expect((await refusalOf(() => enter(over))).reason).toBe('token-invalid');
  });

  /** Beside PUBLIC_URL only an edge's own machine is taken at its word. */
  it.each([
    ['localhost', 'in'],
    ['127.0.0.1:8787', 'in'],
    ['127.10.20.130', 'in'],
    ['[::1]:8787', 'in'],
    ['localhost.example', 'token-invalid'],
    ['xlocalhost', 'token-invalid'],
    ['127.0.0.1.example', 'token-invalid'],
    ['edge.example', 'token-invalid'],
  ])('for %s beside PUBLIC_URL: %s', async (host, expected) => {
    const config = { ...base, publicUrl: 'https://public.example' };
    const said = await enter({}, host, config).then(
      () => 'in',
      (cause: unknown) => (cause instanceof GatewayError ? cause.reason : String(cause)),
    );
    expect(said).toBe(expected);
  });
});
