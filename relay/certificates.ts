// The certificates of one vendor: reads the files, proves that they belong together (key, chain, lists, dates)
// and makes the TLS context that every connection to it shares. Called at start, by `--check` and at each
// reload; keeps nothing. docs/relay.md, mtls.md §§ 2-4 and 6.

import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { isBlocking, type Problem } from './problem.ts';
import {
  isSignedBy,
  type RevocationList,
  readBlocks,
  readRevocationList,
  readSubject,
  writePem,
} from './revocation-list.ts';

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const CHAIN_LENGTH_MAX = 8;

// TLS 1.2 only with forward secrecy and AEAD (mtls.md § 4); the lighter AES first.
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
  /** Authorities of our own certificate, when they are not those of the vendor's. */
  readonly clientCaFile?: string | undefined;
  readonly crlFiles: readonly string[];
}

export interface Certificates {
  readonly context: SecureContext;
  /** What the context was made from: a server takes these, not a context. */
  readonly options: SecureContextOptions & { readonly ca: string[] };
  readonly notAfterMs: number;
  /** The earliest of the lists' next updates. */
  readonly crlNextUpdateMs: number | undefined;
  /** Changes when a byte of any file does. */
  readonly digest: string;
}

export interface Loaded {
  /** Absent when a problem is blocking. */
  readonly certificates?: Certificates;
  readonly problems: readonly Problem[];
}

export type Role = 'client' | 'server';

/** Every problem of the files, named under `field` (`editors[0]`). */
export function loadCertificates(files: CertificateFiles, role: Role, field: string, nowMs: number): Loaded {
  const bundle = new Bundle(files, field, nowMs);
  bundle.checkLeaf(role);
  bundle.checkLists();
  if (bundle.problems.some(isBlocking)) return { problems: bundle.problems };
  const certificates = bundle.build();
  return certificates === undefined
    ? { problems: bundle.problems }
    : { certificates, problems: bundle.problems };
}

class Bundle {
  readonly problems: Problem[] = [];
  readonly #files: CertificateFiles;
  readonly #field: string;
  readonly #nowMs: number;
  readonly #hash = createHash('sha256');
  readonly #chain: readonly X509Certificate[];
  readonly #key: KeyObject | undefined;
  readonly #keyPem: Buffer | undefined;
  readonly #authorities: readonly X509Certificate[];
  readonly #clientAuthorities: readonly X509Certificate[];
  readonly #lists: RevocationList[] = [];

  constructor(files: CertificateFiles, field: string, nowMs: number) {
    this.#files = files;
    this.#field = field;
    this.#nowMs = nowMs;
    this.#chain = this.#readCertificates('certFile', files.certFile);
    this.#keyPem = this.#read('keyFile', files.keyFile);
    this.#key = this.#keyPem === undefined ? undefined : this.#readKey(this.#keyPem);
    this.#authorities = this.#readCertificates('caFile', files.caFile);
    this.#clientAuthorities =
      files.clientCaFile === undefined
        ? this.#authorities
        : this.#readCertificates('clientCaFile', files.clientCaFile);
  }

  checkLeaf(role: Role): void {
    const [leaf, ...others] = this.#chain;
    if (leaf === undefined) return;
    if (this.#key !== undefined && !leaf.checkPrivateKey(this.#key)) {
      this.#report('keyFile', 'la clé ne correspond pas au certificat');
    }
    // `keyUsage` is Node's name for the extended key usages.
    if (role === 'client' && leaf.keyUsage !== undefined && !leaf.keyUsage.includes(CLIENT_AUTH)) {
      this.#report('certFile', "le certificat n'est pas utilisable comme client TLS (clientAuth manque)");
    }
    if (leaf.ca) this.#report('certFile', "le premier certificat est celui d'une autorité");
    for (const certificate of this.#chain) this.#checkDates('certFile', certificate);
    for (const certificate of this.#authorities) this.#checkDates('caFile', certificate);
    const anchors = this.#clientAuthorities;
    if (anchors.length > 0 && !reachesAnchor(leaf, others, anchors)) {
      const name = this.#files.clientCaFile === undefined ? 'caFile' : 'clientCaFile';
      this.#report('certFile', `la chaîne du certificat ne remonte à aucune autorité de ${name}`);
    }
  }

  checkLists(): void {
    this.#files.crlFiles.forEach((file, index) => {
      const name = `crlFiles[${index}]`;
      const content = this.#read(name, file);
      if (content === undefined) return;
      const blocks = readBlocks(content, /^X509 CRL$/);
      if (blocks.length === 0) this.#report(name, 'ne contient aucune liste de révocation (PEM ou DER)');
      for (const block of blocks) this.#checkList(name, readRevocationList(block));
    });
    if (this.#files.crlFiles.length === 0) return;
    // Node refuses every chain of which one authority lacks a list (UNABLE_TO_GET_CRL).
    const covered = (ca: X509Certificate): boolean =>
      this.#lists.some((one) => one.issuer.equals(readSubject(ca)));
    if (this.#lists.length > 0 && !this.#authorities.every(covered)) {
      this.#report('crlFiles', 'une autorité de caFile n’a pas de liste : il en faut une pour chacune');
    }
  }

  build(): Certificates | undefined {
    const [leaf] = this.#chain;
    if (leaf === undefined) return undefined;
    try {
      const options = {
        cert: this.#chain.map(toPem).join(''),
        key: this.#keyPem,
        ca: this.#authorities.map(toPem),
        // An empty array would ask for a check that nothing could pass.
        ...(this.#lists.length > 0 && { crl: this.#lists.map(({ pem }) => pem) }),
        minVersion: 'TLSv1.2',
        ciphers: CIPHERS,
        ecdhCurve: 'X25519:P-256:P-384',
      } as const;
      const updates = this.#lists.flatMap(({ nextUpdateMs }) => nextUpdateMs ?? []);
      return {
        context: createSecureContext(options),
        options,
        notAfterMs: leaf.validToDate.getTime(),
        crlNextUpdateMs: updates.length === 0 ? undefined : Math.min(...updates),
        digest: this.#hash.digest('hex'),
      };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      this.#report(
        'certFile',
        `OpenSSL refuse ce certificat, cette clé ou ces autorités (${code ?? 'sans code'})`,
      );
      return undefined;
    }
  }

  #checkList(name: string, list: RevocationList | undefined): void {
    // Without authorities there is nothing to hold a list against; that problem has its own line.
    if (list !== undefined && this.#authorities.length === 0) return;
    const issuer = this.#authorities.find((ca) => list !== undefined && readSubject(ca).equals(list.issuer));
    if (list === undefined || issuer === undefined || !isSignedBy(list, issuer.publicKey)) {
      this.#report(name, describeRefusedList(list, issuer));
      return;
    }
    if (list.thisUpdateMs > this.#nowMs) this.#report(name, "la liste n'est pas encore valable", true);
    if (list.nextUpdateMs !== undefined && list.nextUpdateMs <= this.#nowMs) {
      this.#report(name, 'la liste est périmée', true);
    }
    this.#lists.push(list);
  }

  #checkDates(name: string, certificate: X509Certificate): void {
    if (certificate.validToDate.getTime() <= this.#nowMs)
      this.#report(name, 'un certificat est expiré', true);
    if (certificate.validFromDate.getTime() > this.#nowMs) {
      this.#report(name, "un certificat n'est pas encore valable", true);
    }
  }

  #readCertificates(name: string, file: string): readonly X509Certificate[] {
    const content = this.#read(name, file);
    if (content === undefined) return [];
    try {
      const found = readBlocks(content, /^(X509 |TRUSTED )?CERTIFICATE$/).map(
        (der) => new X509Certificate(der),
      );
      if (found.length === 0) this.#report(name, 'ne contient aucun certificat');
      return found;
    } catch {
      this.#report(name, 'contient un certificat illisible');
      return [];
    }
  }

  #readKey(pem: Buffer): KeyObject | undefined {
    try {
      return createPrivateKey(pem);
    } catch {
      this.#report('keyFile', 'ne contient pas de clé privée lisible (PEM sans mot de passe)');
      return undefined;
    }
  }

  #read(name: string, file: string): Buffer | undefined {
    try {
      const content = readFileSync(file);
      this.#hash.update(`${name}:${content.length}:`).update(content);
      return content;
    } catch {
      this.#report(name, 'ne peut pas être lu');
      return undefined;
    }
  }

  #report(name: string, text: string, dated = false): void {
    this.problems.push({ field: `${this.#field}.${name}`, text, ...(dated && { dated }) });
  }
}

function reachesAnchor(
  leaf: X509Certificate,
  others: readonly X509Certificate[],
  anchors: readonly X509Certificate[],
): boolean {
  let current = leaf;
  for (let length = 0; length < CHAIN_LENGTH_MAX; length += 1) {
    const child = current;
    const issues = (ca: X509Certificate): boolean => child.checkIssued(ca) && child.verify(ca.publicKey);
    if (anchors.some(issues)) return true;
    const next = others.find((ca) => ca !== child && issues(ca));
    if (next === undefined) return false;
    current = next;
  }
  return false;
}

function describeRefusedList(list: RevocationList | undefined, issuer: X509Certificate | undefined): string {
  if (list === undefined) return "n'est pas une liste de révocation entière";
  if (issuer === undefined) return "la liste n'est celle d'aucune autorité de caFile";
  return "la liste n'est pas signée par son autorité";
}

function toPem(certificate: X509Certificate): string {
  return writePem('CERTIFICATE', certificate.raw);
}
