// Where a certificate says that its issuer's list lies: HTTP addresses of whole lists, nothing else.

import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { CRLDistributionPointsExtension, Extension, X509CertificateGenerator } from '@peculiar/x509';
import { expect, test } from 'vitest';
import { readDistributionPoints } from '../../../relay/crl/distribution-points.ts';

const OID = '2.5.29.31';
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

async function certify(...extensions: readonly Extension[]): Promise<X509Certificate> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=agenda',
    keys,
    signingAlgorithm: algorithm,
    extensions: [...extensions],
  });
  return new X509Certificate(Buffer.from(made.rawData));
}

/** DER of one element under 128 bytes. */
const der = (tag: number, ...parts: readonly (Buffer | string)[]): Buffer => {
  const content = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
};
const nameOf = (url: string): Buffer => der(0xa0, der(0xa0, der(0x86, url)));

test('gives HTTP addresses in their order, and no LDAP, file or broken one', async () => {
  const urls = [
    'ldap://list.example/cn=a?list',
    'http://list.example/a.crl',
    'file:///a.crl',
    'https://b.example/b.crl',
    'no url',
    'http://me:word@c.example/c.crl',
  ];
  const certificate = await certify(new CRLDistributionPointsExtension(urls));
  expect(readDistributionPoints(certificate)).toEqual([
    'http://list.example/a.crl',
    'https://b.example/b.crl',
  ]);
});

test('leaves out a point of some reasons only, and one whose list another authority signs', async () => {
  const some = der(0x30, nameOf('http://a.example/some.crl'), der(0x81, Buffer.from([1, 0x60])));
  const indirect = der(0x30, nameOf('http://a.example/other.crl'), der(0xa2, der(0x82, 'other')));
  const whole = der(0x30, nameOf('http://a.example/whole.crl'));
  const certificate = await certify(new Extension(OID, false, der(0x30, some, indirect, whole)));
  expect(readDistributionPoints(certificate)).toEqual(['http://a.example/whole.crl']);
});

test('gives none where there are none, or where they cannot be read', async () => {
  expect(readDistributionPoints(await certify())).toEqual([]);
  const cut = new Extension(OID, false, Buffer.from([0x30, 0x20, 0x30]));
  expect(readDistributionPoints(await certify(cut))).toEqual([]);
});
