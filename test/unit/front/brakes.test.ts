// The brakes of signing in against whoever has many addresses, many names or many spellings.

import { describe, expect, it } from 'vitest';
import { createAllowance } from '../../../worker/base/allowance.ts';
import { isAddress, networksOf, parseRange } from '../../../worker/base/callers/address.ts';
import { clientAddressSettings } from '../../../worker/base/client-address-settings.ts';
import { createSignInGuard } from '../../../worker/front/sign-in/guard.ts';
import { SignInBrakes, type SignInTry, sourcesOf } from '../../../worker/gate/brakes.ts';
import { clientAddress } from '../../../worker/http/client-address.ts';

const attempt = (address: string, name = 'read'): SignInTry => ({ door: 'user', address, name });
/** How many of these tries the brakes let through at one instant. */
function passed(tries: readonly SignInTry[], brakes = new SignInBrakes(), isKnown = false): number {
  return tries.filter((one) => brakes.spend(sourcesOf(one), 0, isKnown)).length;
}
const many = (count: number, of: (i: number) => SignInTry): SignInTry[] =>
  Array.from({ length: count }, (_, i) => of(i));
const hex = (i: number): string => i.toString(16);

describe('one name', () => {
  it.each([
    ['one address', 20, () => attempt('192.0.2.1')],
    ['addresses of one /64', 20, (i: number) => attempt(`2001:db8:1:2::${hex(i)}`)],
    ['networks of one /48', 40, (i: number) => attempt(`2001:db8:1:${hex(i)}::1`)],
    ['addresses of one /24', 40, (i: number) => attempt(`192.0.2.${i % 256}`)],
    ['networks anywhere', 120, (i: number) => attempt(`2001:db8:${hex(i)}::1`)],
    ['one address, mapped or not', 20, (i: number) => attempt(i % 2 ? '::ffff:192.0.2.1' : '192.0.2.1')],
    ['one place, which nobody knows', 20, () => attempt('')],
    ['texts that are no addresses', 20, (i: number) => attempt(`x${i}`)],
    [
      'one address, in spellings of it',
      20,
      (i: number) =>
        attempt('192.0.2.1', ['read', 'READ', 'Read ', '\uff52\uff45\uff41\uff44', ' read'][i % 5]),
    ],
  ])('is tried so often from %s', (_, count, of) => {
    expect(passed(many(300, of))).toBe(count);
  });

  it('is tried elsewhere still when one place has tried it for an hour', () => {
    const brakes = new SignInBrakes();
    for (let ms = 0; ms < 3_600_000; ms += 100) {
      brakes.spend(sourcesOf(attempt(`2001:db8:1:${hex(ms % 65_536)}::1`)), ms);
    }
    expect(brakes.spend(sourcesOf(attempt('198.51.100.7')), 3_600_000)).toBe(true);
  });

  it('is tried where it is known when all the world has used it up', () => {
    const brakes = new SignInBrakes();
    expect(
      passed(
        many(2_000, (i) => attempt(`2001:db8:${hex(i)}::1`)),
        brakes,
      ),
    ).toBe(120);
    expect(passed([attempt('198.51.100.7')], brakes)).toBe(0);
    expect(
      passed(
        many(30, () => attempt('198.51.100.7')),
        brakes,
        true,
      ),
    ).toBe(20);
  });
});

describe('many names', () => {
  it.each([
    ['one address', 100, (i: number) => attempt('192.0.2.1', `user ${i}`)],
    ['addresses of one /64', 100, (i: number) => attempt(`2001:db8:1:2::${hex(i)}`, `user ${i}`)],
    ['one /48', 300, (i: number) => attempt(`2001:db8:1:${hex(i)}::1`, `user ${i}`)],
    ['one /24', 300, (i: number) => attempt(`192.0.2.${i % 256}`, `user ${i}`)],
    ['anywhere', 600, (i: number) => attempt(`2001:db8:${hex(i)}::1`, `user ${i}`)],
  ])('are tried so often from %s', (_, count, of) => {
    expect(passed(many(2_000, of))).toBe(count);
  });

  it('give back nothing they have not taken: what is refused is spent nowhere', () => {
    const brakes = new SignInBrakes();
    passed(
      many(1_000, () => attempt('192.0.2.1')),
      brakes,
    );
    expect(
      passed(
        many(200, (i) => attempt('192.0.2.1', `user ${i}`)),
        brakes,
      ),
    ).toBe(80);
  });
});

describe('an allowance', () => {
  it.each([5_001, 60_000])('keeps the one that has spent most among %i others', (crowd) => {
    const allowance = createAllowance({ max: 20, everyMs: 3_000 });
    for (let i = 0; i < 25; i += 1) allowance.spend('attacker', 0);
    for (let i = 0; i < crowd; i += 1) allowance.spend(`source ${i}`, 0);
    expect(allowance.spend('attacker', 0)).toBe(false);
    expect(allowance.mostSpent(1, 0)).toEqual([['attacker', 20]]);
  });

  it('goes on after a restart where it was', () => {
    const before = new SignInBrakes();
    expect(
      passed(
        many(30, () => attempt('192.0.2.1')),
        before,
      ),
    ).toBe(20);
    const after = new SignInBrakes();
    after.restore(structuredClone(before.save(0)));
    expect(after.spend(sourcesOf(attempt('192.0.2.1')), 2_999)).toBe(false);
    expect(after.spend(sourcesOf(attempt('192.0.2.1')), 3_000)).toBe(true);
    expect(after.spend(sourcesOf(attempt('192.0.2.1')), 3_000)).toBe(false);
  });

  it('earns nothing from a clock that goes back', () => {
    const allowance = createAllowance({ max: 1, everyMs: 1_000 });
    expect(allowance.spend('a', 10_000)).toBe(true);
    expect(allowance.spend('a', 0)).toBe(false);
    expect(allowance.spend('a', 1_000)).toBe(true);
  });
});

it('a right secret guessed elsewhere is a try like the others, though the pair is known', async () => {
  const { judge, knows } = createSignInGuard('user');
  const away = () => Promise.reject(new Error('away'));
  const around = { nowMs: 0, brakes: { trySignIn: away, signedIn: away }, waitUntil: () => undefined };
  const given = { name: 'read', secret: 'right', stored: 'right', address: '192.0.2.1' };
  expect(await judge(given, around)).toBe('right');
  expect(await knows(given, 0)).toBe(true);
  const elsewhere = { ...given, address: '198.51.100.7' };
  for (let i = 0; i < 20; i += 1) {
    expect(await judge({ ...elsewhere, secret: `guess ${i}` }, around)).toBe('wrong');
  }
  expect(await judge(elsewhere, around)).toBe('too-many');
  expect(await judge(given, around)).toBe('right');
});

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1:443'],
    ['192.0.2.1', '::ffff:192.0.2.1'],
    ['192.0.2.1', '::FFFF:c000:0201'],
    ['192.0.2.1', '[::ffff:192.0.2.1]:443'],
    ['2001:db8::1', '2001:0DB8:0:0:0:0:0:1'],
    ['2001:db8::1', '[2001:db8::1]:443'],
    ['fe80::1', 'fe80::1%eth0'],
    ['2001:db8:0:0:1::', '2001:db8:0:0:1::ffff'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ])('%s is in the place of %s', (one, other) => {
    expect(networksOf(one).near).not.toBe('');
    expect(networksOf(other)).toEqual(networksOf(one));
  });

  it.each([
    '',
    'x',
    '192.0.2',
    '192.0.2.256',
    '1.2.3.4.5',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::g',
    '::1.2.3',
    '12345::',
  ])('%j is none', (text) => {
    expect(isAddress(text)).toBe(false);
    expect(networksOf(text)).toEqual({ near: '', wide: '' });
  });

  it.each([
    ['192.0.2.0/24', '192.0.2.9', true],
    ['192.0.2.0/24', '::ffff:192.0.2.9', true],
    ['192.0.2.0/24', '192.0.3.9', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['fd00::/8', 'fd12::1', true],
    ['fd00::/8', '10.0.0.1', false],
    ['0.0.0.0/0', '8.8.8.8', true],
  ])('%s holds %s: %s', (range, address, isIn) => {
    expect(parseRange(range)?.(address)).toBe(isIn);
  });

  it.each(['192.0.2.0/33', '::/129', '192.0.2.0/', '192.0.2.0/8/8', 'x/8', '192.0.2.0/-1'])(
    '%s is no range',
    (text) => {
      expect(parseRange(text)).toBeUndefined();
    },
  );
});

describe('whence a request comes', () => {
  const from = (headers: Record<string, string>, header?: string, proxies: string[] = []): string =>
    clientAddress(
      { headers: new Headers(headers) } as Request,
      clientAddressSettings({ CLIENT_ADDRESS_HEADER: header, TRUSTED_PROXIES: proxies }),
    );

  it.each([
    [
      'no header is believed',
      { 'CF-Connecting-IP': '192.0.2.1', 'X-Forwarded-For': '192.0.2.2' },
      undefined,
      [],
      '',
    ],
    ['the header that is named', { 'CF-Connecting-IP': '192.0.2.1' }, 'CF-Connecting-IP', [], '192.0.2.1'],
    ['no other', { 'X-Forwarded-For': '192.0.2.2' }, 'CF-Connecting-IP', [], ''],
    ['the last of a list', { 'X-Forwarded-For': '6.6.6.6, 192.0.2.2' }, 'X-Forwarded-For', [], '192.0.2.2'],
    [
      'the last that is no proxy of ours',
      { 'X-Forwarded-For': '6.6.6.6, 192.0.2.2, 10.0.0.1,10.0.0.2' },
      'X-Forwarded-For',
      ['10.0.0.0/8'],
      '192.0.2.2',
    ],
    ['nothing behind a text', { 'X-Forwarded-For': '6.6.6.6, unknown' }, 'X-Forwarded-For', [], ''],
    [
      'nothing when all are proxies',
      { 'X-Forwarded-For': '10.0.0.1' },
      'X-Forwarded-For',
      ['10.0.0.0/8'],
      '',
    ],
  ])('%s', (_, headers, header, proxies, address) => {
    expect(from(headers as Record<string, string>, header, [...proxies])).toBe(address);
  });
});
