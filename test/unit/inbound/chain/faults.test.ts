// Each element of a chain x each fault: what the relay says of a vendor's certificate at the mTLS port. Real keys and
// certificates. docs/guide.md G-807.
import { beforeAll, describe, expect, it } from 'vitest';
import { Trust } from '../../../../relay/certificates/trust.ts';
import {
  type Chain,
  CLIENT,
  freshLists,
  HOUR_MS,
  idOf,
  judge,
  KeyUsageFlags,
  keys,
  LEAF,
  list,
  type Made,
  make,
  makeChain,
  makeChainKeys,
  makeKeys,
  NOW,
  type Part,
  poolOf,
  ROOT,
  SERVER,
} from '../../../support/samples/certificate-chain.ts';

beforeAll(makeChainKeys);

describe('each element of a chain x each fault', () => {
  const EARLY = { fromMs: NOW + 1_000 };
  const LATE = { toMs: NOW - 1_000 };
  const FAULTS: [string, () => Partial<Made>, Record<Part, string>][] = [
    ['nothing', () => ({}), { leaf: 'accepted', org: 'accepted', root: 'accepted' }],
    ['not valid yet', () => EARLY, { leaf: 'not-yet-valid', org: 'not-yet-valid', root: 'not-yet-valid' }],
    ['over', () => LATE, { leaf: 'expired', org: 'expired', root: 'expired' }],
    [
      'signed by another key',
      () => ({ signer: keys.other }),
      { leaf: 'issuer-unknown', org: 'issuer-unknown', root: 'issuer-unknown' },
    ],
    [
      'of another issuer',
      () => ({ issuer: 'CN=Else' }),
      { leaf: 'issuer-unknown', org: 'issuer-unknown', root: 'issuer-unknown' },
    ],
    [
      'an authority, or not',
      () => ({ ca: false }),
      { leaf: 'accepted', org: 'issuer-unknown', root: 'issuer-unknown' },
    ],
    [
      'may not sign certificates',
      () => ({ usages: KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature }),
      { leaf: 'accepted', org: 'issuer-unknown', root: 'issuer-unknown' },
    ],
    ['no usages', () => ({ usages: 'none' }), { leaf: 'accepted', org: 'accepted', root: 'accepted' }],
    // The key id is a hint (RFC 5280 § 4.2.1.1): the signature decides.
    [
      'names another key',
      () => ({ hint: keys.other }),
      { leaf: 'accepted', org: 'accepted', root: 'accepted' },
    ],
    ['names no key', () => ({ hint: 'none' }), { leaf: 'accepted', org: 'accepted', root: 'accepted' }],
  ];
  it.each(
    FAULTS.flatMap(([fault, made, said]) =>
      (['leaf', 'org', 'root'] as const).map((part) => [part, fault, made, said[part]] as const),
    ),
  )('the %s: %s', async (part, _fault, made, expected) => {
    expect(judge(await makeChain({ [part]: made() }))).toBe(expected);
  });

  it.each<[string, () => Partial<Made>, string]>([
    ['a weak key', () => ({ keys: keys.weak }), 'weak'],
    ['a weak hash', () => ({ hash: 'SHA-1' }), 'weak'],
    ['an authority of its own', () => ({ ca: true, usages: KeyUsageFlags.digitalSignature }), 'is-authority'],
    [
      'one that may sign certificates',
      () => ({ usages: KeyUsageFlags.keyCertSign | KeyUsageFlags.digitalSignature }),
      'is-authority',
    ],
    ['one that may not sign', () => ({ usages: KeyUsageFlags.keyEncipherment }), 'usage-wrong'],
    ['of a server', () => ({ extended: [SERVER] }), 'usage-wrong'],
    ['of both', () => ({ extended: [SERVER, CLIENT] }), 'accepted'],
    ['of no use in particular', () => ({ extended: undefined }), 'accepted'],
    ['with a rule that nobody here knows', () => ({ critical: true }), 'extension-unknown'],
    ['with a word that nobody here knows', () => ({ critical: false }), 'accepted'],
    ['two CNs', () => ({ name: 'CN=client, CN=x, OU=399' }), 'name-not-single'],
    ['no CN', () => ({ name: 'OU=399' }), 'name-not-single'],
    ['two OUs', () => ({ name: 'CN=client, OU=399, OU=1' }), 'name-not-single'],
    ['no OU', () => ({ name: 'CN=client' }), 'name-not-single'],
    ['another CN', () => ({ name: 'CN=else, OU=399' }), 'identity-unknown'],
    ['another OU', () => ({ name: 'CN=client, OU=398' }), 'identity-unknown'],
    ['the two turned round', () => ({ name: 'CN=399, OU=client' }), 'identity-unknown'],
  ])('the leaf: %s', async (_what, made, expected) => {
    expect(judge(await makeChain({ leaf: made() }))).toBe(expected);
  });

  it.each([
    ['the last moment', NOW + HOUR_MS, 'accepted'],
    ['one later', NOW + HOUR_MS + 1, 'expired'],
    ['the first moment', NOW - HOUR_MS, 'accepted'],
    ['one earlier', NOW - HOUR_MS - 1, 'not-yet-valid'],
  ])('dates: %s', async (_what, nowMs, expected) => {
    const chain = await makeChain();
    const always = new Map(
      [...freshLists(chain)].map(([key, one]) => [key, { ...one, thisUpdateMs: 0, nextUpdateMs: NOW * 2 }]),
    );
    expect(judge(chain, { nowMs, lists: always })).toBe(expected);
  });

  it('takes no certificate, one from a root itself, or a self-signed one for a vendor', async () => {
    const chain = await makeChain();
    const trust = new Trust({
      authorities: poolOf(chain.org, chain.root),
      lists: new Map(),
      editors: new Map(),
      revocation: 'soft',
    });
    expect(trust.judge(undefined, NOW)).toEqual({ ok: false, reason: 'no-certificate' });
    expect(judge(await makeChain({ leaf: { issuer: ROOT, signer: keys.root } }))).toBe('issuer-unknown');
    expect(judge(await makeChain({ leaf: { issuer: LEAF, signer: keys.leaf } }))).toBe('issuer-unknown');
    expect(judge(chain, { pool: poolOf(chain.org) })).toBe('issuer-unknown');
  });

  it('says whose certificate it refuses only when it is of our authorities', async () => {
    const trust = (chain: Chain) =>
      new Trust({
        authorities: poolOf(chain.org, chain.root),
        lists: freshLists(chain),
        editors: new Map(),
        revocation: 'hard',
      });
    const own = await makeChain();
    expect(trust(own).judge(own.leaf, NOW)).toMatchObject({
      reason: 'identity-unknown',
      facts: { cn: ['client'], ou: ['399'] },
    });
    const foreign = await makeChain({ leaf: { signer: keys.other } });
    expect(trust(foreign).judge(foreign.leaf, NOW)).toEqual({
      ok: false,
      reason: 'issuer-unknown',
      serial: 'B03',
    });
  });
});

describe('how many authorities may stand below', () => {
  it.each<[string, number | undefined, number | undefined, string]>([
    ['no bound', undefined, undefined, 'accepted'],
    ['the root allows one', 1, undefined, 'accepted'],
    ['the root allows none', 0, undefined, 'issuer-unknown'],
    ['the authority above the issuer allows one', undefined, 1, 'accepted'],
    ['it allows none', undefined, 0, 'issuer-unknown'],
  ])('%s', async (_what, ofRoot, ofMiddle, expected) => {
    const middle = await makeKeys();
    const chain = await makeChain({
      root: ofRoot === undefined ? {} : { pathLength: ofRoot + 1 },
      org: { issuer: 'CN=Middle', signer: middle },
    });
    const between = await make({
      name: 'CN=Middle',
      issuer: ROOT,
      keys: middle,
      signer: keys.root,
      ca: true,
      serial: '0c',
      ...(ofMiddle !== undefined && { pathLength: ofMiddle }),
    });
    const lists = new Map([...freshLists(chain), [idOf(between), list({ keyId: idOf(between) })]]);
    expect(judge(chain, { pool: poolOf(chain.org, between, chain.root), lists })).toBe(expected);
  });
});
