// Each element of a chain, and of what says that it is not revoked, with each fault alone: what the mTLS port makes of a
// vendor's certificate, and what a call makes of a vendor's server. Sound, all are accepted; with one fault none is, but where
// the fault is one that must not count.

import { X509Certificate } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAuthorities } from '../../../../relay/certificates/authorities.ts';
import { AuthorityPool, readAuthority } from '../../../../relay/certificates/authority-pool.ts';
import { type HeldList, holdList, newestOf } from '../../../../relay/certificates/held-lists.ts';
import { readRevocationList } from '../../../../relay/certificates/revocation-list.ts';
import { ServerTrust } from '../../../../relay/certificates/server-trust.ts';
import { pairKey, Trust } from '../../../../relay/certificates/trust.ts';
import {
  type Authority,
  type CrlRequest,
  type Leaf,
  type LeafRequest,
  openAuthority,
} from '../../../../sandbox/pki/authority.ts';
import type { Signer } from '../../../../sandbox/pki/certificates.ts';
import { TEST_KEYS } from '../../../support/samples/rsa-keys.ts';
import { removeFolder } from '../../../support/wait/remove-folder.ts';

const DAY_MS = 86_400_000;
const NOW = Date.now();
const OVER = { notBefore: new Date(NOW - 900 * DAY_MS), notAfter: new Date(NOW - DAY_MS) };
const TO_COME = { notBefore: new Date(NOW + DAY_MS), notAfter: new Date(NOW + 900 * DAY_MS) };
const STALE = { thisUpdate: new Date(NOW - 9 * DAY_MS), nextUpdate: new Date(NOW - DAY_MS) };
const EARLY = { thisUpdate: new Date(NOW + DAY_MS), nextUpdate: new Date(NOW + 9 * DAY_MS) };
const NAME = { cn: 'agenda', ou: '399990000000118' } as const;

const dir = mkdtempSync(join(tmpdir(), 'chain-'));
let pki: Authority;
beforeAll(async () => {
  pki = await openAuthority(dir, { ...TEST_KEYS });
});
afterAll(() => removeFolder(dir));

type ListFault = CrlRequest | 'missing' | 'superseded';

/** A chain of leaf, intermediate and root with the list of each authority; what is left out is sound. */
interface Chain {
  readonly leaf?: Partial<LeafRequest>;
  /** Certificate of the intermediate that the file holds. */
  readonly org?: Signer;
  readonly root?: Signer;
  readonly orgList?: ListFault;
  readonly rootList?: ListFault;
  /** Serials revoked: of the leaf in the intermediate's list, of the intermediate in the root's. */
  readonly revokes?: 'leaf' | 'org';
}

async function held(
  signer: Signer,
  fault: ListFault,
  all: readonly string[],
  revoked: readonly string[],
): Promise<HeldList[]> {
  if (fault === 'missing') return [];
  const request = fault === 'superseded' ? {} : fault;
  const { der } = await pki.writeCrl({ signer, revoked, ...request, file: join(dir, 'written.crl') });
  const authorities = all.flatMap((pem) => readAuthority(new X509Certificate(pem)) ?? []);
  const list = holdList(readRevocationList(Buffer.from(der)), authorities);
  // A list that is none of theirs is not held.
  if (typeof list === 'string') return [];
  return [fault === 'superseded' ? { ...list, isSuperseded: true } : list];
}

async function judge(chain: Chain): Promise<{ readonly port: string; readonly server: string }> {
  const { org = pki.signers.org, root = pki.signers.root } = chain;
  const pems = [org.certPem, root.certPem];
  const client = await pki.issueClient({ ...NAME, issuer: pki.signers.org, ...chain.leaf });
  const server = await pki.issueServer({
    ...NAME,
    dns: ['a.example'],
    issuer: pki.signers.org,
    ...chain.leaf,
  });
  const lists = async (leaf: Leaf) =>
    newestOf(
      [
        ...(await held(org, chain.orgList ?? {}, pems, chain.revokes === 'leaf' ? [leaf.serial] : [])),
        ...(await held(root, chain.rootList ?? {}, pems, chain.revokes === 'org' ? [serialOf(org)] : [])),
      ],
      NOW,
    );
  const { pool } = readAuthorities(pems);
  const vendor = { id: 'agenda', appointmentSystem: 'urn:oid:1.2' };
  const trust = new Trust({
    authorities: pool,
    lists: await lists(client),
    editors: new Map([[pairKey(NAME.cn, NAME.ou), vendor]]),
    revocation: 'hard',
  });
  const judgment = trust.judge(new X509Certificate(client.leafPem), NOW);
  const anchors = new AuthorityPool(pems.flatMap((pem) => readAuthority(new X509Certificate(pem)) ?? []));
  // OpenSSL's own no, so that all is asked here.
  const word = new ServerTrust(anchors, await lists(server)).judge(
    [new X509Certificate(server.leafPem)],
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    NOW,
  );
  return { port: judgment.ok ? 'accepted' : judgment.reason, server: word ?? 'accepted' };
}

const serialOf = ({ certPem }: Signer): string => new X509Certificate(certPem).serialNumber;
const REFUSED = 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';

const CASES: readonly (readonly [
  name: string,
  make: () => Promise<Chain> | Chain,
  port: string,
  server: string,
])[] = [
  ['nothing', () => ({}), 'accepted', 'accepted'],
  ['leaf: over', () => ({ leaf: OVER }), 'expired', REFUSED],
  ['leaf: to come', () => ({ leaf: TO_COME }), 'not-yet-valid', REFUSED],
  ['leaf: signed with SHA-1', () => ({ leaf: { hash: 'SHA-1' } }), 'weak', REFUSED],
  ['leaf: a key of 1024 bits', () => ({ leaf: { keyBits: 1024 } }), 'weak', REFUSED],
  ['leaf: for nothing of the kind', () => ({ leaf: { usages: [] } }), 'accepted', 'accepted'],
  ['leaf: an authority', () => ({ leaf: { ca: true } }), 'is-authority', 'accepted'],
  [
    'leaf: of an impostor of the same name',
    () => ({ leaf: { issuer: pki.signers['spoof-org'] } }),
    'issuer-unknown',
    REFUSED,
  ],
  ['leaf: signed by itself', () => ({ leaf: { issuer: 'self' } }), 'issuer-unknown', REFUSED],
  ['leaf: says no key ids', () => ({ leaf: { keyIds: 'none' } }), 'accepted', 'accepted'],
  ['leaf: revoked', () => ({ revokes: 'leaf' }), 'revoked', 'CERT_REVOKED'],
  ['intermediate: over', async () => ({ org: await pki.renew('org', OVER) }), 'expired', REFUSED],
  ['intermediate: to come', async () => ({ org: await pki.renew('org', TO_COME) }), 'not-yet-valid', REFUSED],
  [
    'intermediate: another key of the name',
    async () => ({ org: await pki.renew('org', { newKey: true }) }),
    'issuer-unknown',
    REFUSED,
  ],
  [
    'intermediate: signed by an impostor',
    async () => ({ org: await pki.renew('org', { issuer: pki.signers['spoof-root'] }) }),
    'issuer-unknown',
    REFUSED,
  ],
  [
    'intermediate: says no key ids',
    async () => ({ org: await pki.renew('org', { keyIds: 'none' }) }),
    'accepted',
    'accepted',
  ],
  ['intermediate: revoked', () => ({ revokes: 'org' }), 'issuer-revoked', 'CERT_REVOKED'],
  ['root: over', async () => ({ root: await pki.renew('root', OVER) }), 'expired', REFUSED],
  ['root: to come', async () => ({ root: await pki.renew('root', TO_COME) }), 'not-yet-valid', REFUSED],
  [
    'root: another key of the name',
    async () => ({ root: await pki.renew('root', { newKey: true }) }),
    'issuer-unknown',
    REFUSED,
  ],
  ...(['orgList', 'rootList'] as const).flatMap((which) =>
    (
      [
        ['missing', 'missing', 'list-missing', 'UNABLE_TO_GET_CRL'],
        ['stale', STALE, 'list-stale', 'CRL_HAS_EXPIRED'],
        ['to come', EARLY, 'list-stale', 'CRL_HAS_EXPIRED'],
        ['replaced by a newer one before', 'superseded', 'list-stale', 'CRL_HAS_EXPIRED'],
        ['without key id', { keyIds: 'none' }, 'accepted', 'accepted'],
        ['of what changed alone', { delta: 'critical' }, 'list-missing', 'UNABLE_TO_GET_CRL'],
        ['of what changed alone, hardly said', { delta: 'plain' }, 'list-missing', 'UNABLE_TO_GET_CRL'],
        [
          'about the other kind of certificate',
          { only: which === 'orgList' ? 'authorities' : 'leaves' },
          'list-missing',
          'UNABLE_TO_GET_CRL',
        ],
        [
          'about this kind alone',
          { only: which === 'orgList' ? 'leaves' : 'authorities' },
          'accepted',
          'accepted',
        ],
        ['cut', { truncated: true }, 'list-missing', 'UNABLE_TO_GET_CRL'],
      ] as const
    ).map(
      ([name, fault, port, server]) =>
        [
          `${which === 'orgList' ? "intermediate's" : "root's"} list: ${name}`,
          () => ({ [which]: fault }) as Chain,
          port,
          server,
        ] as const,
    ),
  ),
  [
    "intermediate's list: signed by an impostor",
    () => ({ orgList: { signer: { ...pki.signers['spoof-org'], certPem: pki.signers.org.certPem } } }),
    'list-missing',
    'UNABLE_TO_GET_CRL',
  ],
  [
    "root's list: signed by the intermediate",
    () => ({ rootList: { signer: { ...pki.signers.org, certPem: pki.signers.root.certPem } } }),
    'list-missing',
    'UNABLE_TO_GET_CRL',
  ],
];

test.each(CASES)('%s', async (_name, make, port, server) => {
  expect(await judge(await make())).toEqual({ port, server });
});

test('what a stale list revokes stays revoked, also above the leaf, and tells more than that it is stale', async () => {
  expect(await judge({ revokes: 'leaf', orgList: STALE })).toEqual({
    port: 'revoked',
    server: 'CERT_REVOKED',
  });
  expect(await judge({ revokes: 'org', rootList: STALE })).toEqual({
    port: 'issuer-revoked',
    server: 'CERT_REVOKED',
  });
  expect(await judge({ revokes: 'org', rootList: 'superseded', orgList: STALE })).toEqual({
    port: 'issuer-revoked',
    server: 'CERT_REVOKED',
  });
});
