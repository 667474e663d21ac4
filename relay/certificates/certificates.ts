// The certificates of one vendor: reads the files, proves that they belong together (key, chain, lists, dates)
// and makes the TLS context that every connection to it shares. Called at start, by `--check` and at each
// reload; keeps nothing. docs/relay.md, docs/guide.md G-802, G-803, G-806, G-807.

import type { KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { isBlocking, type Problem } from '../base/problem.ts';
import { type Authority, AuthorityPool, judgeDates, readAuthority } from './authority-pool.ts';
import { readCertificate } from './certificate-facts.ts';
import { FileReading } from './file-reading.ts';
import {
  coverage,
  type HeldList,
  type HeldLists,
  holdList,
  isOfOneAge,
  isOlder,
  needingLists,
} from './held-lists.ts';
import { NO_MARKS, type ScopedMarks, SUPERSEDED } from './list-marks.ts';
import { readBlocks, readRevocationList, writePem } from './revocation-list.ts';
import { ServerTrust } from './server-trust.ts';

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

// TLS 1.2 only with forward secrecy and AEAD (docs/guide.md G-806); the lighter AES first.
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
  /** Judges what the other side shows, beside OpenSSL. */
  readonly trust: ServerTrust;
  readonly notBeforeMs: number;
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

/** Whether the certificate holds at that moment, by its own dates. */
export function isInForce({ notBeforeMs, notAfterMs }: Certificates, nowMs: number): boolean {
  return notBeforeMs <= nowMs && nowMs < notAfterMs;
}

export type Role = 'client' | 'server';

/** Every problem of the files, named under `field` (`editors[0]`). `previous`: what serves; no list may be older than its. */
export function loadCertificates(
  files: CertificateFiles,
  role: Role,
  field: string,
  nowMs: number,
  previous?: Certificates,
  marks: ScopedMarks = NO_MARKS,
): Loaded {
  const bundle = new Bundle(files, field, nowMs);
  bundle.checkLeaf(role);
  bundle.checkLists(marks, previous?.trust.lists);
  if (bundle.problems.some(isBlocking)) return { problems: bundle.problems };
  const certificates = bundle.build();
  return certificates === undefined
    ? { problems: bundle.problems }
    : { certificates, problems: bundle.problems };
}

class Bundle {
  readonly #read: FileReading;
  readonly #files: CertificateFiles;
  readonly #nowMs: number;
  readonly #chain: readonly X509Certificate[];
  readonly #key: KeyObject | undefined;
  readonly #keyPem: Buffer | undefined;
  readonly #authorities: readonly X509Certificate[];
  readonly #clientAuthorities: readonly X509Certificate[];
  readonly #pool: AuthorityPool;
  #lists: HeldLists = new Map();

  constructor(files: CertificateFiles, field: string, nowMs: number) {
    this.#files = files;
    this.#read = new FileReading(field);
    this.#nowMs = nowMs;
    this.#chain = this.#read.certificates('certFile', files.certFile);
    this.#keyPem = this.#read.privateFile('keyFile', files.keyFile);
    this.#key = this.#keyPem === undefined ? undefined : this.#read.key(this.#keyPem);
    this.#authorities = this.#read.certificates('caFile', files.caFile);
    this.#clientAuthorities =
      files.clientCaFile === undefined
        ? this.#authorities
        : this.#read.certificates('clientCaFile', files.clientCaFile);
    this.#pool = new AuthorityPool(this.#authorities.flatMap((one) => readAuthority(one) ?? []));
  }

  get problems(): readonly Problem[] {
    return this.#read.problems;
  }

  checkLeaf(role: Role): void {
    const [leaf, ...others] = this.#chain;
    if (leaf === undefined) return;
    if (this.#key !== undefined && !leaf.checkPrivateKey(this.#key)) {
      this.#read.report('keyFile', 'la clé ne correspond pas au certificat');
    }
    // `keyUsage` is Node's name for the extended key usages.
    if (role === 'client' && leaf.keyUsage !== undefined && !leaf.keyUsage.includes(CLIENT_AUTH)) {
      this.#read.report(
        'certFile',
        "le certificat n'est pas utilisable comme client TLS (clientAuth manque)",
      );
    }
    if (leaf.ca) this.#read.report('certFile', "le premier certificat est celui d'une autorité");
    for (const certificate of this.#chain) this.#checkDates('certFile', certificate);
    this.#checkAuthorityDates();
    const anchors = this.#clientAuthorities;
    if (anchors.length > 0 && climb(leaf, others, anchors) === undefined) {
      const name = this.#files.clientCaFile === undefined ? 'caFile' : 'clientCaFile';
      this.#read.report('certFile', `la chaîne du certificat ne remonte à aucune autorité de ${name}`);
    }
  }

  checkLists(marks: ScopedMarks, previous: HeldLists = new Map()): void {
    const read = this.#files.crlFiles.map((file, index) => this.#readLists(`crlFiles[${index}]`, file));
    const lists = marks.choose(read.flat(), this.#nowMs);
    for (const [index, held] of read.entries()) {
      // A list that a newer one of its key replaces may be as old as it likes.
      for (const one of held) {
        const list = lists.get(one.keyId);
        if (list === undefined || !isOfOneAge(one, list)) continue;
        const before = previous.get(list.keyId);
        if (before !== undefined && isOlder(list, before)) {
          this.#read.report(`crlFiles[${index}]`, 'la liste est plus ancienne que celle qui sert');
        } else if (list.isSuperseded === true) this.#read.report(`crlFiles[${index}]`, SUPERSEDED, true);
        this.#checkListDates(`crlFiles[${index}]`, list);
      }
    }
    this.#lists = lists;
    if (this.#files.crlFiles.length === 0 || lists.size === 0) return;
    const covered = coverage(this.#pool, lists, this.#nowMs);
    if (covered === 'whole') return;
    const text = 'une autorité de caFile n’a pas de liste : il en faut une pour chacune';
    this.#read.report('crlFiles', text, covered === 'some');
  }

  build(): Certificates | undefined {
    const [leaf] = this.#chain;
    if (leaf === undefined) return undefined;
    try {
      const options = {
        cert: this.#presented(leaf).map(toPem).join(''),
        key: this.#keyPem,
        ca: this.#authorities.map(toPem),
        minVersion: 'TLSv1.2',
        ciphers: CIPHERS,
        ecdhCurve: 'X25519:P-256:P-384',
      } as const;
      // Lists are not OpenSSL's here: it would match them by name, and refuse a chain of which one authority has none.
      const checks = this.#files.crlFiles.length > 0;
      const updates = needingLists(this.#pool.all, this.#nowMs).flatMap(
        ({ keyId }) => this.#lists.get(keyId)?.nextUpdateMs ?? [],
      );
      return {
        context: createSecureContext(options),
        options,
        trust: new ServerTrust(this.#pool, checks ? this.#lists : undefined),
        notBeforeMs: leaf.validFromDate.getTime(),
        notAfterMs: leaf.validToDate.getTime(),
        crlNextUpdateMs: updates.length === 0 ? undefined : Math.min(...updates),
        digest: this.#read.digest(),
      };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      this.#read.report(
        'certFile',
        `OpenSSL refuse ce certificat, cette clé ou ces autorités (${code ?? 'sans code'})`,
      );
      return undefined;
    }
  }

  /** A lone leaf goes out with its intermediates: OpenSSL would look for them by name alone. */
  #presented(leaf: X509Certificate): readonly X509Certificate[] {
    if (this.#chain.length > 1) return this.#chain;
    const anchors = this.#clientAuthorities.flatMap((one) => readAuthority(one) ?? []);
    const facts = readCertificate(leaf);
    if (facts === undefined) return this.#chain;
    const paths = new AuthorityPool(anchors).paths(leaf, facts);
    const path = paths.find((one) => judgeDates(facts, one, this.#nowMs) === undefined) ?? paths[0] ?? [];
    return [leaf, ...path.slice(0, -1).map(({ certificate }) => certificate)];
  }

  #readLists(name: string, file: string): readonly HeldList[] {
    const content = this.#read.file(name, file);
    if (content === undefined) return [];
    const blocks = readBlocks(content, /^X509 CRL$/);
    if (blocks.length === 0) this.#read.report(name, 'ne contient aucune liste de révocation (PEM ou DER)');
    return blocks.flatMap((block) => {
      const list = readRevocationList(block);
      // Without authorities there is nothing to hold a list against; that problem has its own line.
      if (list !== undefined && this.#authorities.length === 0) return [];
      const held = holdList(list, this.#pool.all);
      if (typeof held !== 'string') return [held];
      this.#read.report(name, held);
      return [];
    });
  }

  #checkListDates(name: string, { thisUpdateMs, nextUpdateMs = 0 }: HeldList): void {
    if (thisUpdateMs > this.#nowMs) this.#read.report(name, "la liste n'est pas encore valable", true);
    if (nextUpdateMs <= this.#nowMs) this.#read.report(name, 'la liste est périmée', true);
  }

  /** One that a certificate in force of the same name or key replaces is there for what it issued, or just left behind. */
  #checkAuthorityDates(): void {
    const isCurrent = ({ facts }: Authority): boolean =>
      facts.notBeforeMs <= this.#nowMs && this.#nowMs <= facts.notAfterMs;
    const current = this.#pool.all.filter(isCurrent);
    const isReplaced = ({ keyId, facts }: Authority): boolean =>
      current.some((one) => one.keyId === keyId || one.facts.subject === facts.subject);
    const replaced = new Set(this.#pool.all.filter(isReplaced).map(({ certificate }) => certificate));
    for (const certificate of this.#authorities) {
      if (!replaced.has(certificate)) this.#checkDates('caFile', certificate);
    }
  }

  #checkDates(name: string, certificate: X509Certificate): void {
    if (certificate.validToDate.getTime() <= this.#nowMs)
      this.#read.report(name, 'un certificat est expiré', true);
    if (certificate.validFromDate.getTime() > this.#nowMs) {
      this.#read.report(name, "un certificat n'est pas encore valable", true);
    }
  }
}

/** The intermediates from a certificate of ours to one of `anchors`, root or not; undefined when there is no way. */
function climb(
  child: X509Certificate,
  others: readonly X509Certificate[],
  anchors: readonly X509Certificate[],
): readonly X509Certificate[] | undefined {
  const issuer = readCertificate(child)?.issuer;
  const issues = (ca: X509Certificate): boolean =>
    issuer !== undefined && readCertificate(ca)?.subject === issuer && child.verify(ca.publicKey);
  if (anchors.some(issues)) return [];
  for (const next of others.filter(issues)) {
    const rest = climb(
      next,
      others.filter((one) => one !== next),
      anchors,
    );
    if (rest !== undefined) return [next, ...rest];
  }
  return undefined;
}

function toPem(certificate: X509Certificate): string {
  return writePem('CERTIFICATE', certificate.raw);
}
