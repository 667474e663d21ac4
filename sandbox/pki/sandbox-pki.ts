// The default identities of the local system: one server and one client certificate per simulated vendor, the
// same for the relay. Idempotent: what is there and far from its end is kept, so a second start finds the first's.

import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Authority, type AuthorityOptions, type LeafRequest, openAuthority } from './authority.ts';
import { makeFolderOnce, readOptional, writeAtomically } from './files.ts';
import { readRevocationList } from './revocation.ts';

const DAY_MS = 86_400_000;
const LEAF_RENEW_BEFORE_DAYS = 30;
const CRL_RENEW_BEFORE_DAYS = 15;

const DEFAULT_VENDOR_IDS = ['agenda-a', 'agenda-b', 'agenda-c'] as const;

export interface Credential {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cn: string;
  readonly ou: string;
  /** Whether this call made it. */
  readonly created: boolean;
}

interface CredentialPair {
  readonly server: Credential;
  readonly client: Credential;
}

export interface SandboxPki {
  readonly dir: string;
  readonly authority: Authority;
  readonly caFile: string;
  /** Root's list, then the ORG intermediate's. */
  readonly crlFiles: readonly [string, string];
  readonly vendors: ReadonlyMap<string, CredentialPair>;
  readonly relay: CredentialPair;
}

export interface SandboxPkiOptions extends AuthorityOptions {
  readonly vendorIds?: readonly string[];
}

export async function ensureSandboxPki(dir: string, options: SandboxPkiOptions = {}): Promise<SandboxPki> {
  const authority = await openAuthority(dir, options);
  await renewRevocationLists(authority);
  const vendors = new Map<string, CredentialPair>();
  for (const id of options.vendorIds ?? DEFAULT_VENDOR_IDS) {
    vendors.set(id, {
      server: await ensureVendorServer(authority, id),
      client: await ensureVendorClient(authority, id),
    });
  }
  return {
    dir: authority.dir,
    authority,
    caFile: authority.files.caBundle,
    crlFiles: [authority.files.rootCrl, authority.files.intermediateOrgCrl],
    vendors,
    relay: await ensureRelay(authority),
  };
}

export function ensureVendorServer(authority: Authority, id: string): Promise<Credential> {
  const cn = `${id}.sandbox.test`;
  return ensureLeaf(authority, `${id}-server`, 'server', { cn, ou: inventSiret(id), dns: [cn, 'localhost'] });
}

export function ensureVendorClient(authority: Authority, id: string): Promise<Credential> {
  return ensureLeaf(authority, `${id}-client`, 'client', { cn: `${id}-client`, ou: inventSiret(id) });
}

/** An invented structure identifier, prefixed: 3, then a SIRET in a range no company has been given. */
export function inventSiret(name: string): string {
  const digits = createHash('sha256').update(name).digest().readUInt32BE(0) % 1_000_000;
  return `399990${String(digits).padStart(6, '0')}018`.slice(0, 15);
}

async function ensureRelay(authority: Authority): Promise<CredentialPair> {
  const ou = inventSiret('passerelle');
  const server = { cn: 'relais.sandbox.test', ou, dns: ['relais.sandbox.test', 'localhost'] };
  return {
    server: await ensureLeaf(authority, 'relay-server', 'server', server),
    client: await ensureLeaf(authority, 'relay-client', 'client', {
      cn: 'passerelle-relais-bac-a-sable',
      ou,
    }),
  };
}

export async function ensureLeaf(
  authority: Authority,
  name: string,
  kind: 'server' | 'client',
  request: LeafRequest & { readonly cn: string; readonly ou: string },
): Promise<Credential> {
  const files = {
    certFile: join(authority.dir, name, 'leaf.crt'),
    keyFile: join(authority.dir, name, 'leaf.key'),
  };
  const { cn, ou } = request;
  const existing = await readOptional(files.certFile);
  if (existing !== undefined && isUsable(existing, authority)) return { ...files, cn, ou, created: false };
  const issued = async () => {
    const leaf =
      kind === 'server'
        ? await authority.issueServer({ ...request, ips: ['127.0.0.1', '::1'] })
        : await authority.issueClient(request);
    return { 'leaf.crt': { content: leaf.certPem }, 'leaf.key': { content: leaf.keyPem, secret: true } };
  };
  if (existing === undefined) {
    return { ...files, cn, ou, created: await makeFolderOnce(join(authority.dir, name), issued) };
  }
  const renewed = await issued();
  await writeAtomically(files.keyFile, renewed['leaf.key']);
  await writeAtomically(files.certFile, renewed['leaf.crt']);
  return { ...files, cn, ou, created: true };
}

function isUsable(certPem: string, authority: Authority): boolean {
  const certificate = new X509Certificate(certPem);
  const issuer = new X509Certificate(authority.signers.org.certPem);
  const end = Date.parse(certificate.validTo);
  return certificate.verify(issuer.publicKey) && end - Date.now() > LEAF_RENEW_BEFORE_DAYS * DAY_MS;
}

async function renewRevocationLists(authority: Authority): Promise<void> {
  const { rootCrl, intermediateOrgCrl, intermediatePersCrl } = authority.files;
  const lists = [
    ['root', rootCrl],
    ['org', intermediateOrgCrl],
    ['pers', intermediatePersCrl],
  ] as const;
  for (const [issuer, file] of lists) {
    const { nextUpdate, revoked } = readRevocationList(await readFile(file, 'utf8'));
    if (nextUpdate.getTime() - Date.now() < CRL_RENEW_BEFORE_DAYS * DAY_MS) {
      await authority.writeCrl({ issuer, revoked });
    }
  }
}
