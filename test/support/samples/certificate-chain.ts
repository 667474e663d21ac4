// A chain of real certificates, root, vendors' authority and leaf, each with any fault; the lists beside it; and what the
// relay's mTLS port says of it.
import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { expect } from 'vitest';
import { AuthorityPool, readAuthority } from '../../../relay/certificates/authority-pool.ts';
import type { HeldList, HeldLists } from '../../../relay/certificates/held-lists.ts';
import { pairKey, Trust } from '../../../relay/certificates/trust.ts';

export { KeyUsageFlags };

type KeyPair = webcrypto.CryptoKeyPair;
export const NOW = Date.UTC(2026, 10, 30, 9);
export const HOUR_MS = 3_600_000;
const EC = { name: 'ECDSA', namedCurve: 'P-256' } as const;
export const CLIENT = '1.3.6.1.5.5.7.3.2';
export const SERVER = '1.3.6.1.5.5.7.3.1';
export const makeKeys = async (algorithm: object = EC): Promise<KeyPair> =>
  (await webcrypto.subtle.generateKey(algorithm as webcrypto.EcKeyGenParams, true, [
    'sign',
    'verify',
  ])) as KeyPair;

export interface Made {
  readonly name: string;
  readonly issuer: string;
  /** Its own key. */
  readonly keys: KeyPair;
  readonly signer: KeyPair;
  /** The key that the authority key id names; default: the signer's. */
  readonly hint?: KeyPair | 'none';
  readonly ca?: boolean;
  readonly pathLength?: number;
  readonly usages?: number | 'none';
  readonly extended?: readonly string[] | undefined;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly hash?: string;
  readonly serial: string;
  readonly critical?: boolean;
}

export async function make(made: Made): Promise<X509Certificate> {
  const { keys, signer, hint = signer, ca = false } = made;
  const usages =
    made.usages ?? (ca ? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign : KeyUsageFlags.digitalSignature);
  const certificate = await X509CertificateGenerator.create({
    subject: made.name,
    issuer: made.issuer,
    serialNumber: made.serial,
    notBefore: new Date(made.fromMs ?? NOW - HOUR_MS),
    notAfter: new Date(made.toMs ?? NOW + HOUR_MS),
    publicKey: keys.publicKey,
    signingKey: signer.privateKey,
    signingAlgorithm: { ...EC, hash: made.hash ?? 'SHA-256' },
    extensions: [
      new BasicConstraintsExtension(ca, made.pathLength, true),
      ...(usages === 'none' ? [] : [new KeyUsagesExtension(usages, true)]),
      ...(made.extended === undefined ? [] : [new ExtendedKeyUsageExtension([...made.extended])]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...(hint === 'none' ? [] : [await AuthorityKeyIdentifierExtension.create(hint.publicKey)]),
      ...(made.critical === undefined
        ? []
        : [new Extension('1.2.3.4', made.critical, new Uint8Array([5, 0]))]),
    ],
  });
  return new X509Certificate(Buffer.from(certificate.rawData));
}

export const ROOT = 'CN=Root';
export const ORG = 'CN=Vendors';
export const LEAF = 'CN=client, OU=399';
const SERIAL = { root: '01', org: '0a02', leaf: '0b03' } as const;
export type Part = keyof typeof SERIAL;
export const keys = {} as Record<Part | 'other' | 'weak', KeyPair>;
/** In each file's beforeAll. */
export async function makeChainKeys(): Promise<void> {
  for (const name of ['root', 'org', 'leaf', 'other'] as const) keys[name] = await makeKeys();
  keys.weak = await makeKeys({
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 1024,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  });
}

export type Faults = Partial<Record<Part, Partial<Made>>>;
export interface Chain {
  readonly leaf: X509Certificate;
  readonly org: X509Certificate;
  readonly root: X509Certificate;
}
export async function makeChain(faults: Faults = {}, extended: readonly string[] = [CLIENT]): Promise<Chain> {
  return {
    root: await make({
      name: ROOT,
      issuer: ROOT,
      keys: keys.root,
      signer: keys.root,
      ca: true,
      serial: SERIAL.root,
      ...faults.root,
    }),
    org: await make({
      name: ORG,
      issuer: ROOT,
      keys: keys.org,
      signer: keys.root,
      ca: true,
      serial: SERIAL.org,
      ...faults.org,
    }),
    leaf: await make({
      name: LEAF,
      issuer: ORG,
      keys: keys.leaf,
      signer: keys.org,
      extended,
      serial: SERIAL.leaf,
      ...faults.leaf,
    }),
  };
}
export const poolOf = (...certificates: readonly X509Certificate[]): AuthorityPool =>
  new AuthorityPool(certificates.map((one) => readAuthority(one)!));

export const list = (over: Partial<HeldList> & Pick<HeldList, 'keyId'>): HeldList => ({
  number: 1n,
  thisUpdateMs: NOW - 1_000,
  nextUpdateMs: NOW + 1_000,
  revoked: new Set(),
  ...over,
});
export const idOf = (certificate: X509Certificate): string => readAuthority(certificate)!.keyId;

interface Asked {
  readonly lists?: HeldLists;
  readonly revocation?: 'hard' | 'soft';
  readonly nowMs?: number;
  readonly pool?: AuthorityPool;
  readonly editors?: readonly string[];
}
export const freshLists = ({ org, root }: Chain): HeldLists =>
  new Map([org, root].map((one) => [idOf(one), list({ keyId: idOf(one) })]));
const EDITOR = { id: 'agenda-a', appointmentSystem: 'urn:oid:1.2' };

export function judge(chain: Chain, asked: Asked = {}): string {
  const { revocation = 'hard', nowMs = NOW } = asked;
  const trust = new Trust({
    authorities: asked.pool ?? poolOf(chain.org, chain.root),
    lists: asked.lists ?? freshLists(chain),
    editors: new Map((asked.editors ?? [pairKey('client', '399')]).map((key) => [key, EDITOR])),
    revocation,
  });
  const judgment = trust.judge(chain.leaf, nowMs);
  if (!judgment.ok) return judgment.reason;
  expect(judgment.editor).toBe(EDITOR);
  return judgment.unchecked === undefined ? 'accepted' : `accepted, ${judgment.unchecked}`;
}
