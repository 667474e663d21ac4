// The imitation authority kept in one folder: opens it, or makes it when absent, then issues leaves and lists.
// Private keys of authorities stay in `ca/`; what others read (root.crt, igc-sante.pem, *.crl) is beside it.

import { X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  type AuthoritySpec,
  type LeafSpec,
  makeAuthorityCertificate,
  makeLeafCertificate,
  type Signer,
  type Style,
} from './certificates.ts';
import { type FileContent, makeFolderOnce, readOptional, writeAtomically } from './files.ts';
import { type Hash, type KeyPair, makeKeyPair, readKeyPair } from './keys.ts';
import { CA_ISSUERS, CA_ROLES, type CaRole, type DnAttribute, nameAuthority, nameLeaf } from './names.ts';
import { makeRevocationList, type RevocationList } from './revocation.ts';

const CA_KEY_BITS = 3072;
const LEAF_KEY_BITS = 2048;
/** Where certificates say their revocation lists are, unless the authority is made otherwise. Nothing serves them. */
const CRL_BASE_URL = 'http://127.0.0.1:8404/CRL/';

export interface AuthorityOptions {
  /** Modulus of the authorities' keys; tests take 2048 to go faster. Used when the folder is first made. */
  readonly caKeyBits?: number;
  /** Where keys of so many bits come from; by default they are made. */
  readonly makeKeys?: (bits: number) => Promise<KeyPair>;
  /** Folder of the lists that certificates name: `ACR-EL.crl`, `ACI-EL-ORG.crl`. Ends with a slash. */
  readonly crlBaseUrl?: string;
}

type LeafIssuer = 'org' | 'pers' | 'spoof' | 'self' | Leaf | Signer;

export interface LeafRequest extends Style {
  readonly cn: string | readonly string[];
  readonly ou: string | readonly string[];
  /** Order of the name's attributes; one left out is absent from the name. */
  readonly order?: readonly DnAttribute['type'][];
  readonly issuer?: LeafIssuer;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly dns?: readonly string[];
  readonly ips?: readonly string[];
  /** Replaces the usage of the kind asked for; an empty list leaves the extension out. */
  readonly usages?: LeafSpec['usages'];
  readonly keyBits?: number;
  readonly hash?: Hash;
  readonly ca?: boolean;
}

export interface Leaf {
  /** Leaf, then its intermediate: what a server or client presents. */
  readonly certPem: string;
  readonly leafPem: string;
  readonly keyPem: string;
  /** Hexadecimal. */
  readonly serial: string;
}

export interface CrlRequest {
  readonly issuer?: 'org' | 'pers' | 'root';
  readonly revoked?: readonly string[];
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
  /** `spoof`: right issuer name, wrong key. */
  readonly signedBy?: 'issuer' | 'spoof';
  readonly truncated?: boolean;
  /** Replaces the issuer: an authority that was renewed. */
  readonly signer?: Signer;
  readonly number?: number;
  readonly keyIds?: 'own' | 'none';
  readonly only?: 'leaves' | 'authorities';
  readonly delta?: 'critical' | 'plain';
  /** PEM file to write, `.der` beside it; default: the authority's own list of that issuer. */
  readonly file?: string;
}

export interface RenewRequest extends Style {
  /** Another key under the same name; or the key of a certificate that was made before. */
  readonly newKey?: boolean;
  readonly keyOf?: Signer;
  /** Default: the authority that signed the first one; itself for a root. */
  readonly issuer?: Signer;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

interface AuthorityFiles {
  readonly root: string;
  readonly intermediateOrg: string;
  readonly intermediatePers: string;
  readonly spoofRoot: string;
  readonly spoofIntermediateOrg: string;
  /** ORG intermediate and root: what a `caFile` names. */
  readonly caBundle: string;
  readonly rootCrl: string;
  readonly intermediateOrgCrl: string;
  readonly intermediatePersCrl: string;
}

export interface Authority {
  readonly dir: string;
  readonly files: AuthorityFiles;
  /** Certificates and keys of the authorities themselves. */
  readonly signers: Readonly<Record<CaRole, Signer>>;
  issueClient(request: LeafRequest): Promise<Leaf>;
  issueServer(request: LeafRequest): Promise<Leaf>;
  writeCrl(request?: CrlRequest): Promise<RevocationList & { readonly file: string }>;
  /** Another certificate of an authority's name, for its key or a new one. Nothing is written. */
  renew(role: CaRole, request?: RenewRequest): Promise<Signer>;
  /** Hexadecimal serial of an authority's own certificate, to revoke it in the root's list. */
  serialOf(role: CaRole): string;
}

export async function openAuthority(dir: string, options: AuthorityOptions = {}): Promise<Authority> {
  const root = resolve(dir);
  await mkdir(root, { recursive: true });
  const caDir = join(root, 'ca');
  if ((await readOptional(join(caDir, 'root.crt'))) === undefined) {
    await makeFolderOnce(caDir, () => makeAuthorities(options));
  }
  const signers = await readSigners(caDir);
  const files = listFiles(root);
  const authority = makeAuthority(root, files, signers, options);
  await publish(authority);
  return authority;
}

/** Writes `name.crt` (leaf and intermediate) and `name.key` (mode 0600) in a folder. */
export async function writeLeaf(
  dir: string,
  name: string,
  leaf: Leaf,
): Promise<{ readonly certFile: string; readonly keyFile: string }> {
  const certFile = join(dir, `${name}.crt`);
  const keyFile = join(dir, `${name}.key`);
  await writeAtomically(keyFile, { content: leaf.keyPem, secret: true });
  await writeAtomically(certFile, { content: leaf.certPem });
  return { certFile, keyFile };
}

async function makeAuthorities(options: AuthorityOptions): Promise<Record<string, FileContent>> {
  const { caKeyBits: bits = CA_KEY_BITS, makeKeys = makeKeyPair, crlBaseUrl = CRL_BASE_URL } = options;
  const crlUrl = `${crlBaseUrl}ACR-EL.crl`;
  const made = new Map<CaRole, Signer>();
  // CA_ROLES lists a root before those it signs.
  for (const role of CA_ROLES.toSorted((a, b) => Number(CA_ISSUERS[a] !== a) - Number(CA_ISSUERS[b] !== b))) {
    const keys = await makeKeys(bits);
    const issuer = made.get(CA_ISSUERS[role]) ?? 'self';
    const subject = nameAuthority(role);
    const spec: AuthoritySpec = issuer === 'self' ? { subject, issuer } : { subject, issuer, crlUrl };
    made.set(role, { certPem: await makeAuthorityCertificate(keys, spec), keyPem: keys.keyPem });
  }
  return Object.fromEntries(
    [...made].flatMap(([role, signer]): [string, FileContent][] => [
      [`${role}.crt`, { content: signer.certPem }],
      [`${role}.key`, { content: signer.keyPem, secret: true }],
    ]),
  );
}

async function readSigners(caDir: string): Promise<Readonly<Record<CaRole, Signer>>> {
  const read = async (role: CaRole): Promise<Signer> => ({
    certPem: await readFile(join(caDir, `${role}.crt`), 'utf8'),
    keyPem: await readFile(join(caDir, `${role}.key`), 'utf8'),
  });
  return {
    root: await read('root'),
    org: await read('org'),
    pers: await read('pers'),
    'spoof-root': await read('spoof-root'),
    'spoof-org': await read('spoof-org'),
  };
}

function listFiles(dir: string): AuthorityFiles {
  return {
    root: join(dir, 'root.crt'),
    intermediateOrg: join(dir, 'intermediate-org.crt'),
    intermediatePers: join(dir, 'intermediate-pers.crt'),
    spoofRoot: join(dir, 'spoof-root.crt'),
    spoofIntermediateOrg: join(dir, 'spoof-intermediate-org.crt'),
    caBundle: join(dir, 'igc-sante.pem'),
    rootCrl: join(dir, 'root.crl'),
    intermediateOrgCrl: join(dir, 'intermediate-org.crl'),
    intermediatePersCrl: join(dir, 'intermediate-pers.crl'),
  };
}

async function publish(authority: Authority): Promise<void> {
  const { files, signers } = authority;
  const contents: readonly (readonly [string, string])[] = [
    [files.root, signers.root.certPem],
    [files.intermediateOrg, signers.org.certPem],
    [files.intermediatePers, signers.pers.certPem],
    [files.spoofRoot, signers['spoof-root'].certPem],
    [files.spoofIntermediateOrg, signers['spoof-org'].certPem],
    [files.caBundle, signers.org.certPem + signers.root.certPem],
  ];
  for (const [file, content] of contents) {
    if ((await readOptional(file)) !== content) await writeAtomically(file, { content });
  }
  const lists = [
    ['root', files.rootCrl],
    ['org', files.intermediateOrgCrl],
    ['pers', files.intermediatePersCrl],
  ] as const;
  for (const [issuer, file] of lists) {
    if ((await readOptional(file)) === undefined) await authority.writeCrl({ issuer });
  }
}

function makeAuthority(
  dir: string,
  files: AuthorityFiles,
  signers: Authority['signers'],
  { makeKeys = makeKeyPair, crlBaseUrl = CRL_BASE_URL }: AuthorityOptions,
): Authority {
  const issuing = { signers, makeKeys, crlBaseUrl };
  return {
    dir,
    files,
    signers,
    issueClient: (request) => issue(issuing, request, ['clientAuth'], false),
    issueServer: (request) => issue(issuing, request, ['serverAuth'], true),
    writeCrl: (request = {}) => writeCrl(files, signers, request),
    renew: (role, request = {}) => renew(issuing, role, request),
    serialOf: (role) => new X509Certificate(signers[role].certPem).serialNumber,
  };
}

interface Issuing {
  readonly signers: Authority['signers'];
  readonly makeKeys: (bits: number) => Promise<KeyPair>;
  readonly crlBaseUrl: string;
}

async function renew(
  { signers, makeKeys }: Issuing,
  role: CaRole,
  { newKey = false, keyOf, issuer, ...rest }: RenewRequest,
): Promise<Signer> {
  const { keyPem } = keyOf ?? signers[role];
  const keys = newKey ? await makeKeys(LEAF_KEY_BITS) : await readKeyPair(keyPem);
  const own = CA_ISSUERS[role] === role ? 'self' : signers[CA_ISSUERS[role]];
  const spec: AuthoritySpec = { subject: nameAuthority(role), issuer: issuer ?? own, ...rest };
  return { certPem: await makeAuthorityCertificate(keys, spec), keyPem: keys.keyPem };
}

async function issue(
  { signers, makeKeys, crlBaseUrl }: Issuing,
  { issuer = 'org', keyBits = LEAF_KEY_BITS, ...request }: LeafRequest,
  usages: LeafSpec['usages'],
  keyEncipherment: boolean,
): Promise<Leaf> {
  const keys = await makeKeys(keyBits);
  const { signer, chainPem } = chooseIssuer(signers, issuer);
  const { pem, serial } = await makeLeafCertificate(keys, {
    usages,
    ...request,
    subject: nameLeaf(request),
    issuer: signer,
    keyEncipherment,
    crlUrl: `${crlBaseUrl}ACI-EL-ORG.crl`,
  });
  return { certPem: pem + chainPem, leafPem: pem, keyPem: keys.keyPem, serial };
}

function chooseIssuer(
  signers: Authority['signers'],
  issuer: LeafIssuer,
): { readonly signer: Signer | 'self'; readonly chainPem: string } {
  switch (issuer) {
    case 'self':
      return { signer: 'self', chainPem: '' };
    case 'org':
      return { signer: signers.org, chainPem: signers.org.certPem };
    case 'pers':
      return { signer: signers.pers, chainPem: signers.pers.certPem };
    case 'spoof':
      return { signer: signers['spoof-org'], chainPem: signers['spoof-org'].certPem };
    default:
      // A leaf that issues shows its own chain; an authority that was renewed stands for itself.
      return 'leafPem' in issuer
        ? { signer: { certPem: issuer.leafPem, keyPem: issuer.keyPem }, chainPem: issuer.certPem }
        : { signer: issuer, chainPem: issuer.certPem };
  }
}

async function writeCrl(
  files: AuthorityFiles,
  signers: Authority['signers'],
  { issuer = 'org', signedBy = 'issuer', signer, file, ...request }: CrlRequest,
) {
  const spoofed = issuer === 'root' ? signers['spoof-root'] : signers['spoof-org'];
  const list = await makeRevocationList({
    revoked: [],
    ...request,
    signer: signer ?? (signedBy === 'spoof' ? spoofed : signers[issuer]),
  });
  const own = { org: files.intermediateOrgCrl, pers: files.intermediatePersCrl, root: files.rootCrl };
  const path = file ?? own[issuer];
  await writeAtomically(path, { content: list.pem });
  await writeAtomically(`${path}.der`, { content: list.der });
  return { ...list, file: path };
}
