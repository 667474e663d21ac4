// Builds certificates: authorities (root, intermediates, impostors) and leaves, sound or broken on request.
// No files here. Extensions follow the imitation profile: critical basic constraints and key usage on
// authorities, digitalSignature with clientAuth or serverAuth on leaves, AKI, SKI and a CRL distribution point.

// The X.509 library resolves its parts by decorators, and wants this polyfill before it is loaded.
import 'reflect-metadata';
import { randomBytes, type webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { type Hash, type KeyPair, readPrivateKey, type Scheme } from './keys.ts';
import type { DnAttribute } from './names.ts';

const DAY_MS = 86_400_000;
const CA_VALIDITY_DAYS = 20 * 365;
const LEAF_VALIDITY_DAYS = 3 * 365;
// A little in the past, so that a peer whose clock is late still accepts what was just made.
const BACKDATE_MS = 3_600_000;
const SERIAL_RANDOM_BYTES = 16;
const PSS_SALT_BYTES = 32;

export interface Signer {
  readonly certPem: string;
  readonly keyPem: string;
}

/** How a certificate is written, where real authorities differ. */
export interface Style {
  /** `none`: neither subject nor authority key id. */
  readonly keyIds?: 'own' | 'none';
  /** Type of the strings in the names; default UTF8String. */
  readonly strings?: 'utf8String' | 'printableString' | undefined;
  readonly scheme?: Scheme | undefined;
}

export interface LeafSpec extends Style {
  readonly subject: readonly DnAttribute[];
  readonly issuer: Signer | 'self';
  readonly usages: readonly ('clientAuth' | 'serverAuth')[];
  readonly keyEncipherment?: boolean;
  readonly dns?: readonly string[];
  readonly ips?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly hash?: Hash;
  readonly crlUrl?: string;
  /** Makes a leaf that claims to be an authority. */
  readonly ca?: boolean;
}

export interface AuthoritySpec extends Style {
  readonly subject: readonly DnAttribute[];
  readonly issuer: Signer | 'self';
  readonly crlUrl?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** UTF8String values, as the real authority writes them, unless it is asked otherwise. */
function makeName(
  attributes: readonly DnAttribute[],
  strings: NonNullable<Style['strings']> = 'utf8String',
): Name {
  return new Name(attributes.map(({ type, value }) => ({ [type]: [{ [strings]: value }] })));
}

/** Hexadecimal, 18 bytes, with the leading bytes the real authority's serials have. */
function makeSerial(): string {
  return `1120${randomBytes(SERIAL_RANDOM_BYTES).toString('hex')}`;
}

export async function makeAuthorityCertificate(keys: KeyPair, spec: AuthoritySpec): Promise<string> {
  const { subject, issuer, strings, scheme, notBefore, notAfter } = spec;
  // A root's key issues intermediates, also under another root's signature.
  const isRoot = issuer === 'self' || isRootName(subject);
  const issued = await openIssuer(issuer, keys, { subject, hash: 'SHA-256', strings, scheme });
  const extensions: Extension[] = [
    new BasicConstraintsExtension(true, isRoot ? undefined : 0, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ...(await makeKeyIds(keys, issued.publicKey, spec)),
  ];
  if (spec.crlUrl !== undefined) extensions.push(new CRLDistributionPointsExtension([spec.crlUrl]));
  const certificate = await X509CertificateGenerator.create({
    serialNumber: makeSerial(),
    subject: makeName(subject, strings),
    issuer: issued.name,
    notBefore: notBefore ?? new Date(Date.now() - BACKDATE_MS),
    notAfter: notAfter ?? new Date(Date.now() + CA_VALIDITY_DAYS * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: issued.key,
    ...signingOf(scheme),
    extensions,
  });
  return `${certificate.toString('pem')}\n`;
}

export async function makeLeafCertificate(
  keys: KeyPair,
  spec: LeafSpec,
): Promise<{ readonly pem: string; readonly serial: string }> {
  const { subject, strings, scheme, hash = 'SHA-256' } = spec;
  const issued = await openIssuer(spec.issuer, keys, { subject, hash, strings, scheme });
  const serial = makeSerial();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial,
    subject: makeName(subject, strings),
    issuer: issued.name,
    notBefore: spec.notBefore ?? new Date(Date.now() - BACKDATE_MS),
    notAfter: spec.notAfter ?? new Date(Date.now() + LEAF_VALIDITY_DAYS * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: issued.key,
    ...signingOf(scheme),
    extensions: await makeLeafExtensions(keys, spec, issued.publicKey),
  });
  return { pem: `${certificate.toString('pem')}\n`, serial };
}

async function makeLeafExtensions(
  keys: KeyPair,
  spec: LeafSpec,
  issuerKey: IssuerPublicKey,
): Promise<Extension[]> {
  const flags = spec.keyEncipherment
    ? KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment
    : KeyUsageFlags.digitalSignature;
  const extensions: Extension[] = [
    new BasicConstraintsExtension(spec.ca ?? false, undefined, true),
    new KeyUsagesExtension(spec.ca ? flags | KeyUsageFlags.keyCertSign : flags, true),
    ...(await makeKeyIds(keys, issuerKey, spec)),
  ];
  if (spec.usages.length > 0) {
    extensions.push(new ExtendedKeyUsageExtension(spec.usages.map((usage) => ExtendedKeyUsage[usage])));
  }
  const names: JsonGeneralName[] = [
    ...(spec.dns ?? []).map((value): JsonGeneralName => ({ type: 'dns', value })),
    ...(spec.ips ?? []).map((value): JsonGeneralName => ({ type: 'ip', value })),
  ];
  if (names.length > 0) extensions.push(new SubjectAlternativeNameExtension(names));
  if (spec.crlUrl !== undefined) extensions.push(new CRLDistributionPointsExtension([spec.crlUrl]));
  return extensions;
}

type IssuerPublicKey = webcrypto.CryptoKey | X509Certificate['publicKey'];

async function makeKeyIds(
  keys: KeyPair,
  issuerKey: IssuerPublicKey,
  { keyIds = 'own' }: Style,
): Promise<Extension[]> {
  if (keyIds === 'none') return [];
  return [
    await SubjectKeyIdentifierExtension.create(keys.publicKey),
    await AuthorityKeyIdentifierExtension.create(issuerKey),
  ];
}

/** Nothing for PKCS #1, which the key then says by itself. */
function signingOf(scheme: Scheme | undefined) {
  return scheme === 'RSA-PSS' ? { signingAlgorithm: { name: scheme, saltLength: PSS_SALT_BYTES } } : {};
}

function isRootName(subject: readonly DnAttribute[]): boolean {
  return subject.some(({ type, value }) => type === 'CN' && value.includes('RACINE'));
}

interface IssuerWords extends Pick<Style, 'strings' | 'scheme'> {
  readonly subject: readonly DnAttribute[];
  readonly hash: Hash;
}

async function openIssuer(issuer: Signer | 'self', keys: KeyPair, words: IssuerWords) {
  const { subject, hash, strings, scheme } = words;
  if (issuer === 'self') {
    const key = await readPrivateKey(keys.keyPem, hash, scheme);
    const publicKey: IssuerPublicKey = keys.publicKey;
    return { name: makeName(subject, strings), key, publicKey };
  }
  const certificate = new X509Certificate(issuer.certPem);
  const publicKey: IssuerPublicKey = certificate.publicKey;
  return {
    name: strings === undefined ? certificate.subjectName : renameStrings(certificate.subjectName, strings),
    key: await readPrivateKey(issuer.keyPem, hash, scheme),
    publicKey,
  };
}

/** The same name in strings of another type. */
function renameStrings(name: Name, strings: NonNullable<Style['strings']>): Name {
  return new Name(
    name
      .toJSON()
      .map((set) =>
        Object.fromEntries(
          Object.entries(set).map(([type, values]) => [
            type,
            values.map((value) => ({ [strings]: String(value) })),
          ]),
        ),
      ),
  );
}
