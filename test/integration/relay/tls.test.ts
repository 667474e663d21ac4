// Who the relay accepts to talk to, and what each refusal is called: real handshakes, real certificates.

import { constants } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { EditorConfig } from '../../../relay/base/config.ts';
import type { VendorClient } from '../../../relay/vendor/vendor-client.ts';
import type { LeafRequest } from '../../../sandbox/pki/authority.ts';
import { makeClient, readPage } from '../../support/doubles/relay-client.ts';
import { sendJson, startTestVendor, type TestVendor } from '../../support/doubles/relay-vendor.ts';
import { makeTestAuthority, type TestAuthority, VENDOR_NAME } from '../../support/scenes/relay/authority.ts';
import { until } from '../../support/wait/until.ts';

const DAY_MS = 86_400_000;
const EMPTY = { resourceType: 'Bundle', type: 'searchset', total: 0 };

let authority: TestAuthority;
let files: { certFile: string; keyFile: string };
const open: (TestVendor | VendorClient)[] = [];

beforeAll(async () => {
  authority = await makeTestAuthority();
  files = await authority.client('relay');
});

afterEach(async () => {
  for (const one of open.splice(0)) await ('retire' in one ? one.retire() : one.close());
});

afterAll(() => authority?.remove());

interface Case {
  readonly leaf?: Partial<LeafRequest>;
  readonly tls?: TlsOptions;
  readonly editor?: Partial<EditorConfig>;
  readonly caFile?: string;
  readonly crlFiles?: readonly string[];
  readonly baseUrl?: (vendor: TestVendor) => string;
}

async function meet(one: Case) {
  const leaf = await authority.server('vendor', one.leaf);
  const ca = authority.signers.org.certPem + authority.signers.root.certPem;
  const vendor = await startTestVendor(leaf, ca, (_request, response) => sendJson(response, EMPTY), one.tls);
  const client = makeClient({
    baseUrl: one.baseUrl?.(vendor) ?? vendor.baseUrl,
    authority,
    files,
    ...(one.editor && { editor: one.editor }),
    ...(one.caFile !== undefined && { caFile: one.caFile }),
    ...(one.crlFiles && { crlFiles: one.crlFiles }),
  });
  open.push(client, vendor);
  const ask = () => readPage(client, 1024 * 1024);
  return { vendor, client, ask, leaf };
}

async function reasonOf(one: Case): Promise<string> {
  const { ask, vendor } = await meet(one);
  const page = await ask();
  if (!page.ok) expect(vendor.requests).toEqual([]);
  return page.ok ? 'ok' : `${page.error.reason} ${page.error.code}`;
}

test('accepts the pinned CN and OU, whatever the host name', async () => {
  expect(await reasonOf({ leaf: { dns: ['elsewhere.test'], ips: [] } })).toBe('ok');
});

test.each([
  ['another CN', { cn: 'agenda-other' }, 'certificate vendor-cn'],
  ['the CN in another case', { cn: 'Agenda-Test' }, 'certificate vendor-cn'],
  ['two CNs, the right one among them', { cn: [VENDOR_NAME.cn, 'other'] }, 'certificate vendor-cn'],
  [
    'the CN in a subject alternative name only',
    { cn: 'other', dns: [VENDOR_NAME.cn] },
    'certificate vendor-cn',
  ],
  ['another OU', { ou: '399990000000999' }, 'certificate vendor-ou'],
  ['two OUs, the right one among them', { ou: [VENDOR_NAME.ou, '3999'] }, 'certificate vendor-ou'],
  ['no OU', { ou: [] }, 'certificate vendor-ou'],
  [
    'both in one attribute',
    { cn: `${VENDOR_NAME.cn},OU=${VENDOR_NAME.ou}`, ou: [] },
    'certificate vendor-cn',
  ],
] as const)('refuses %s, before any request is sent', async (_name, leaf, reason) => {
  expect(await reasonOf({ leaf: leaf as Partial<LeafRequest> })).toBe(reason);
});

test('refuses an expired certificate', async () => {
  const leaf = { notBefore: new Date(Date.now() - 20 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) };
  expect(await reasonOf({ leaf })).toBe('certificate CERT_HAS_EXPIRED');
});

test('refuses a certificate that is not valid yet', async () => {
  expect(await reasonOf({ leaf: { notBefore: new Date(Date.now() + DAY_MS) } })).toBe(
    'certificate CERT_NOT_YET_VALID',
  );
});

test('refuses a certificate made for clients', async () => {
  expect(await reasonOf({ leaf: { usages: ['clientAuth'] } })).toBe('certificate INVALID_PURPOSE');
});

test('refuses an authority with the same names and other keys', async () => {
  expect(await reasonOf({ leaf: { issuer: 'spoof' } })).toMatch(/^certificate /);
});

test('refuses a self-signed certificate', async () => {
  expect(await reasonOf({ leaf: { issuer: 'self' } })).toMatch(/^certificate .*SELF_SIGNED/);
});

test('refuses an authority that is not in caFile', async () => {
  const caFile = join(authority.dir, 'other-ca.pem');
  await writeFile(caFile, authority.signers['spoof-root'].certPem);
  expect(await reasonOf({ caFile })).toMatch(/^certificate /);
});

test('without a pin, checks the host name', async () => {
  const editor = { server: undefined };
  expect(await reasonOf({ editor })).toBe('ok');
  expect(await reasonOf({ editor, leaf: { dns: ['elsewhere.test'] } })).toBe(
    'certificate ERR_TLS_CERT_ALTNAME_INVALID',
  );
});

test('without a pin, checks an address against the addresses of the certificate', async () => {
  const baseUrl = (vendor: TestVendor) => `https://127.0.0.1:${vendor.port}/fhir`;
  expect(await reasonOf({ editor: { server: undefined }, baseUrl })).toBe('ok');
  expect(await reasonOf({ editor: { server: undefined }, baseUrl, leaf: { ips: [] } })).toMatch(/ALTNAME/);
});

test('sends the configured servername and checks it instead of the host', async () => {
  const names: unknown[] = [];
  const editor = { server: undefined, servername: 'agenda.test' };
  const tls: TlsOptions = {
    SNICallback: (name, done) => {
      names.push(name);
      done(null);
    },
  };
  expect(await reasonOf({ editor, tls, leaf: { dns: ['agenda.test'] } })).toBe('ok');
  expect(names).toEqual(['agenda.test']);
});

test('refuses a revoked certificate, and accepts the others of the same list', async () => {
  const { rootCrl } = authority.files;
  const revoked = await authority.server('revoked');
  const file = join(authority.dir, 'revoking.crl');
  await authority.writeCrl({ revoked: [revoked.serial], file });
  const { vendor, ask } = await meet({ crlFiles: [rootCrl, file] });
  expect((await ask()).ok).toBe(true);
  vendor.present(revoked);
  for (const socket of vendor.sockets) socket.destroy();
  const refused = await until('a new handshake', async () => {
    const page = await ask();
    return !page.ok && page.error;
  });
  expect(refused).toMatchObject({ reason: 'certificate', code: 'CERT_REVOKED' });
});

test('refuses every vendor under a stale list', async () => {
  const file = join(authority.dir, 'stale.crl');
  await authority.writeCrl({
    file,
    thisUpdate: new Date(Date.now() - 9 * DAY_MS),
    nextUpdate: new Date(Date.now() - DAY_MS),
  });
  expect(await reasonOf({ crlFiles: [authority.files.rootCrl, file] })).toBe('certificate CRL_HAS_EXPIRED');
});

test('refuses a server that only speaks TLS 1.1', async () => {
  const tls: TlsOptions = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' };
  expect(await reasonOf({ tls })).toMatch(/^tls /);
});

test('speaks TLS 1.2 with a server that has no better', async () => {
  expect(await reasonOf({ tls: { maxVersion: 'TLSv1.2' } })).toBe('ok');
});

test('prefers TLS 1.3', async () => {
  const { vendor, ask } = await meet({});
  await ask();
  expect([...vendor.sockets].map((socket) => socket.getProtocol())).toEqual(['TLSv1.3']);
});

test('calls tls a vendor that refuses our certificate in the handshake', async () => {
  const ca = authority.signers['spoof-root'].certPem;
  expect(await reasonOf({ tls: { ca, maxVersion: 'TLSv1.2' } })).toMatch(/^tls /);
});

// With TLS 1.3 our side of the handshake is over before the vendor looks at our certificate. A vendor that then
// closes without an alert, as Node does, cannot be told from one that drops the connection.
test('calls reset a vendor that drops us after a TLS 1.3 handshake without saying why', async () => {
  const ca = authority.signers['spoof-root'].certPem;
  expect(await reasonOf({ tls: { ca, minVersion: 'TLSv1.3' } })).toMatch(/^reset /);
});

test('calls connect a port where nobody listens', async () => {
  const { vendor, ask } = await meet({});
  await vendor.close();
  const page = await ask();
  expect(page.ok ? 'ok' : page.error).toMatchObject({ reason: 'connect', code: 'ECONNREFUSED' });
});

test('calls connect a name that does not exist', async () => {
  const baseUrl = () => 'https://agenda.invalid/fhir';
  expect(await reasonOf({ baseUrl })).toMatch(/^connect E/);
});

test('checks the identity again on every new connection', async () => {
  const { vendor, ask } = await meet({});
  expect((await ask()).ok).toBe(true);
  vendor.present(await authority.server('impostor', { cn: 'impostor' }));
  for (const socket of vendor.sockets) socket.destroy();
  const refused = await until('a new handshake', async () => {
    const page = await ask();
    // The old connection may be asked once more before its end is seen.
    return !page.ok && page.error.reason !== 'reset' && page.error;
  });
  expect(refused).toMatchObject({ reason: 'certificate', code: 'vendor-cn' });
});

/** Asks for our certificate only once it has read the request, in a second handshake, and shows `second` in it. */
async function askLate(second?: { certPem: string; keyPem: string }) {
  const seen: unknown[] = [];
  const late = {
    maxVersion: 'TLSv1.2',
    requestCert: false,
    secureOptions: constants.SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION | constants.SSL_OP_NO_TICKET,
  } as const;
  const { vendor, ask } = await meet({ tls: late });
  vendor.handler = (request, response) => {
    const socket = request.socket as TLSSocket;
    if (second !== undefined) socket.setKeyCert({ cert: second.certPem, key: second.keyPem });
    socket.renegotiate({ requestCert: true, rejectUnauthorized: false }, () => {
      seen.push(socket.getPeerCertificate().subject?.CN);
      sendJson(response, EMPTY);
    });
  };
  return { page: await ask(), seen };
}

test('presents our certificate to a vendor that asks for it in a second handshake', async () => {
  const { page, seen } = await askLate();
  expect(page.ok).toBe(true);
  expect(seen).toEqual(['relay-client']);
});

test('judges again what a vendor shows in a second handshake', async () => {
  const { page } = await askLate(await authority.server('other', { cn: 'agenda-other' }));
  expect(page.ok ? 'ok' : page.error).toMatchObject({ reason: 'certificate', code: 'vendor-cn' });
});
