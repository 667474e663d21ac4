// Whatever stands at AUTH_JWKS_URL instead of the issuer's keys says nothing about a caller's token: the Worker answers
// that it is not well (503), and never that the token is wrong (401).

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Config } from '../../worker/base/config.ts';
import { authenticate } from '../../worker/http/auth.ts';

const [issuer, audience] = ['https://issuer.example', 'passerelle'];
const JSON_TYPE = { 'content-type': 'application/json' };
let answer: (response: ServerResponse) => void;
let token: string;
let keys: string;
const server = createServer((_request, response) => answer(response));

beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA');
  keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'EdDSA' }] });
  token = await sign(privateKey);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const sign = (key: Parameters<SignJWT['sign']>[0]): Promise<string> =>
  new SignJWT({ scope: 'system/Slot.s' })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'k' })
    .setIssuer(issuer ?? '')
    .setAudience(audience ?? '')
    .setSubject('sas')
    .setExpirationTime('5 minutes')
    .sign(key);

function ask(bearer: string): Promise<unknown> {
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`);
  const config = { callerKeys: createRemoteJWKSet(url), issuer, audience } as unknown as Config;
  const headers = { Authorization: `Bearer ${bearer}` };
  return authenticate(new Request('https://edge.example/', { headers }), config);
}

const say =
  (status: number, headers: Record<string, string>, body: string) =>
  (response: ServerResponse): void => {
    response.writeHead(status, headers).end(body);
  };

test.each([
  ['a page under 200', say(200, { 'content-type': 'text/html' }, '<!doctype html>')],
  ['nothing under 200', say(200, JSON_TYPE, '')],
  ['another JSON', say(200, JSON_TYPE, '{"status":"ok"}')],
  ['a list', say(200, JSON_TYPE, '[]')],
  ['a redirect to a login page', say(302, { location: 'https://issuer.example/login' }, '')],
  ['no content', say(204, {}, '')],
  ['404', say(404, JSON_TYPE, '{}')],
  ['503', say(503, JSON_TYPE, '{}')],
  ['a connection that breaks', (response: ServerResponse) => void response.destroy()],
])('%s in place of the keys is the gateway’s trouble, not the token’s', async (_name, given) => {
  answer = given;
  await expect(ask(token)).rejects.toMatchObject({ reason: 'misconfigured' });
});

test('with the keys, the token counts, and one of another key is refused as such', async () => {
  answer = say(200, JSON_TYPE, keys);
  await expect(ask(token)).resolves.toMatchObject({ subject: 'sas' });
  const { privateKey } = await generateKeyPair('EdDSA');
  await expect(ask(await sign(privateKey))).rejects.toMatchObject({ reason: 'token-invalid' });
});
