// The reader of certificates and lists at the mTLS port: what it reads, and that no bytes make it throw.

import { X509Certificate } from 'node:crypto';
import { mkdtempSync } from 'node:fs';

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCertificate } from '../../../relay/certificates/certificate-facts.ts';
import { readRevocationList } from '../../../relay/certificates/revocation-list.ts';
import { readRevokedSerials } from '../../../relay/certificates/revoked-serials.ts';
import { type Authority, openAuthority } from '../../../sandbox/pki/authority.ts';
import { TEST_KEYS } from '../../support/samples/rsa-keys.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

const dir = mkdtempSync(join(tmpdir(), 'inbound-read-'));
let authority: Authority;

beforeAll(async () => {
  authority = await openAuthority(dir, { ...TEST_KEYS });
});

afterAll(() => removeFolder(dir));

/** Only `raw` is read. */
const asCertificate = (raw: Buffer): X509Certificate => ({ raw }) as unknown as X509Certificate;

test('reads names as they are, however they look as a text', async () => {
  const cn = 'a\\,OU=b\nCN=é\0';
  const leaf = await authority.issueClient({ cn, ou: ['1', '2'] });
  expect(readCertificate(new X509Certificate(leaf.leafPem))).toMatchObject({
    cn: [cn],
    ou: ['1', '2'],
    serial: leaf.serial.toUpperCase(),
    isAuthority: false,
    keyUsage: 0x80,
    extendedUsages: ['1.3.6.1.5.5.7.3.2'],
    algorithm: '1.2.840.113549.1.1.11',
    hasUnknownCritical: false,
  });
});

test('reads an authority as one, with the key id that its leaves name', async () => {
  const leaf = readCertificate(
    new X509Certificate((await authority.issueClient({ cn: 'a', ou: 'b' })).leafPem),
  );
  const issuer = readCertificate(new X509Certificate(authority.signers.org.certPem));
  expect(issuer).toMatchObject({ isAuthority: true, keyUsage: 0x06 });
  expect(leaf?.authorityKeyId).toEqual(issuer?.keyId);
  expect(leaf?.issuer).toEqual(issuer?.subject);
});

test('reads or gives up, and never throws, on a certificate cut or changed at any byte', async () => {
  const { raw } = new X509Certificate((await authority.issueClient({ cn: 'a', ou: 'b' })).leafPem);
  let unread = 0;
  for (let at = 0; at < raw.length; at += 1) {
    unread += Number(readCertificate(asCertificate(raw.subarray(0, at))) === undefined);
    for (const value of [0x00, 0x80, 0xff, (raw[at] ?? 0) ^ 1]) {
      const changed = Buffer.from(raw);
      changed[at] = value;
      readCertificate(asCertificate(changed));
    }
  }
  expect(unread).toBe(raw.length);
});

test('reads every serial of a list, and none of an empty one', async () => {
  const read = (der: Uint8Array) => {
    const list = readRevocationList(Buffer.from(der));
    return list && readRevokedSerials(list);
  };
  const empty = await authority.writeCrl();
  expect(read(empty.der)).toEqual(new Set());
  const some = await authority.writeCrl({ revoked: ['00ab01', 'FF02'] });
  expect(read(some.der)).toEqual(new Set(['AB01', 'FF02']));
});

test('reads or gives up, and never throws, on a list changed at any byte', async () => {
  const { der } = await authority.writeCrl({ revoked: ['ab01'] });
  let isRead = 0;
  for (let at = 0; at < der.length; at += 1) {
    for (const value of [0x00, 0x80, 0xff]) {
      const changed = Buffer.from(der);
      changed[at] = value;
      const list = readRevocationList(changed);
      isRead += Number(list !== undefined && readRevokedSerials(list) !== undefined);
    }
  }
  expect(isRead).toBeGreaterThan(0);
});

/** DER by hand: the sandbox makes no partial list. */
const der = (tag: number, ...parts: (Buffer | string)[]): Buffer => {
  const content = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'hex') : part)),
  );
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
};

test.each([
  ['a delta', der(0x30, der(0x06, '551d1b'), '0101ff', der(0x04, '020101')), false],
  ['an indirect one', der(0x30, der(0x06, '551d1c'), '0101ff', der(0x04, der(0x30, '8401ff'))), false],
  ['one for some reasons', der(0x30, der(0x06, '551d1c'), '0101ff', der(0x04, der(0x30, '83020780'))), false],
  ['one for leaves', der(0x30, der(0x06, '551d1c'), '0101ff', der(0x04, der(0x30, '8101ff'))), true],
  ['one with a number', der(0x30, der(0x06, '551d14'), der(0x04, '020101')), true],
])('of %s: whole by itself %#', (_name, extension, isWhole) => {
  const signed = der(
    0x30,
    '020101',
    der(0x30, der(0x06, '2a864886f70d01010b')),
    der(0x30),
    der(0x17, Buffer.from('260101000000Z')),
    der(0x17, Buffer.from('270101000000Z')),
    der(0xa0, der(0x30, extension)),
  );
  const list = readRevocationList(
    der(0x30, signed, der(0x30, der(0x06, '2a864886f70d01010b')), der(0x03, '00')),
  );
  expect(list).toBeDefined();
  expect(list && readRevokedSerials(list)).toEqual(isWhole ? new Set() : undefined);
});
