// The issuer's keys over a real issuer that dies, hangs, talks rubbish, empties its list and changes its keys. No token
// is ever called wrong for what the issuer does, and no key stays good for long once the issuer has taken it away.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Config } from '../../../worker/base/config.ts';
import { type KeyReading, type ReadKeys, RemoteKeys } from '../../../worker/base/issuer-keys.ts';
import { authenticate } from '../../../worker/http/auth.ts';

const [issuer, audience] = ['https://issuer.example', 'passerelle'];
const JSON_TYPE = { 'content-type': 'application/json' };
const OUTAGE_MS = 86_400_000;

interface Signer {
  readonly kid: string;
  readonly jwk: object;
  readonly token: string;
}

let answer: (response: ServerResponse) => void;
/** How often the issuer was asked. */
let asked = 0;
let nowMs = 0;
let isolate: RemoteKeys;
let stored: ReadKeys | undefined;
let behind: Promise<unknown>[] = [];
let first: Signer;
let second: Signer;
const server = createServer((_request, response) => {
  asked += 1;
  answer(response);
});
const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
const reading: KeyReading = {
  waitUntil: (work) => void behind.push(work),
  store: () => ({
    keepKeys: async (_url, keys) => {
      stored = keys;
    },
    keptKeys: async () => stored,
  }),
};

async function makeSigner(kid: string): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA');
  const token = await new SignJWT({ scope: 'system/Slot.s' })
    .setProtectedHeader({ alg: 'EdDSA', kid })
    .setIssuer(issuer ?? '')
    .setAudience(audience ?? '')
    .setSubject('sas')
    .setExpirationTime('5 minutes')
    .sign(privateKey);
  return { kid, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA' }, token };
}

beforeAll(async () => {
  [first, second] = await Promise.all([makeSigner('first'), makeSigner('second')]);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  [asked, nowMs, stored, behind] = [0, 1_795_000_000_000, undefined, []];
  isolate = new RemoteKeys(url(), OUTAGE_MS, () => nowMs);
  serve(first);
});

const say =
  (status: number, headers: Record<string, string>, body: string) =>
  (response: ServerResponse): void => {
    response.writeHead(status, headers).end(body);
  };
const serve = (...signers: readonly Signer[]): void => {
  answer = say(200, JSON_TYPE, JSON.stringify({ keys: signers.map(({ jwk }) => jwk) }));
};

/** Who the token is, or the reason of the refusal. */
async function ask(token: string, keys = isolate): Promise<string> {
  const config = { callerKeys: keys, issuer, audience } as unknown as Config;
  const request = new Request('https://edge.example/', { headers: { Authorization: `Bearer ${token}` } });
  return authenticate(request, config, reading).then(
    ({ subject }) => subject,
    (error: { readonly reason: string }) => error.reason,
  );
}
/** What goes on behind the requests ends. */
async function settle(): Promise<void> {
  while (behind.length > 0) await behind.shift();
}
async function askLater(ms: number, token: string): Promise<string> {
  nowMs += ms;
  const given = await ask(token);
  await settle();
  return given;
}

const TROUBLES: readonly [string, (response: ServerResponse) => void][] = [
  ['a page under 200', say(200, { 'content-type': 'text/html' }, '<!doctype html>')],
  ['nothing under 200', say(200, JSON_TYPE, '')],
  ['another JSON', say(200, JSON_TYPE, '{"status":"ok"}')],
  ['a list', say(200, JSON_TYPE, '[]')],
  ['null', say(200, JSON_TYPE, 'null')],
  ['no keys', say(200, JSON_TYPE, '{"keys":[]}')],
  ['keys that are none', say(200, JSON_TYPE, '{"keys":[null,"k",{"kty":"OKP","kid":"first"}]}')],
  [
    'keys for encryption',
    say(200, JSON_TYPE, '{"keys":[{"kty":"OKP","crv":"X25519","x":"AA","use":"enc"}]}'),
  ],
  ['a body past every bound', say(200, JSON_TYPE, `{"keys":[],"x":"${'x'.repeat(300_000)}"}`)],
  ['a redirect to a login page', say(302, { location: 'https://issuer.example/login' }, '')],
  ['no content', say(204, {}, '')],
  ['404', say(404, JSON_TYPE, '{}')],
  ['503', say(503, JSON_TYPE, '{}')],
  ['a connection that breaks', (response) => void response.destroy()],
];

test.each(TROUBLES)('%s: nobody knows yet whether a token is good', async (_name, trouble) => {
  answer = trouble;
  expect(await ask(first.token)).toBe('issuer-unavailable');
  // The issuer is not asked for every request of a storm.
  expect(await ask(first.token)).toBe('issuer-unavailable');
  expect(asked).toBe(1);
  serve(first);
  expect(await askLater(1_000, first.token)).toBe('sas');
});

test.each(TROUBLES)(
  '%s: what is known goes on, and an unknown key is no wrong one',
  async (_name, trouble) => {
    expect(await ask(first.token)).toBe('sas');
    answer = trouble;
    expect(await askLater(30_000, first.token)).toBe('sas');
    expect(asked).toBe(2);
    expect(await askLater(5_000, second.token)).toBe('issuer-unavailable');
    expect(asked).toBe(3);
    // The whole outage through, and not longer.
    expect(await askLater(OUTAGE_MS - 35_001, first.token)).toBe('sas');
    expect(await askLater(2_000, first.token)).toBe('issuer-unavailable');
  },
);

test('an issuer that hangs holds up the first request, and those alone that know nothing', async () => {
  expect(await ask(first.token)).toBe('sas');
  answer = () => undefined;
  nowMs += 30_000;
  // Behind: the answer does not wait.
  expect(await ask(first.token)).toBe('sas');
  expect(behind.length).toBeGreaterThan(0);
  await settle();
  const cold = new RemoteKeys(url(), OUTAGE_MS, () => nowMs);
  stored = undefined;
  expect(await ask(first.token, cold)).toBe('issuer-unavailable');
});

test('an isolate that begins in an outage has the keys that another one read', async () => {
  expect(await ask(first.token)).toBe('sas');
  await settle();
  answer = say(503, {}, '');
  const cold = (): RemoteKeys => new RemoteKeys(url(), OUTAGE_MS, () => nowMs);
  expect(await ask(first.token, cold())).toBe('sas');
  nowMs += OUTAGE_MS;
  expect(await ask(first.token, cold())).toBe('issuer-unavailable');
});

test('the issuer is asked twice a minute, behind the requests', async () => {
  for (let second = 0; second < 120; second += 1) expect(await askLater(1_000, first.token)).toBe('sas');
  expect(asked).toBe(4);
});

test.each([1, 10, 29, 30, 49, 50, 59])(
  'a key taken away %i s after it was read is refused within a minute',
  async (after) => {
    expect(await ask(first.token)).toBe('sas');
    nowMs += after * 1_000;
    serve(second);
    for (let second = 0; second < 59; second += 1) await askLater(1_000, first.token);
    expect(await askLater(1_000, first.token)).toBe('token-invalid');
    expect(await ask(second.token)).toBe('sas');
  },
);

test('a key taken away while nobody asked is refused at the first request', async () => {
  expect(await ask(first.token)).toBe('sas');
  serve(second);
  expect(await askLater(60_000, first.token)).toBe('token-invalid');
});

test('a new key is good at once, for all who come with it together', async () => {
  expect(await ask(first.token)).toBe('sas');
  serve(first, second);
  nowMs += 5_000;
  const given = await Promise.all(Array.from({ length: 20 }, () => ask(second.token)));
  expect(new Set(given)).toEqual(new Set(['sas']));
  expect(asked).toBe(2);
  expect(await ask(first.token)).toBe('sas');
});

test('a key renewed under its name is good as soon as the issuer has it', async () => {
  const renewed = await makeSigner('first');
  expect(await ask(first.token)).toBe('sas');
  serve(renewed);
  expect(await askLater(5_000, renewed.token)).toBe('sas');
  expect(await askLater(0, first.token)).toBe('token-invalid');
});

test('tokens of keys that nobody has cost the issuer one question each five seconds', async () => {
  expect(await ask(first.token)).toBe('sas');
  const forged = await Promise.all(['x', 'y', 'z', 'first'].map((kid) => makeSigner(kid)));
  for (let tenth = 0; tenth < 200; tenth += 1) {
    const given = await askLater(100, forged[tenth % forged.length]!.token);
    expect(given).toBe('token-invalid');
  }
  expect(asked).toBe(1 + 4);
});

test('an issuer that is away is asked each ten seconds, and heard again when it is back', async () => {
  expect(await ask(first.token)).toBe('sas');
  answer = say(503, {}, '');
  for (let second = 0; second < 100; second += 1) expect(await askLater(1_000, first.token)).toBe('sas');
  expect(asked).toBeLessThanOrEqual(1 + 8);
  serve(second);
  for (let second = 0; second < 10; second += 1) await askLater(1_000, first.token);
  expect(await ask(first.token)).toBe('token-invalid');
});
