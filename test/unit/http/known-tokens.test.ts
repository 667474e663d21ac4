import type { JWTVerifyGetKey } from 'jose';
import { expect, it } from 'vitest';
import { knownToken, rememberToken } from '../../../worker/http/known-tokens.ts';

const NOW = 1_795_000_000_000;
const keySet = (): JWTVerifyGetKey => async () => new Uint8Array();
const lasting = { sub: 'front', exp: NOW / 1_000 + 3_900 };

it('knows a token for a minute, and under the keys that verified it only', () => {
  const keys = keySet();
  rememberToken(keys, 'a', lasting, NOW);
  expect(knownToken(keys, 'a', NOW + 59_999)).toBe(lasting);
  expect(knownToken(keys, 'a', NOW + 60_000)).toBeUndefined();
  expect(knownToken(keys, 'b', NOW)).toBeUndefined();
  expect(knownToken(keySet(), 'a', NOW)).toBeUndefined();
});

it('never knows a token past its own end', () => {
  const keys = keySet();
  rememberToken(keys, 'a', { exp: NOW / 1_000 + 5 }, NOW);
  expect(knownToken(keys, 'a', NOW + 4_999)).toBeDefined();
  expect(knownToken(keys, 'a', NOW + 5_000)).toBeUndefined();
  rememberToken(keys, 'without end', {}, NOW);
  expect(knownToken(keys, 'without end', NOW)).toBeUndefined();
});

it('knows a bounded number: who was verified first leaves first', () => {
  const keys = keySet();
  for (let i = 0; i <= 1_000; i += 1) rememberToken(keys, `token-${i}`, lasting, NOW);
  expect(knownToken(keys, 'token-0', NOW)).toBeUndefined();
  expect(knownToken(keys, 'token-1', NOW)).toBeDefined();
  expect(knownToken(keys, 'token-1000', NOW)).toBeDefined();
});
