// What a relay signs: each claim of its token, which the edge's doors then judge one by one (token-doors.test.ts).
import { generateKeyPairSync } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { expect, it } from 'vitest';
import { signRelayToken } from '../../../relay/link/token.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const NOW_MS = Date.UTC(2026, 10, 30, 9) + 999;
const signer = { key: privateKey, relayId: 'relay-a', edgeUrl: 'https://edge.example:8443/base/' };
const request = { audience: 'the-door', method: 'PUT', target: '/fhir/Appointment?identifier=x' };

it('signs for one relay, one request and one edge, for two minutes, under a name of its own', async () => {
  const more = { editor: 'agenda-a', appointmentSystem: 'urn:oid:1.2', bodySha256: 'hash' };
  const tokens = await Promise.all([1, 2].map(() => signRelayToken(signer, { ...request, more }, NOW_MS)));
  const read = await Promise.all(
    tokens.map((token) => jwtVerify(token, publicKey, { currentDate: new Date(NOW_MS) })),
  );
  const [first, second] = read.map(({ payload }) => payload);
  const nowS = Math.floor(NOW_MS / 1000);
  expect(first).toEqual({
    iss: 'relay-a',
    sub: 'relay-a',
    aud: 'the-door',
    iat: nowS,
    exp: nowS + 120,
    jti: first?.jti,
    edge: 'edge.example:8443',
    method: 'PUT',
    target: '/fhir/Appointment?identifier=x',
    ...more,
  });
  expect(first?.jti).toMatch(/^[0-9a-f-]{36}$/);
  expect(first?.jti).not.toBe(second?.jti);
  expect(decodeProtectedHeader(tokens[0]!)).toEqual({ alg: 'EdDSA', kid: 'relay-a' });
});
