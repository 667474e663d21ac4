// Each claim × each door that takes a token: callers, the SAS front, a relay's link, a relay's sender, a carrier of messages to
// LRMs. A door takes the token that is right in all, and none that is wrong in one.

import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { describe, expect, it, test } from 'vitest';
import { GatewayError } from '../../../shared/error.ts';
import { INBOUND_AUDIENCE, LINK_AUDIENCE } from '../../../shared/link/hub.ts';
import { HUB_SANTE_AUDIENCE } from '../../../shared/link/hub-sante.ts';
import { type Config, readConfig } from '../../../worker/base/config.ts';
import type { Env } from '../../../worker/base/env.ts';
import { FRONT_AUDIENCE, FRONT_ISSUER } from '../../../worker/base/front-settings.ts';
import { authenticate, authenticateFront, authorise, type Need } from '../../../worker/http/auth.ts';
import {
  authenticateCarrier,
  authenticateRelay,
  authenticateSender,
} from '../../../worker/http/relay-token.ts';

const makeKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;
const jwkOf = (key: KeyObject, kid: string): object => ({
  ...createPublicKey(key).export({ format: 'jwk' }),
  kid,
  alg: 'EdDSA',
});
const keys = { issuer: makeKey(), front: makeKey(), relay: makeKey(), other: makeKey(), stranger: makeKey() };
const config: Config = readConfig({
  AUTH_ISSUER: 'https://issuer.example',
  AUTH_AUDIENCE: 'passerelle',
  AUTH_JWKS: JSON.stringify({ keys: [jwkOf(keys.issuer, 'issuer')] }),
  RELAY_JWKS: JSON.stringify({ keys: [jwkOf(keys.relay, 'relay-a'), jwkOf(keys.other, 'relay-b')] }),
  FRONT_KEYS: JSON.stringify([{ ...keys.front.export({ format: 'jwk' }), kid: 'front' }]),
  EDGE_HOSTS: 'edge.example, edge.internal:8443',
} as unknown as Env);

const nowS = (): number => Math.floor(Date.now() / 1000);
const sha256 = createHash('sha256').update('{}').digest('base64url');
const ofRelay = (aud: string, method: string, target: string): JWTPayload => ({
  iss: 'relay-a',
  sub: 'relay-a',
  aud,
  edge: 'edge.example',
  method,
  target,
});

interface Door {
  readonly key: KeyObject;
  readonly kid: string;
  readonly method: string;
  readonly path: string;
  readonly claims: () => JWTPayload;
  readonly enter: (request: Request) => Promise<unknown>;
}

const PUT_PATH = '/fhir/Appointment?identifier=urn:oid:1.2%7Cx';
const doors: Readonly<Record<string, Door>> = {
  caller: {
    key: keys.issuer,
    kid: 'issuer',
    method: 'GET',
    path: '/fhir/Slot',
    claims: () => ({ iss: 'https://issuer.example', aud: 'passerelle', exp: nowS() + 60 }),
    enter: (request) =>
      authenticate(request, config, {
        waitUntil: () => undefined,
        store: () => {
          throw new Error('fixed keys need no store');
        },
      }),
  },
  front: {
    key: keys.front,
    kid: 'front',
    method: 'GET',
    path: '/aggregator/api-sas/v1/editors',
    claims: () => ({ iss: FRONT_ISSUER, aud: FRONT_AUDIENCE, exp: nowS() + 60 }),
    enter: (request) => authenticateFront(request, config),
  },
  link: {
    key: keys.relay,
    kid: 'relay-a',
    method: 'GET',
    path: '/link?hub=1',
    claims: () => ({
      ...ofRelay(LINK_AUDIENCE, 'GET', '/link?hub=1'),
      iat: nowS(),
      exp: nowS() + 120,
      jti: randomUUID(),
    }),
    enter: (request) => authenticateRelay(request, config),
  },
  sender: {
    key: keys.relay,
    kid: 'relay-a',
    method: 'PUT',
    path: PUT_PATH,
    claims: () => ({
      ...ofRelay(INBOUND_AUDIENCE, 'PUT', PUT_PATH),
      iat: nowS(),
      exp: nowS() + 120,
      jti: randomUUID(),
      editor: 'agenda-a',
      appointmentSystem: 'urn:oid:1.2',
      bodySha256: sha256,
    }),
    enter: (request) => authenticateSender(request, config),
  },
  carrier: {
    key: keys.relay,
    kid: 'relay-a',
    method: 'POST',
    path: '/hub-sante/lease',
    claims: () => ({
      ...ofRelay(HUB_SANTE_AUDIENCE, 'POST', '/hub-sante/lease'),
      iat: nowS(),
      exp: nowS() + 120,
      jti: randomUUID(),
      bodySha256: sha256,
    }),
    enter: (request) => authenticateCarrier(request, config),
  },
};
const OF_RELAYS: readonly string[] = ['link', 'sender', 'carrier'];

interface Made {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: { readonly alg?: string; readonly kid?: string | undefined };
  readonly key?: KeyObject | Uint8Array;
}

async function enter(door: Door, { claims = {}, header = {}, key = door.key }: Made = {}): Promise<string> {
  const all = { ...door.claims(), ...claims };
  const token = await new SignJWT(JSON.parse(JSON.stringify(all)) as JWTPayload)
    .setProtectedHeader({ alg: 'EdDSA', kid: door.kid, ...header } as JWTHeaderParameters)
    .sign(key);
  return enterWith(door, token);
}

async function enterWith(door: Door, token: string): Promise<string> {
  const headers = { Authorization: `Bearer ${token}` };
  try {
    await door.enter(new Request(`https://edge.example${door.path}`, { method: door.method, headers }));
    return 'in';
  } catch (cause) {
    return cause instanceof GatewayError ? cause.reason : String(cause);
  }
}

/** What is wrong, by door: of its claims, the value that a liar gives instead; undefined leaves it out. */
const LATE = nowS() - 3_600;
const anywhere: readonly (readonly [string, Made])[] = [
  ['aud left out', { claims: { aud: undefined } }],
  ['aud of another door', { claims: { aud: 'passerelle-else' } }],
  ['aud no text', { claims: { aud: 7 } }],
  ['iss left out', { claims: { iss: undefined } }],
  ['iss of somebody else', { claims: { iss: 'https://else.example' } }],
  ['iss no text', { claims: { iss: 7 } }],
  ['exp left out', { claims: { exp: undefined } }],
  ['exp a text', { claims: { exp: '9999999999' } }],
  ['not valid yet', { claims: { nbf: nowS() + 3_600 } }],
  ['a key unknown', { header: { kid: 'nobody' } }],
  ["a stranger's key under a known name", { key: keys.stranger }],
  ['HS256', { header: { alg: 'HS256' }, key: new TextEncoder().encode('s'.repeat(32)) }],
];
const ofRelays: readonly (readonly [string, Made])[] = [
  ['iss another relay than the key (kid)', { claims: { iss: 'relay-b', sub: 'relay-b' } }],
  ['kid another relay, whose key signed, than iss', { header: { kid: 'relay-b' }, key: keys.other }],
  ['sub left out', { claims: { sub: undefined } }],
  ['sub another relay', { claims: { sub: 'relay-b' } }],
  ['iat left out', { claims: { iat: undefined } }],
  ['iat a text', { claims: { iat: String(nowS()) } }],
  ['iat in the future', { claims: { iat: nowS() + 300, exp: nowS() + 400 } }],
  ['valid for longer than two minutes', { claims: { iat: nowS(), exp: nowS() + 122 } }],
  ['an end before its beginning', { claims: { iat: nowS() + 10, exp: nowS() + 5 } }],
  ['jti left out', { claims: { jti: undefined } }],
  ['jti no text', { claims: { jti: 7 } }],
  ['jti a number as long as one', { claims: { jti: 1_234_567_890_123_456 } }],
  ['nobody, in no name', { claims: { iss: undefined, sub: '' }, header: { kid: undefined } }],
  ['jti with what no key may hold', { claims: { jti: 'a/b c'.padEnd(20, 'x') } }],
  ['jti too short to be one of a kind', { claims: { jti: '1' } }],
  ['edge left out', { claims: { edge: undefined } }],
  ['edge another', { claims: { edge: 'else.example' } }],
  ['edge on another port', { claims: { edge: 'edge.example:8443' } }],
  ['edge no text', { claims: { edge: ['edge.example'] } }],
  ['method left out', { claims: { method: undefined } }],
  ['method another', { claims: { method: 'DELETE' } }],
  ['target left out', { claims: { target: undefined } }],
  ['target another query', { claims: { target: '/link' } }],
  ['target another path', { claims: { target: '/fhir/Appointment' } }],
];
const ofSenders: readonly (readonly [string, Made])[] = [
  ['editor left out', { claims: { editor: undefined } }],
  ['editor no id', { claims: { editor: '../x' } }],
  ['editor no text', { claims: { editor: ['agenda-a'] } }],
  ['appointmentSystem left out', { claims: { appointmentSystem: undefined } }],
  ['appointmentSystem empty', { claims: { appointmentSystem: '' } }],
  ['appointmentSystem no text', { claims: { appointmentSystem: {} } }],
  ['appointmentSystem without end', { claims: { appointmentSystem: 'x'.repeat(1_025) } }],
];
const ofBodies: readonly (readonly [string, Made])[] = [
  ['bodySha256 left out', { claims: { bodySha256: undefined } }],
  ['bodySha256 too short', { claims: { bodySha256: sha256.slice(1) } }],
  ['bodySha256 no text', { claims: { bodySha256: 0 } }],
];

const cases = (name: string): readonly (readonly [string, Made])[] => [
  ...anywhere,
  ...(OF_RELAYS.includes(name) ? ofRelays : []),
  ...(name === 'sender' ? ofSenders : []),
  ...(name === 'sender' || name === 'carrier' ? ofBodies : []),
];

describe.each(Object.entries(doors))('the door %s', (name, door) => {
  it('takes the token that is right in all', async () => {
    expect(await enter(door)).toBe('in');
  });

  it.each(cases(name))('refuses %s', async (_what, made) => {
    expect(await enter(door, made)).toBe('token-invalid');
  });

  it('says of one that is over that it has expired', async () => {
    expect(await enter(door, { claims: { iat: LATE, exp: LATE + 60 } })).toBe('token-expired');
  });

  it('refuses a token without signature (alg none)', async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const head = part({ alg: 'none', kid: door.kid });
    expect(await enterWith(door, `${head}.${part(door.claims())}.`)).toBe('token-invalid');
    expect(await enterWith(door, `${head}.${part(door.claims())}.AAAA`)).toBe('token-invalid');
  });

  it.each(Object.entries(doors).filter(([other]) => other !== name))(
    'refuses the right token of the door %s, and one of its own claims under that key',
    async (_other, { key, kid, claims }) => {
      const right = await new SignJWT(claims()).setProtectedHeader({ alg: 'EdDSA', kid }).sign(key);
      expect(await enterWith(door, right)).toBe('token-invalid');
      if (key !== door.key) expect(await enter(door, { key, header: { kid } })).toBe('token-invalid');
    },
  );

  it('takes each relay token at any address that the settings name', async () => {
    if (!OF_RELAYS.includes(name)) return;
    expect(await enter(door, { claims: { edge: 'edge.internal:8443' } })).toBe('in');
  });
});

describe('the address of an edge', () => {
  const { link } = doors as Record<'link', Door>;
  const at = async (settings: object, url: string, edge: string): Promise<string> => {
    const here = readConfig({
      AUTH_ISSUER: 'i',
      AUTH_AUDIENCE: 'a',
      AUTH_JWKS: '{"keys":[]}',
      RELAY_JWKS: JSON.stringify({ keys: [jwkOf(keys.relay, 'relay-a')] }),
      ...settings,
    } as unknown as Env);
    const door = {
      ...link,
      enter: ({ headers }: Request) =>
        authenticateRelay(
          new Request(url + link.path, { headers: { ...Object.fromEntries(headers) } }),
          here,
        ),
    };
    return enter(door, { claims: { edge } });
  };

  it.each([
    ["the request's own where no setting names any", {}, 'https://edge.example', 'edge.example', 'in'],
    ["not another's", {}, 'https://edge.example', 'else.example', 'token-invalid'],
    [
      'PUBLIC_URL, whatever the request calls it',
      { PUBLIC_URL: 'https://public.example/sas' },
      'http://inner:8787',
      'public.example',
      'in',
    ],
    [
      'not what the request says beside PUBLIC_URL',
      { PUBLIC_URL: 'https://public.example' },
      'https://else.example',
      'else.example',
      'token-invalid',
    ],
    [
      'the machine itself beside PUBLIC_URL',
      { PUBLIC_URL: 'https://public.example' },
      'http://127.0.0.1:8787',
      '127.0.0.1:8787',
      'in',
    ],
    [
      'not even the machine itself beside EDGE_HOSTS',
      { EDGE_HOSTS: 'edge.example' },
      'http://127.0.0.1:8787',
      '127.0.0.1:8787',
      'token-invalid',
    ],
  ])('is %s', async (_what, settings, url, edge, expected) => {
    expect(await at(settings, url, edge)).toBe(expected);
  });
});

describe('a scope', () => {
  const search: Need = { resource: 'Slot', permission: 's' };
  const may = (scope: string, need: Need = search): boolean => {
    try {
      authorise({ subject: '', scopes: new Set(scope.split(' ')) }, [need]);
      return true;
    } catch {
      return false;
    }
  };

  test.each([
    'system/Slot.s',
    'system/Slot.rs',
    'system/*.s',
    'system/Slot.*',
    'system/*.*',
    'x system/Slot.s',
  ])('%s lets search', (scope) => expect(may(scope)).toBe(true));

  test.each([
    'patient/system/Slot.s',
    'xsystem/Slot.s',
    'user/Slot.s',
    'system/Slot.sx',
    'system/Slot.s/more',
    'system/Slot.r',
    'system/Slots.s',
    'system/Slot.',
    'SYSTEM/Slot.s',
    'system/Slot.s?x=y',
    'admin',
    '',
  ])('%s does not', (scope) => expect(may(scope)).toBe(false));

  test.each(['system/*.*', 'administrator', 'xadmin', 'admin.s', ''])('%s is no operator', (scope) =>
    expect(may(scope, 'admin')).toBe(false),
  );
});
