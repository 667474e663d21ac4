// The imitation authority against Node's own TLS: sound leaves pass, broken ones are refused as far as TLS can,
// and what only the application can refuse (names, sibling authority) is there to be seen.

import { spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type Server, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Authority, type Leaf, openAuthority, writeLeaf } from '../../../sandbox/pki/authority.ts';
import { ensureSandboxPki } from '../../../sandbox/pki/sandbox-pki.ts';
import { TEST_KEYS } from '../../support/samples/rsa-keys.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

const EDITOR = { cn: 'agenda-alpha-client', ou: '399990111111018' };
const DAY_MS = 86_400_000;

let dir: string;
let authority: Authority;
let ca: string;
let serverLeaf: Leaf;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sandbox-pki-'));
  authority = await openAuthority(join(dir, 'main'), { ...TEST_KEYS });
  ca = await readFile(authority.files.caBundle, 'utf8');
  serverLeaf = await authority.issueServer({
    cn: 'agenda-alpha.sandbox.test',
    ou: EDITOR.ou,
    dns: ['localhost'],
    ips: ['127.0.0.1', '::1'],
  });
});

afterAll(() => removeFolder(dir));

/** What a server that asks for a client certificate concludes of this one. */
async function present(leaf: Leaf | undefined, options: TlsOptions & { chain?: 'leaf only' } = {}) {
  const { chain, ...tls } = options;
  const server = createServer({
    cert: serverLeaf.certPem,
    key: serverLeaf.keyPem,
    ca,
    requestCert: true,
    rejectUnauthorized: false,
    ...tls,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const shown = leaf && { cert: chain ? leaf.leafPem : leaf.certPem, key: leaf.keyPem };
  // A client that trusts the intermediate would send it too: OpenSSL completes the chain from its own store.
  const trusted = chain ? authority.signers.root.certPem : ca;
  // Security level 0 lets the caller itself show a weak certificate.
  const client = connect({
    port: portOf(server),
    host: '127.0.0.1',
    ca: trusted,
    ciphers: 'DEFAULT@SECLEVEL=0',
    ...shown,
  });
  client.on('error', () => {});
  try {
    const [socket] = await once(server, 'secureConnection');
    const error = socket.authorizationError;
    return {
      authorized: socket.authorized as boolean,
      error: String(error),
      subject: socket.getPeerCertificate().subject,
    };
  } finally {
    client.destroy();
    server.close();
    await once(server, 'close');
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

describe('a client leaf', () => {
  test('c01, sound, is accepted and has the layout of the imitated authority', async () => {
    const leaf = await authority.issueClient(EDITOR);
    expect(await present(leaf)).toMatchObject({ authorized: true });
    const certificate = new X509Certificate(leaf.leafPem);
    expect(certificate.subject.split('\n').map((part) => part.split('=')[0])).toEqual([
      'C',
      'ST',
      'O',
      'OU',
      'CN',
    ]);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.issuer).toContain('(IMITATION)');
    expect(certificate.serialNumber).toMatch(/^1120[0-9A-F]{32}$/);
    expect(leaf.serial.toUpperCase()).toBe(certificate.serialNumber);
    expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
  });

  test('writes its names as UTF8String', async () => {
    const leaf = await authority.issueClient({ ...EDITOR, cn: 'éditeur' });
    const name = Buffer.from('éditeur', 'utf8');
    const tagged = Buffer.concat([Buffer.from([0x0c, name.length]), name]);
    expect(new X509Certificate(leaf.leafPem).raw.includes(tagged)).toBe(true);
  });

  test('c06, revoked, is refused by a server that reads both lists, and by it alone', async () => {
    const revoked = await authority.issueClient(EDITOR);
    const other = await authority.issueClient(EDITOR);
    const list = await authority.writeCrl({ revoked: [revoked.serial], file: join(dir, 'c06.crl') });
    const crl = [await readFile(authority.files.rootCrl, 'utf8'), list.pem];
    expect(await present(revoked, { crl })).toMatchObject({ authorized: false, error: 'CERT_REVOKED' });
    expect(await present(other, { crl })).toMatchObject({ authorized: true });
    expect(await present(revoked)).toMatchObject({ authorized: true });
  });

  test.each<[string, string, () => Promise<Leaf>]>([
    [
      'c07, expired,',
      'CERT_HAS_EXPIRED',
      () => authority.issueClient({ ...EDITOR, notAfter: new Date(Date.now() - 1000) }),
    ],
    [
      'c08, not yet valid,',
      'CERT_NOT_YET_VALID',
      () => authority.issueClient({ ...EDITOR, notBefore: new Date(Date.now() + DAY_MS) }),
    ],
    [
      'c09, for servers only,',
      'INVALID_PURPOSE',
      () => authority.issueClient({ ...EDITOR, usages: ['serverAuth'] }),
    ],
    [
      'c11, of the impostor,',
      'CERT_SIGNATURE_FAILURE|UNABLE_TO_VERIFY|UNABLE_TO_GET',
      () => authority.issueClient({ ...EDITOR, issuer: 'spoof' }),
    ],
    [
      'c12, self-signed,',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      () => authority.issueClient({ ...EDITOR, issuer: 'self' }),
    ],
  ])('%s is refused: %s', async (_title, error, issue) => {
    const seen = await present(await issue());
    expect(seen.authorized).toBe(false);
    expect(seen.error).toMatch(new RegExp(error));
  });

  test('c10, of the sibling authority, chains to the root: only a pinned issuer refuses it', async () => {
    const leaf = await authority.issueClient({ ...EDITOR, issuer: 'pers' });
    expect(await present(leaf)).toMatchObject({ authorized: true });
    const org = new X509Certificate(authority.signers.org.certPem);
    const certificate = new X509Certificate(leaf.leafPem);
    expect(certificate.checkIssued(org) && certificate.verify(org.publicKey)).toBe(false);
  });

  test('c13 and c14 carry several OU or CN', async () => {
    const units = await authority.issueClient({ ...EDITOR, ou: ['399990222222018', EDITOR.ou] });
    expect((await present(units)).subject.OU).toEqual(['399990222222018', EDITOR.ou]);
    const names = await authority.issueClient({ ...EDITOR, cn: ['autre', EDITOR.cn] });
    expect((await present(names)).subject.CN).toEqual(['autre', EDITOR.cn]);
  });

  test('c15 carries the right name in its alternative names only', async () => {
    const leaf = await authority.issueClient({ ...EDITOR, cn: 'autre', dns: [EDITOR.cn] });
    expect(new X509Certificate(leaf.leafPem).subjectAltName).toBe(`DNS:${EDITOR.cn}`);
    expect((await present(leaf)).subject.CN).toBe('autre');
  });

  test.each([
    `${EDITOR.cn}\0.autre`,
    ` ${EDITOR.cn} `,
    EDITOR.cn.toUpperCase(),
    `${EDITOR.cn},OU=${EDITOR.ou}`,
  ])('c16 keeps the odd name %j to the byte', async (cn) => {
    expect((await present(await authority.issueClient({ ...EDITOR, cn }))).subject.CN).toBe(cn);
  });

  test('c16 can have its attributes in another order, or lack one', async () => {
    const leaf = await authority.issueClient({ ...EDITOR, order: ['CN', 'OU', 'C'] });
    expect(new X509Certificate(leaf.leafPem).subject).toBe(`CN=${EDITOR.cn}\nOU=${EDITOR.ou}\nC=FR`);
  });

  test('c17 can have a short key, or a SHA-1 signature: TLS refuses both', async () => {
    const short = await authority.issueClient({ ...EDITOR, keyBits: 1024 });
    expect(new X509Certificate(short.leafPem).publicKey.asymmetricKeyDetails?.modulusLength).toBe(1024);
    const sha1 = await authority.issueClient({ ...EDITOR, hash: 'SHA-1' });
    expect(new X509Certificate(sha1.leafPem).signatureAlgorithm).toBe('sha1WithRSAEncryption');
    expect(await present(short)).toMatchObject({ authorized: false });
    expect(await present(sha1)).toMatchObject({ authorized: false });
  });

  test('c18, shown without its intermediate, is accepted by a server that holds it', async () => {
    const leaf = await authority.issueClient(EDITOR);
    expect(await present(leaf, { chain: 'leaf only' })).toMatchObject({ authorized: true });
    const root = await readFile(authority.files.root, 'utf8');
    expect(await present(leaf, { chain: 'leaf only', ca: root })).toMatchObject({ authorized: false });
  });

  test('c19, issued by another leaf, is refused, even when that leaf claims to be an authority', async () => {
    for (const claim of [false, true]) {
      const parent = await authority.issueClient({ ...EDITOR, ca: claim });
      const child = await authority.issueClient({ ...EDITOR, issuer: parent });
      expect(new X509Certificate(child.leafPem).verify(new X509Certificate(parent.leafPem).publicKey)).toBe(
        true,
      );
      expect(await present(child)).toMatchObject({ authorized: false });
    }
  });

  test('c20, under a revoked intermediate, is refused by the root list', async () => {
    const leaf = await authority.issueClient(EDITOR);
    const root = await authority.writeCrl({
      issuer: 'root',
      revoked: [authority.serialOf('org')],
      file: join(dir, 'c20.crl'),
    });
    const crl = [root.pem, await readFile(authority.files.intermediateOrgCrl, 'utf8')];
    expect(await present(leaf, { crl })).toMatchObject({ authorized: false, error: 'CERT_REVOKED' });
  });

  test('c21, none, leaves the server without a certificate', async () => {
    expect(await present(undefined)).toMatchObject({ authorized: false });
  });
});

describe('a server leaf', () => {
  test.each(['localhost', '127.0.0.1'])('is accepted under the name %s', async (host) => {
    const server = createServer({ cert: serverLeaf.certPem, key: serverLeaf.keyPem });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect({
      port: portOf(server),
      host: '127.0.0.1',
      servername: host === 'localhost' ? host : '',
      ca,
    });
    await once(client, 'secureConnect');
    expect(client.authorized).toBe(true);
    client.destroy();
    server.close();
    await once(server, 'close');
  });
});

describe('a revocation list', () => {
  test('r01, fresh and empty, is there from the start and accepts', async () => {
    const crl = [await readFile(authority.files.rootCrl), await readFile(authority.files.intermediateOrgCrl)];
    expect(await present(await authority.issueClient(EDITOR), { crl })).toMatchObject({ authorized: true });
  });

  test('r03, expired, is refused by TLS', async () => {
    const list = await authority.writeCrl({
      thisUpdate: new Date(Date.now() - 3 * DAY_MS),
      nextUpdate: new Date(Date.now() - DAY_MS),
      file: join(dir, 'r03.crl'),
    });
    const crl = [await readFile(authority.files.rootCrl), list.pem];
    expect(await present(await authority.issueClient(EDITOR), { crl })).toMatchObject({
      authorized: false,
      error: 'CRL_HAS_EXPIRED',
    });
  });

  test('r04, signed by the impostor, has the right name and the wrong key', async () => {
    const list = await authority.writeCrl({ signedBy: 'spoof', file: join(dir, 'r04.crl') });
    const crl = [await readFile(authority.files.rootCrl), list.pem];
    const seen = await present(await authority.issueClient(EDITOR), { crl });
    expect(seen.authorized).toBe(false);
    expect(seen.error).toMatch(/CRL/);
  });

  test('r05 is written in PEM and DER with the same bytes, and cut in half on demand', async () => {
    const list = await authority.writeCrl({ revoked: ['1120ab'], file: join(dir, 'r05.crl') });
    const pem = await readFile(list.file, 'utf8');
    const der = await readFile(`${list.file}.der`);
    expect(Buffer.from(pem.replace(/-----.*-----|\s/g, ''), 'base64').equals(der)).toBe(true);
    const cut = await authority.writeCrl({
      revoked: ['1120ab'],
      truncated: true,
      file: join(dir, 'r05-cut.crl'),
    });
    expect(cut.der.length).toBe(Math.floor(der.length / 2));
    expect(() => createServer({ crl: cut.pem, cert: serverLeaf.certPem, key: serverLeaf.keyPem })).toThrow();
  });
});

describe('the folder of an authority', () => {
  test('keeps its keys for their owner only', async () => {
    const caDir = join(authority.dir, 'ca');
    const keys = (await readdir(caDir)).filter((name) => name.endsWith('.key'));
    expect(keys.length).toBe(5);
    for (const name of keys) expect((await stat(join(caDir, name))).mode & 0o777).toBe(0o600);
    const written = await writeLeaf(dir, 'leaf', serverLeaf);
    expect((await stat(written.keyFile)).mode & 0o777).toBe(0o600);
  });

  test('opened again holds the same authority', async () => {
    const again = await openAuthority(authority.dir);
    expect(again.signers).toEqual(authority.signers);
  });

  test('opened twice at once holds one authority', async () => {
    const shared = join(dir, 'race');
    const opened = await Promise.all(
      Array.from({ length: 4 }, () => openAuthority(shared, { ...TEST_KEYS })),
    );
    const roots = new Set(
      opened.map(({ signers }) => createHash('sha256').update(signers.root.certPem).digest('hex')),
    );
    expect(roots.size).toBe(1);
    expect((await readdir(shared)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(await readFile(join(shared, 'root.crt'), 'utf8')).toBe(opened[0]!.signers.root.certPem);
  });
});

describe('the default identities', () => {
  test('are made once, then found again', async () => {
    const first = await ensureSandboxPki(join(dir, 'default'), { ...TEST_KEYS });
    const second = await ensureSandboxPki(join(dir, 'default'));
    expect([...first.vendors.keys()]).toEqual(['agenda-a', 'agenda-b', 'agenda-c']);
    for (const [id, pair] of first.vendors) {
      expect(pair.server).toMatchObject({ cn: `${id}.sandbox.test`, created: true });
      expect(pair.client.ou).toBe(pair.server.ou);
      expect(pair.client.ou).toMatch(/^3\d{14}$/);
      expect(second.vendors.get(id)?.client).toEqual({ ...pair.client, created: false });
      const certificate = new X509Certificate(await readFile(pair.server.certFile));
      expect(certificate.subjectAltName).toContain('IP Address:127.0.0.1');
      expect(certificate.subject).toContain(`OU=${pair.server.ou}\nCN=${id}.sandbox.test`);
    }
    expect(second.relay.client).toEqual({ ...first.relay.client, created: false });
    expect(new Set([...first.vendors.values()].map(({ client }) => client.ou)).size).toBe(3);
  });

  test('renew a list that is about to end and keep what it revokes', async () => {
    const pki = await ensureSandboxPki(join(dir, 'default'), { ...TEST_KEYS });
    const revoked = await pki.authority.issueClient(EDITOR);
    await pki.authority.writeCrl({ revoked: [revoked.serial], nextUpdate: new Date(Date.now() + DAY_MS) });
    const before = await readFile(pki.crlFiles[1], 'utf8');
    await ensureSandboxPki(join(dir, 'default'));
    const after = await readFile(pki.crlFiles[1], 'utf8');
    expect(after).not.toBe(before);
    expect(
      Buffer.from(after.replace(/-----.*-----|\s/g, ''), 'base64').includes(
        Buffer.from(revoked.serial, 'hex'),
      ),
    ).toBe(true);
  });
});

describe('the command', () => {
  async function run(...args: string[]) {
    const child = spawn(process.execPath, ['sandbox/pki/main.ts', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    const [code] = await once(child, 'close');
    return { code, output };
  }

  test('prints what it made, then what was there', async () => {
    const out = join(dir, 'command');
    const first = await run('--out', out, '--ca-bits', '2048');
    expect(first).toMatchObject({ code: 0, output: expect.stringContaining('agenda-a, serveur (créé)') });
    const second = await run('--out', out);
    expect(second).toMatchObject({ code: 0, output: expect.stringContaining('agenda-a, serveur (déjà là)') });
  });

  test('says why it cannot write, and exits 1', async () => {
    const file = join(dir, 'a-file');
    await writeFile(file, '');
    expect(await run('--out', join(file, 'below'))).toMatchObject({
      code: 1,
      output: expect.stringContaining('Impossible d’écrire'),
    });
  });

  test.each([[[]], [['--out', 'x', '--ca-bits', '7']], [['--nope']]])(
    'exits 2 with its usage for %j',
    async (args) => {
      expect(await run(...args)).toMatchObject({ code: 2, output: expect.stringContaining('Usage') });
    },
  );
});
