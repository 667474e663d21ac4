// Sign-in of the published SAS front and what every one of its calls shares: tokens, refusals, headers, doors.
// docs/guide.md G-901, G-902, § 10 (AC-01 to AC-04), G-935.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localSettings, makeFrontKey, signToken } from '../../../sandbox/platform/local/state.ts';
import type { FrontKey } from '../../../worker/base/front-settings.ts';
import { hashSecret } from '../../../worker/front/sign-in/secret-hash.ts';
import { FRONT_TOKEN_LIFETIME_S, signFrontToken } from '../../../worker/front/sign-in/token.ts';
import { FRONT_USER, FrontCaller, jsonOf } from '../../support/doubles/front-caller.ts';
import { System } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System;
let front: FrontCaller;
let keys: FrontKey[];

const basic = (text: string): Record<string, string> => ({
  Authorization: `Basic ${Buffer.from(text).toString('base64')}`,
});
const settings = async (given: Record<string, string>): Promise<void> => {
  await system.edge.configure({ ...(await localSettings(system.state)), ...given });
};

beforeAll(async () => {
  system = await System.start({ vendors: [], relay: false });
  front = new FrontCaller(() => system.url);
  keys = JSON.parse(await readFile(join(system.state.dir, 'front-keys.json'), 'utf8')) as FrontKey[];
});
afterAll(() => system?.stop());

describe('login_check', () => {
  it('AC-01 gives a token for the right pair, with or without Basic', async () => {
    for (const headers of [{}, basic('read:secret'), basic('whatever:it-is'), { Authorization: 'Basic' }]) {
      const reply = await front.signIn(FRONT_USER, headers);
      expect(reply.status).toBe(200);
      expect(jsonOf<{ token: string }>(reply).token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    }
  });

  it.each([
    [{ username: 'read', password: 'Secret' }],
    [{ username: 'read', password: '' }],
    [{ username: 'nobody', password: 'secret' }],
    [{ username: '__proto__', password: 'secret' }],
  ])('AC-01 refuses the wrong pair %j with code and message', async (pair) => {
    const reply = await front.signIn(pair);
    expect(reply.status).toBe(401);
    expect(jsonOf(reply)).toEqual({ code: 401, message: 'Nom ou mot de passe incorrect.' });
  });

  it.each([['{'], ['[]'], ['null'], ['{"username":"read"}'], ['{"username":"read","password":7}']])(
    'refuses the body %s',
    async (body) => {
      const reply = await front.signIn(body);
      expect(reply.status).toBe(400);
      expect(jsonOf(reply)).toMatchObject({ code: 400, message: expect.any(String) as string });
    },
  );

  it('AC-02 gives a token that lives 65 minutes and fits a cookie', async () => {
    const token = await front.token();
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      number
    >;
    expect(FRONT_TOKEN_LIFETIME_S).toBe(3_900);
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(FRONT_TOKEN_LIFETIME_S);
    expect(encodeURIComponent(token).length).toBeLessThan(3_900);
    expect(token.startsWith('{')).toBe(false);
  });
});

const call = (authorization: string | undefined, path = '/v1/editors?group=id-name&is_active=1') =>
  front.plain(path, {
    headers: {
      'Content-Type': 'application/json',
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    },
  });

describe('a token', () => {
  it('AC-02 works under bearer, Bearer and BEARER', async () => {
    const token = await front.token();
    for (const word of ['bearer', 'Bearer', 'BEARER']) {
      expect((await call(`${word} ${token}`)).status).toBe(200);
    }
  });

  it('AC-02 works at 3299 s, and no longer than it says', async () => {
    const [key] = keys;
    const agedBy = (seconds: number) => signFrontToken(key!, 'read', Date.now() - seconds * 1000);
    expect((await call(`bearer ${await agedBy(3_299)}`)).status).toBe(200);
    expect((await call(`bearer ${await agedBy(FRONT_TOKEN_LIFETIME_S + 60)}`)).status).toBe(401);
  });

  it.each(['bearer null', 'Bearer ', 'Bearer', 'bearer undefined', 'bearer {}', 'Basic cmVhZDpzZWNyZXQ='])(
    'AC-02 is not "%s": 401 with code and message',
    async (authorization) => {
      const reply = await call(authorization);
      expect(reply.status).toBe(401);
      expect(jsonOf(reply)).toEqual({ code: 401, message: expect.any(String) as string });
    },
  );

  it('AC-02 is needed: none gives 401', async () => {
    expect((await call(undefined)).status).toBe(401);
  });

  it('of another issuer, or of the FHIR face, opens nothing here; nor does ours there', async () => {
    expect((await call(`Bearer ${await signToken(system.state, 'admin system/Slot.s')}`)).status).toBe(401);
    const other = { ...keys[0]!, ...(await newKey()) };
    expect((await call(`Bearer ${await signFrontToken(other, 'read', Date.now())}`)).status).toBe(401);
    const fhir = await fetch(`${system.url}/fhir/Slot`, {
      headers: { Authorization: `Bearer ${await front.token()}` },
    });
    expect(fhir.status).toBe(401);
    await fhir.body?.cancel();
  });
});

async function newKey(): Promise<FrontKey> {
  return (await makeFrontKey()) as unknown as FrontKey;
}

/** Calls that work on this system, with a body where one is read. */
const CALLS: readonly [method: string, path: string, body?: unknown][] = [
  ['GET', '/v1/editors?group=id-name&is_active=1'],
  ['GET', '/v1/practitioners/national-id/899900000017'],
  ['GET', '/v1/practitioner/899900000017/exist'],
  [
    'GET',
    '/v1/index/pro-id-by-date-range?start=2026-11-23T09%3A15%3A00%2B01%3A00&end=2026-11-23T09%3A20%3A00%2B01%3A00',
  ],
  ['GET', '/v1/samulrms?group=get&is_active=1'],
  ['GET', '/aggregator/marketplace/api/v1/editors?enabled=1&format=marketplace_short_description'],
  ['PUT', '/v1/practitioner-editors/899900000017/bulk', { editorIds: [] }],
  ['POST', '/v1/login_check', FRONT_USER],
  ['POST', '/v1/PractitionerSlots', [{ 810001: { rpps: '99900000017' } }]],
  ['POST', '/v1/dashboard/getSlots', { practitionerCards: [{ nid: '1', rpps: '99900000017' }] }],
];

it.each(CALLS)(
  'AC-03 AC-04 %s %s is served as the server asks: JSON, no redirect, never 204',
  async (method, path, body) => {
    const reply = await front.asServer(path, { method, body });
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toMatch(/^application\/json/);
    expect(reply.text).not.toBe('');
    expect(reply.headers.location).toBeUndefined();
    // The edge sets no cookie at the front's own origin.
    expect(reply.headers['set-cookie']).toBeUndefined();
  },
);

it.each([
  ['GET', '/v1/nothing', 404],
  ['GET', '/aggregator/elsewhere', 404],
  ['DELETE', '/v1/editors', 405],
  ['GET', '/v1/login_check', 405],
])('%s %s is refused with %i in the shape that the front reads', async (method, path, status) => {
  const reply = await front.asServer(path, { method });
  expect(reply.status).toBe(status);
  expect(jsonOf(reply)).toEqual({ code: status, message: expect.any(String) as string });
});

describe('settings', () => {
  it('refuses whoever tries too often, but not whoever is known to be right', async () => {
    await settings({});
    expect((await front.signIn()).status).toBe(200);
    const statuses: number[] = [];
    for (let i = 0; i < 30; i += 1) {
      statuses.push((await front.signIn({ username: 'read', password: `guess ${i}` })).status);
    }
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect((await front.signIn()).status).toBe(200);
  });

  it('knows a hashed secret, and a Basic pair where one is set', async () => {
    const hashed = await hashSecret('a long secret, with: colon');
    await settings({
      FRONT_USERS: JSON.stringify({ read: hashed }),
      FRONT_BASIC: `gate:${await hashSecret('open:sesame')}`,
    });
    const user = { username: 'read', password: 'a long secret, with: colon' };
    expect((await front.signIn(user, basic('gate:open:sesame'))).status).toBe(200);
    expect(
      (await front.signIn({ username: 'read', password: hashed }, basic('gate:open:sesame'))).status,
    ).toBe(401);
    for (const headers of [
      {},
      basic('gate:shut'),
      basic('read:open:sesame'),
      { Authorization: 'Basic ***' },
    ]) {
      const reply = await front.signIn(user, headers);
      expect([reply.status, jsonOf(reply)]).toMatchObject([401, { code: 401 }]);
    }
  });

  it('keeps given tokens valid when a new key signs', async () => {
    await settings({});
    const before = await front.token();
    const next = await newKey();
    await settings({ FRONT_KEYS: JSON.stringify([next, ...keys]) });
    expect((await call(`bearer ${before}`)).status).toBe(200);
    const after = await front.token();
    expect(JSON.parse(Buffer.from(after.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({
      kid: next.kid,
    });
    expect((await call(`bearer ${after}`)).status).toBe(200);
    await settings({ FRONT_KEYS: JSON.stringify([next]) });
    expect((await call(`bearer ${before}`)).status).toBe(401);
  });

  it('a user of the setting signs in without D1, any other hears that nobody can tell', async () => {
    const run = async (sql: string) => (await system.edge.database()).prepare(sql).run();
    await run('ALTER TABLE front_users RENAME TO away');
    await settings({});
    expect((await front.signIn()).status).toBe(200);
    const other = await front.signIn({ username: 'front-2', password: 'secret' });
    expect([other.status, jsonOf(other)]).toMatchObject([503, { code: 503 }]);
    expect(other.text).not.toContain('front_users');
    await run('ALTER TABLE away RENAME TO front_users');
    expect((await front.signIn({ username: 'front-2', password: 'secret' })).status).toBe(401);
  });

  it('two keys under one kid are refused as settings, not as tokens', async () => {
    await settings({ FRONT_KEYS: JSON.stringify([keys[0], { ...(await newKey()), kid: keys[0]?.kid }]) });
    const reply = await front.signIn();
    expect([reply.status, jsonOf(reply)]).toMatchObject([503, { code: 503 }]);
    await until('it is logged', () =>
      system.edgeLog.some((line) => line.includes('FRONT_KEYS has one kid twice')),
    );
  });

  it('without keys nobody signs in, and the rest of the edge works', async () => {
    await settings({ FRONT_KEYS: '[]' });
    const reply = await front.signIn();
    expect([reply.status, jsonOf(reply)]).toMatchObject([503, { code: 503 }]);
    expect((await fetch(`${system.url}/healthz`)).status).toBe(200);
  });

  it('has two doors: the calls of the server are not served to browsers', async () => {
    const door = (host: string, path: string, token: string, method = 'GET', body?: unknown) =>
      front.plain(path, {
        method,
        body,
        headers: { Host: host, 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      });
    for (const given of [
      { FRONT_BROWSER_HOSTS: 'front.example', EDGE_HOSTS: 'server.example' },
      { FRONT_SERVER_HOSTS: 'server.example 127.0.0.1', EDGE_HOSTS: 'front.example' },
      { FRONT_BROWSER_HOSTS: 'front.example', FRONT_SERVER_HOSTS: 'SERVER.example,127.0.0.1' },
    ]) {
      await settings(given);
      const token = await front.token();
      const server: [string, string, unknown?][] = [
        ['POST', '/v1/login_check', FRONT_USER],
        ['GET', '/v1/practitioner/123456789/exist'],
        ['PUT', '/v1/regulators', {}],
        ['PUT', '/v1/regulators/login', {}],
        ['GET', '/v1/index/pro-id-by-date-range?start=2026-11-23&end=2026-11-23'],
        ['GET', '/v1/samulrms'],
      ];
      for (const [method, path, body] of server) {
        const refused = await door('front.example', path, token, method, body);
        expect([path, refused.status, jsonOf(refused)]).toMatchObject([path, 404, { code: 404 }]);
        expect([path, (await door('server.example', path, token, method, body)).status]).not.toContain(404);
      }
      expect((await door('front.example', '/v1/editors', token)).status).toBe(200);
    }
  });
});
