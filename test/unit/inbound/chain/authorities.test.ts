// The authorities of a file, and what the relay says of a vendor's server on top of OpenSSL: each fault of each element.
// docs/decisions/0013-server-trust.md.
import type { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { readAuthorities } from '../../../../relay/certificates/authorities.ts';
import { coverage, needingLists } from '../../../../relay/certificates/held-lists.ts';
import { ServerTrust } from '../../../../relay/certificates/server-trust.ts';
import {
  CLIENT,
  type Faults,
  freshLists,
  idOf,
  KeyUsageFlags,
  keys,
  make,
  makeChain,
  makeChainKeys,
  NOW,
  type Part,
  poolOf,
  ROOT,
  SERVER,
} from '../../../support/samples/certificate-chain.ts';

beforeAll(makeChainKeys);

describe('the authorities of a file', () => {
  const problems = (...certificates: readonly X509Certificate[]): string[] =>
    readAuthorities(certificates.map(String)).problems.map(({ text }) => text);
  const NO_VENDORS = "ne contient pas l'autorité intermédiaire des éditeurs et sa racine";
  const NO_ROOT = "une autorité n'y remonte à aucune racine";

  it.each<[string, Faults, readonly Part[], string[]]>([
    ['whole', {}, ['org', 'root'], []],
    ['a root alone', {}, ['root'], [NO_VENDORS]],
    ['no root', {}, ['org'], [NO_ROOT, NO_VENDORS]],
    ['none', {}, [], [NO_VENDORS]],
    [
      'a leaf as well',
      {},
      ['org', 'root', 'leaf'],
      ["contient un certificat qui n'est pas celui d'une autorité"],
    ],
    [
      'one signed in SHA-1',
      { org: { hash: 'SHA-1' } },
      ['org', 'root'],
      ['contient une autorité à la clé trop courte ou signée en SHA-1', NO_VENDORS],
    ],
  ])('%s', async (_what, faults, parts, expected) => {
    const chain = await makeChain(faults);
    expect(problems(...parts.map((part) => chain[part]))).toEqual(expected);
  });

  it('need one list each while they are in force', async () => {
    const chain = await makeChain({ org: { toMs: NOW } });
    const pool = poolOf(chain.org, chain.root, chain.org);
    const needing = (nowMs: number): string[] => needingLists(pool.all, nowMs).map(({ name }) => name);
    expect(needing(NOW)).toEqual(['Vendors', 'Root']);
    expect(needing(NOW + 1)).toEqual(['Root']);
    const fresh = freshLists(chain);
    const without = (part: Part) => new Map([...fresh].filter(([keyId]) => keyId !== idOf(chain[part])));
    expect(coverage(pool, fresh, NOW)).toBe('whole');
    expect(coverage(pool, without('root'), NOW)).toBe('none');
    expect(coverage(pool, without('org'), NOW)).toBe('none');
    const second = await make({
      name: 'CN=Vendors 2',
      issuer: ROOT,
      keys: keys.other,
      signer: keys.root,
      ca: true,
      serial: '0f',
    });
    expect(coverage(poolOf(chain.org, second, chain.root), fresh, NOW)).toBe('some');
  });
});

describe("a vendor's server", () => {
  const WORD = 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';
  it.each<[string, Faults, string | undefined, string | undefined]>([
    ['the chain is good and OpenSSL says so', {}, undefined, undefined],
    ['OpenSSL took the wrong way', {}, WORD, undefined],
    ['OpenSSL refused for what no way mends', {}, 'HOSTNAME_MISMATCH', 'HOSTNAME_MISMATCH'],
    ['a client certificate', { leaf: { extended: [CLIENT] } }, WORD, WORD],
    ['no use in particular', { leaf: { extended: undefined } }, WORD, undefined],
    ['that may encipher', { leaf: { usages: KeyUsageFlags.keyEncipherment } }, WORD, undefined],
    ['that may agree on keys', { leaf: { usages: KeyUsageFlags.keyAgreement } }, WORD, undefined],
    ['that may sign', { leaf: { usages: KeyUsageFlags.digitalSignature } }, WORD, undefined],
    ['that may do nothing of it', { leaf: { usages: KeyUsageFlags.nonRepudiation } }, WORD, WORD],
    ['that says no usage', { leaf: { usages: 'none' } }, WORD, undefined],
    ['a weak hash', { leaf: { hash: 'SHA-1' } }, WORD, WORD],
    ['a rule unknown', { leaf: { critical: true } }, WORD, WORD],
    ['an intermediate with a weak hash', { org: { hash: 'SHA-1' } }, WORD, WORD],
    ['an intermediate with a rule unknown', { org: { critical: true } }, WORD, WORD],
    ['an intermediate for clients', { org: { extended: [CLIENT] } }, WORD, WORD],
    ['an intermediate for servers', { org: { extended: [SERVER] } }, WORD, undefined],
    ['a root with a weak hash', { root: { hash: 'SHA-1' } }, WORD, undefined],
    ['a root for clients', { root: { extended: [CLIENT] } }, WORD, undefined],
    ['a root with a rule unknown', { root: { critical: true } }, WORD, WORD],
    ['over', { leaf: { toMs: NOW - 1_000 } }, 'CERT_HAS_EXPIRED', 'CERT_HAS_EXPIRED'],
    ['an intermediate over', { org: { toMs: NOW - 1_000 } }, 'CERT_HAS_EXPIRED', 'CERT_HAS_EXPIRED'],
  ])('%s', async (_what, faults, refused, expected) => {
    const chain = await makeChain(
      Object.fromEntries(
        Object.entries(faults).map(([part, made]) => [
          part,
          Object.fromEntries(
            Object.entries(made).filter(([name, value]) => name === 'extended' || value !== undefined),
          ),
        ]),
      ),
      [SERVER],
    );
    const sent = [chain.leaf, chain.org];
    const roots = poolOf(chain.root);
    expect(new ServerTrust(roots, undefined).judge(sent, refused, NOW)).toBe(expected);
    expect(new ServerTrust(roots, freshLists(chain)).judge(sent, refused, NOW)).toBe(expected);
  });

  it('without a certificate, or one of other authorities, is what OpenSSL said, or unknown to the lists', async () => {
    const chain = await makeChain({}, [SERVER]);
    const stranger = await makeChain({ leaf: { signer: keys.other } }, [SERVER]);
    const trust = new ServerTrust(poolOf(chain.root), freshLists(chain));
    expect(trust.judge([], undefined, NOW)).toBe('UNABLE_TO_GET_CRL');
    expect(trust.judge([], WORD, NOW)).toBe(WORD);
    expect(trust.judge([stranger.leaf, stranger.org], undefined, NOW)).toBe('UNABLE_TO_GET_CRL');
    expect(trust.judge([stranger.leaf, stranger.org], WORD, NOW)).toBe(WORD);
    expect(
      new ServerTrust(poolOf(chain.root), undefined).judge([stranger.leaf], undefined, NOW),
    ).toBeUndefined();
  });
});
