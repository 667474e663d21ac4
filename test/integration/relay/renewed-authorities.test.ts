// IGC-Santé renews: an authority is its key, in both directions. Vendors' servers that we call, and vendors that call
// the mTLS port, under every way an authority is renewed; over real handshakes, with hard revocation.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadCertificates } from '../../../relay/certificates/certificates.ts';
import { loadInbound } from '../../../relay/inbound/files.ts';
import type { LeafRequest, RenewRequest } from '../../../sandbox/pki/authority.ts';
import type { Signer } from '../../../sandbox/pki/certificates.ts';
import { call } from '../../support/doubles/inbound-caller.ts';
import { makeClient, readPage } from '../../support/doubles/relay-client.ts';
import { sendJson, startTestVendor } from '../../support/doubles/relay-vendor.ts';
import {
  type InboundAuthority,
  makeInboundAuthority,
  openInbound,
  writeFolder,
} from '../../support/scenes/inbound-scene.ts';
import { makeTestAuthority, type TestAuthority } from '../../support/scenes/relay/authority.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

const DAY_MS = 86_400_000;
const PAST = { notBefore: new Date(Date.now() - 900 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) };
const EMPTY = { resourceType: 'Bundle', type: 'searchset', total: 0 };

let outbound: TestAuthority;
let inbound: InboundAuthority;
let ours: { certFile: string; keyFile: string };
let dir: string;

beforeAll(async () => {
  outbound = await makeTestAuthority();
  inbound = await makeInboundAuthority();
  ours = await outbound.client('relay');
});

afterAll(async () => {
  await outbound?.remove();
  await inbound?.remove();
});

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'renewed-'));
  return () => removeFolder(dir);
});

/** What a case makes of one authority: its file, its lists, and who issues. */
interface Renewed {
  readonly ca: readonly Signer[];
  readonly lists: readonly CrlOf[];
  readonly issuers: readonly Signer[];
  /** Of the leaves. */
  readonly style?: Partial<LeafRequest>;
}

interface CrlOf {
  readonly issuer?: 'org' | 'root';
  readonly signer?: Signer;
  readonly keyIds?: 'none';
  readonly number?: number;
  readonly thisUpdate?: Date;
}

type Pki = Pick<TestAuthority, 'signers' | 'renew'>;
type Case = (pki: Pki) => Promise<Renewed>;

const ROOT = { issuer: 'root' } as const;

/** Beside the first certificate, another of the same key. */
const sameKey =
  (request: RenewRequest = {}): Case =>
  async ({ signers, renew }) => {
    const renewed = await renew('org', request);
    return { ca: [renewed, signers.org, signers.root], lists: [ROOT, {}], issuers: [signers.org, renewed] };
  };

/** Of one name two keys, in either order of the file and of the lists. */
const newKey =
  (order: 'new first' | 'old first', keyIds?: 'none'): Case =>
  async ({ signers, renew }) => {
    const style = keyIds && { keyIds };
    const old = keyIds === undefined ? signers.org : await renew('org', { keyIds });
    const renewed = await renew('org', { newKey: true, ...style });
    const both = order === 'new first' ? [renewed, old] : [old, renewed];
    const lists = both.map((signer) => ({ signer, ...style }));
    return { ca: [...both, signers.root], lists: [...lists, ROOT], issuers: both, ...(style && { style }) };
  };

const CASES: readonly (readonly [string, Case])[] = [
  ['an intermediate renewed with its key', sameKey()],
  ['one renewed with its key that says no key id', sameKey({ keyIds: 'none' })],
  [
    'an expired intermediate beside its renewal',
    async ({ signers, renew }) => {
      const expired = await renew('org', PAST);
      return { ca: [expired, signers.org, signers.root], lists: [ROOT, {}], issuers: [expired, signers.org] };
    },
  ],
  ['a new key under the old name, listed first', newKey('new first')],
  ['a new key under the old name, listed last', newKey('old first')],
  ['two keys of one name that say no key ids, the new first', newKey('new first', 'none')],
  ['two keys of one name that say no key ids, the old first', newKey('old first', 'none')],
  [
    'a root renewed with its key',
    async ({ signers, renew }) => {
      const root = await renew('root', {});
      return { ca: [signers.org, root, signers.root], lists: [{}, ROOT], issuers: [signers.org] };
    },
  ],
  [
    'an expired root beside its renewal',
    async ({ signers, renew }) => {
      const expired = await renew('root', PAST);
      return { ca: [expired, signers.org, signers.root], lists: [{}, ROOT], issuers: [signers.org] };
    },
  ],
  [
    'a new root that the old one has signed too',
    async ({ signers, renew }) => {
      const root = await renew('root', { newKey: true });
      const crossed = await renew('root', { keyOf: root, issuer: signers.root });
      const org = await renew('org', { newKey: true, issuer: root });
      const lists = [ROOT, { signer: root }, {}, { signer: org }];
      return { ca: [org, crossed, signers.org, signers.root], lists, issuers: [signers.org, org] };
    },
  ],
  [
    'an intermediate that two roots have signed, of which one is trusted',
    async ({ signers, renew }) => {
      const other = await renew('root', { newKey: true });
      const crossed = await renew('org', { issuer: other });
      return { ca: [crossed, signers.org, signers.root], lists: [ROOT, {}], issuers: [crossed, signers.org] };
    },
  ],
  [
    'an authority whose name is in strings of another type',
    async ({ signers, renew }) => {
      const org = await renew('org', { strings: 'printableString' });
      return { ca: [org, signers.root], lists: [ROOT, {}], issuers: [signers.org, org] };
    },
  ],
  [
    'signatures by RSASSA-PSS with SHA-256',
    async ({ signers, renew }) => {
      const org = await renew('org', { scheme: 'RSA-PSS' });
      return { ca: [org, signers.root], lists: [ROOT, {}], issuers: [org], style: { scheme: 'RSA-PSS' } };
    },
  ],
];

async function writeFiles(pki: TestAuthority | InboundAuthority, { ca, lists }: Renewed) {
  const caFile = join(dir, 'ca.pem');
  await writeFile(caFile, ca.map(({ certPem }) => certPem).join(''));
  const crlFiles = lists.map((_list, index) => join(dir, `${index}.crl`));
  for (const [index, list] of lists.entries()) {
    await pki.writeCrl({ ...list, file: crlFiles[index] ?? '' });
  }
  return { caFile, crlFiles };
}

describe('calling a vendor', () => {
  async function ask(renewed: Renewed, issuer: Signer, revoke?: 'leaf'): Promise<string> {
    const leaf = await outbound.server('vendor', { issuer, ...renewed.style });
    const files = await writeFiles(outbound, renewed);
    if (revoke !== undefined) {
      const file = join(dir, 'revoking.crl');
      const { style = {} } = renewed;
      await outbound.writeCrl({
        file,
        signer: issuer,
        revoked: [leaf.serial],
        thisUpdate: new Date(),
        ...(style.keyIds && { keyIds: style.keyIds }),
      });
      files.crlFiles.push(file);
    }
    const ca = outbound.signers.org.certPem + outbound.signers.root.certPem;
    const vendor = await startTestVendor(leaf, ca, (_request, response) => sendJson(response, EMPTY));
    const client = makeClient({ baseUrl: vendor.baseUrl, authority: outbound, files: ours, ...files });
    const page = await readPage(client, 1024 * 1024);
    await client.retire();
    await vendor.close();
    return page.ok ? 'ok' : `${page.error.reason} ${page.error.code}`;
  }

  test.each(CASES)('accepts what %s issues, and not what its list revokes', async (_name, make) => {
    const renewed = await make(outbound);
    const files = {
      ...ours,
      ...(await writeFiles(outbound, renewed)),
      clientCaFile: outbound.files.caBundle,
    };
    expect(loadCertificates(files, 'client', 'editors[0]', Date.now()).problems).toEqual([]);
    for (const issuer of renewed.issuers) {
      expect(await ask(renewed, issuer)).toBe('ok');
      expect(await ask(renewed, issuer, 'leaf')).toBe('certificate CERT_REVOKED');
    }
  });

  test('accepts two keys of one name without any list', async () => {
    const renewed = await newKey('new first', 'none')(outbound);
    for (const issuer of renewed.issuers) expect(await ask({ ...renewed, lists: [] }, issuer)).toBe('ok');
  });

  test('refuses the impostor of the same names beside two keys of one name', async () => {
    const renewed = await newKey('new first', 'none')(outbound);
    expect(await ask(renewed, outbound.signers['spoof-org'])).toMatch(/^certificate /);
    expect(await ask({ ...renewed, lists: [] }, outbound.signers['spoof-org'])).toMatch(/^certificate /);
  });

  test('refuses what an expired intermediate alone has issued', async () => {
    const expired = await outbound.renew('org', PAST);
    const renewed = { ca: [expired, outbound.signers.root], lists: [], issuers: [expired] };
    expect(await ask(renewed, expired)).toMatch(/^certificate /);
  });

  test('does not refuse everyone for the list of one key that is missing', async () => {
    const { org, root } = outbound.signers;
    const renewed = await outbound.renew('org', { newKey: true });
    const all = { ca: [org, renewed, root], lists: [ROOT, {}], issuers: [org, renewed] };
    expect(await ask(all, org)).toBe('ok');
    expect(await ask(all, renewed)).toBe('certificate UNABLE_TO_GET_CRL');
  });

  test('of two lists of one key takes the newer, in either order, by date and then by number', async () => {
    const { org, root } = outbound.signers;
    const leaf = await outbound.server('vendor', {});
    const at = (ms: number) => ({ thisUpdate: new Date(Math.floor((Date.now() - ms) / 1000) * 1000) });
    const pairs = [
      [at(2 * DAY_MS), at(DAY_MS)],
      [
        { ...at(DAY_MS), number: 7 },
        { ...at(DAY_MS), number: 300 },
      ],
    ] as const;
    for (const [older, newer] of pairs) {
      for (const order of [0, 1]) {
        const files = await writeFiles(outbound, { ca: [org, root], lists: [ROOT], issuers: [] });
        const paths = [join(dir, 'a.crl'), join(dir, 'b.crl')];
        await outbound.writeCrl({ ...older, file: paths[order] ?? '' });
        await outbound.writeCrl({ ...newer, revoked: [leaf.serial], file: paths[1 - order] ?? '' });
        const crlFiles = [...files.crlFiles, ...paths];
        const vendor = await startTestVendor(leaf, root.certPem + org.certPem, (_request, response) =>
          sendJson(response, EMPTY),
        );
        const client = makeClient({
          baseUrl: vendor.baseUrl,
          authority: outbound,
          files: ours,
          ...files,
          crlFiles,
        });
        const page = await readPage(client, 1024 * 1024);
        expect(page.ok ? 'ok' : page.error.code).toBe('CERT_REVOKED');
        await client.retire();
        await vendor.close();
      }
    }
  });

  test('presents the intermediate that signed our certificate, not another of its name', async () => {
    const renewed = await outbound.renew('org', { newKey: true, keyIds: 'none' });
    const caFile = join(dir, 'ours.pem');
    await writeFile(caFile, renewed.certPem + outbound.signers.org.certPem + outbound.signers.root.certPem);
    const leaf = await outbound.issueClient({ cn: 'relay-client', ou: '399990000000019', keyIds: 'none' });
    await writeFile(join(dir, 'lone.crt'), leaf.leafPem);
    await writeFile(join(dir, 'lone.key'), leaf.keyPem, { mode: 0o600 });
    const files = { certFile: join(dir, 'lone.crt'), keyFile: join(dir, 'lone.key'), caFile, crlFiles: [] };
    const { certificates, problems } = loadCertificates(files, 'client', 'editors[0]', Date.now());
    expect(problems).toEqual([]);
    expect(String(certificates?.options.cert).replaceAll('\n', '')).toBe(
      (leaf.leafPem + outbound.signers.org.certPem).replaceAll('\n', ''),
    );
  });
});

describe('called by a vendor', () => {
  test.each(CASES)('accepts what %s issues, and not what its list revokes', async (_name, make) => {
    const renewed = await make(inbound);
    const files = await writeFiles(inbound, renewed);
    const server = { serverCaFile: inbound.files.caBundle };
    const scene = await openInbound(inbound, { listen: { ...files, ...server } });
    for (const issuer of renewed.issuers) {
      const show = await inbound.show({ issuer, ...renewed.style });
      const base = { port: scene.port, ca: inbound.ca, show };
      expect((await call(base)).status).toBe(201);
      const signer = keyOf(renewed, issuer);
      const list = renewed.lists.findIndex((one) => one.issuer !== 'root' && one.signer === signer);
      const file = files.crlFiles[list] ?? '';
      await inbound.writeCrl({ signer: issuer, revoked: [show.serial], thisUpdate: new Date(), file });
      expect(scene.reload()).toEqual([]);
      expect((await call(base)).status).toBe(403);
      expect(scene.log.at(-1)).toMatchObject({ reason: 'revoked' });
    }
    await scene.close();
  });

  test('refuses the impostor of the same names beside two keys of one name', async () => {
    const renewed = await newKey('old first', 'none')(inbound);
    const scene = await openInbound(inbound, {
      listen: { ...(await writeFiles(inbound, renewed)), serverCaFile: inbound.files.caBundle },
    });
    const show = await inbound.show({ issuer: 'spoof', keyIds: 'none' });
    expect((await call({ port: scene.port, ca: inbound.ca, show })).status).toBe(403);
    expect(scene.log.at(-1)).toMatchObject({ reason: 'issuer-unknown' });
    await scene.close();
  });

  test('lets no root issue for vendors, whatever other certificates its key has', async () => {
    const { root, org } = inbound.signers;
    const other = await inbound.renew('root', { newKey: true });
    const crossed = await inbound.renew('root', { keyOf: root, issuer: other });
    const renewed = { ca: [crossed, other, org, root], lists: [ROOT, {}, { signer: other }], issuers: [] };
    const scene = await openInbound(inbound, {
      listen: { ...(await writeFiles(inbound, renewed)), serverCaFile: inbound.files.caBundle },
    });
    for (const issuer of [root, crossed]) {
      const show = await inbound.show({ issuer });
      expect((await call({ port: scene.port, ca: inbound.ca, show })).status).toBe(403);
    }
    await scene.close();
  });

  test('starts when one key of a name has no list yet, and refuses what that key issues', async () => {
    const { org, root } = inbound.signers;
    const renewed = await inbound.renew('org', { newKey: true });
    const files = await writeFiles(inbound, { ca: [org, renewed, root], lists: [ROOT, {}], issuers: [] });
    const scene = await openInbound(inbound, { listen: { ...files, serverCaFile: inbound.files.caBundle } });
    const send = async (issuer: Signer): Promise<number> =>
      (await call({ port: scene.port, ca: inbound.ca, show: await inbound.show({ issuer }) })).status;
    expect([await send(org), await send(renewed)]).toEqual([201, 403]);
    expect(scene.log.at(-1)).toMatchObject({ reason: 'list-missing' });
    expect(await scene.metric('alarm{kind="revocation"}')).toBe(1);
    await scene.close();
  });

  test('says nothing of an expired authority or an old list that a newer one replaces', async () => {
    const { org, root } = inbound.signers;
    const expired = await inbound.renew('org', PAST);
    const stale = {
      thisUpdate: new Date(Date.now() - 90 * DAY_MS),
      nextUpdate: new Date(Date.now() - DAY_MS),
    };
    const renewed = { ca: [expired, org, root], lists: [ROOT, stale, {}], issuers: [] };
    const files = await writeFiles(inbound, renewed);
    const folder = await writeFolder(inbound, 'http://127.0.0.1:9', {
      listen: { ...files, serverCaFile: inbound.files.caBundle },
    });
    const listen = { ...folder.settings.listen, certFile: folder.files.cert, keyFile: folder.files.key };
    const { problems } = loadInbound(listen as never, [], undefined, Date.now());
    expect(problems).toEqual([]);
    await rm(folder.dir, { recursive: true });
  });
});

/** The signer named in the lists for an issuer: itself, or the one that shares its key. */
function keyOf({ lists }: Renewed, issuer: Signer): Signer | undefined {
  return lists.find(({ signer }) => signer?.keyPem === issuer.keyPem)?.signer;
}
