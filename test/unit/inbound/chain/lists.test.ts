// Each revocation list on the way up x each state it can be in, under both settings and in both directions; and which of two
// lists is newer. docs/guide.md G-807.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type HeldList,
  isOfOneAge,
  isOlder,
  newestOf,
  troubleOf,
} from '../../../../relay/certificates/held-lists.ts';
import { ServerTrust } from '../../../../relay/certificates/server-trust.ts';
import {
  freshLists,
  idOf,
  judge,
  keys,
  list,
  make,
  makeChain,
  makeChainKeys,
  makeKeys,
  NOW,
  ORG,
  poolOf,
} from '../../../support/samples/certificate-chain.ts';

beforeAll(makeChainKeys);

describe('each list on the way x each state', () => {
  const STATES: [string, (keyId: string, serial: string) => HeldList | undefined, string, boolean][] = [
    ['fresh', (keyId) => list({ keyId }), 'accepted', true],
    ['missing', () => undefined, 'list-missing', false],
    ['over', (keyId) => list({ keyId, nextUpdateMs: NOW }), 'list-stale', false],
    ['good for a moment more', (keyId) => list({ keyId, nextUpdateMs: NOW + 1 }), 'accepted', true],
    ['without end', (keyId) => list({ keyId, nextUpdateMs: undefined }), 'list-stale', false],
    ['of this moment', (keyId) => list({ keyId, thisUpdateMs: NOW }), 'accepted', true],
    ['not valid yet', (keyId) => list({ keyId, thisUpdateMs: NOW + 1 }), 'list-stale', false],
    ['followed by a newer one before', (keyId) => list({ keyId, isSuperseded: true }), 'list-stale', false],
    ['revoking it', (keyId, serial) => list({ keyId, revoked: new Set([serial]) }), 'revoked', true],
    [
      'over, and revoking it',
      (keyId, serial) => list({ keyId, nextUpdateMs: 0, revoked: new Set([serial]) }),
      'revoked',
      true,
    ],
    ['revoking another', (keyId) => list({ keyId, revoked: new Set(['FF']) }), 'accepted', true],
  ];
  const PLACES = [
    ["the issuer's", 'org', 'B03', 'revoked'],
    ["the root's", 'root', 'A02', 'issuer-revoked'],
  ] as const;
  it.each(
    PLACES.flatMap(([place, part, serial, word]) =>
      STATES.map((row) => [place, ...row, part, serial, word] as const),
    ),
  )('%s list %s', async (_place, _state, makeList, said, isSure, part, serial, word) => {
    const chain = await makeChain();
    const lists = new Map(freshLists(chain));
    const keyId = idOf(chain[part]);
    const made = makeList(keyId, serial);
    if (made === undefined) lists.delete(keyId);
    else lists.set(keyId, made);
    const hard = said === 'revoked' ? word : said;
    expect(judge(chain, { lists })).toBe(hard);
    expect(judge(chain, { lists, revocation: 'soft' })).toBe(isSure ? hard : `accepted, ${said}`);
    const server = new ServerTrust(poolOf(chain.org, chain.root), lists);
    const words: Record<string, string | undefined> = {
      revoked: 'CERT_REVOKED',
      'issuer-revoked': 'CERT_REVOKED',
      'list-missing': 'UNABLE_TO_GET_CRL',
      'list-stale': 'CRL_HAS_EXPIRED',
    };
    expect(server.judge([chain.leaf, chain.org], undefined, NOW)).toBe(words[hard]);
  });

  it('of two ways up, takes the one on which nothing is revoked, and only one in force', async () => {
    const chain = await makeChain();
    const second = await makeKeys();
    const other = await make({
      name: 'CN=Root 2',
      issuer: 'CN=Root 2',
      keys: second,
      signer: second,
      ca: true,
      serial: '0d',
    });
    const cross = await make({
      name: ORG,
      issuer: 'CN=Root 2',
      keys: keys.org,
      signer: second,
      ca: true,
      serial: '0e',
    });
    const lists = new Map([...freshLists(chain), [idOf(other), list({ keyId: idOf(other) })]]);
    const revoking = list({ keyId: idOf(chain.root), revoked: new Set(['A02']) });
    const pool = poolOf(chain.org, cross, chain.root, other);
    expect(judge(chain, { pool, lists: new Map([...lists, [revoking.keyId, revoking]]) })).toBe('accepted');
    const noSecond = new Map([...lists, [revoking.keyId, revoking]]);
    noSecond.delete(idOf(other));
    expect(judge(chain, { pool, lists: noSecond })).toBe('list-missing');
    expect(judge(chain, { pool, lists: noSecond, revocation: 'soft' })).toBe('accepted, list-missing');
    const late = await make({
      name: ORG,
      issuer: 'CN=Root 2',
      keys: keys.org,
      signer: second,
      ca: true,
      serial: '0e',
      toMs: NOW - 1,
    });
    const lapsed = poolOf(chain.org, late, chain.root, other);
    expect(judge(chain, { pool: lapsed, lists: new Map([...lists, [revoking.keyId, revoking]]) })).toBe(
      'issuer-revoked',
    );
  });
});

describe('which of two lists is newer', () => {
  const at = (thisUpdateMs: number, number?: bigint) => ({ thisUpdateMs, number });
  it.each([
    [at(1, 9n), at(2, 1n), 'older'],
    [at(2, 1n), at(1, 9n), 'newer'],
    [at(1, 1n), at(1, 2n), 'older'],
    [at(1, 2n), at(1, 2n), 'same'],
    [at(1), at(1, 2n), 'same'],
    [at(1, 2n), at(1), 'same'],
  ])('%o and %o: the first is %s', (one, other, expected) => {
    expect(isOlder(one, other)).toBe(expected === 'older');
    expect(isOlder(other, one)).toBe(expected === 'newer');
    expect(isOfOneAge(one, other)).toBe(expected === 'same');
  });

  it('takes the newest that has begun, or the one that begins where none has', () => {
    const [past, now, next] = [NOW - 9, NOW, NOW + 1].map((thisUpdateMs) =>
      list({ keyId: 'k', thisUpdateMs }),
    );
    const chosen = (...lists: (HeldList | undefined)[]) =>
      newestOf(
        lists.flatMap((one) => one ?? []),
        NOW,
      ).get('k');
    expect(chosen(past, now, next)).toBe(now);
    expect(chosen(next, now, past)).toBe(now);
    expect(chosen(next)).toBe(next);
    expect(chosen(next, past)).toBe(past);
    expect(newestOf([past!, next!], NOW, () => NOW + 1).get('k')).toBe(next);
    expect(newestOf([past!, list({ keyId: 'else' })], NOW).size).toBe(2);
    expect(troubleOf(undefined, NOW)).toBe('list-missing');
  });
});
