// What a report must carry so that somebody else can tell what was run: versions of the tool, of the guide and of the
// rules, the certificate shown to the vendor, the command line. Reads no file and no secret.

import { hash, X509Certificate } from 'node:crypto';
import { homedir } from 'node:os';
import type { Certificates } from '../../relay/certificates/certificates.ts';
import { READ_RULES } from '../../shared/sas/read/elements/rules.ts';
import { RULES } from '../../shared/sas/rules/table/table.ts';
import { VERSION } from '../../shared/version.ts';

interface UsedCertificate {
  /** `C=FR, O=…, OU=…, CN=…`, in the certificate's order. */
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal. */
  readonly serialNumber: string;
  /** ISO 8601. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Fingerprint of the whole certificate, `AB:CD:…`. */
  readonly sha256: string;
}

export interface Provenance {
  readonly tool: {
    readonly name: string;
    readonly version: string;
    readonly node: string;
    readonly openssl: string;
  };
  readonly guide: { readonly package: string; readonly version: string };
  readonly kit: { readonly name: string; readonly version: string };
  /** `sha256` changes when the sentence, the severity or the page of any rule does. */
  readonly rules: { readonly count: number; readonly sha256: string };
  readonly certificate: UsedCertificate;
  /** As typed, secrets masked; absent when the run was not started from the command line. */
  readonly command?: string;
}

export function describeProvenance(
  { options }: Certificates,
  args: readonly string[] | undefined,
): Provenance {
  const rules = Object.entries({ ...RULES, ...READ_RULES }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    tool: {
      name: 'Passerelle SAS',
      version: VERSION.number,
      node: process.versions.node,
      openssl: process.versions.openssl ?? '',
    },
    guide: { package: 'ans.fhir.fr.sas', version: '1.2.0' },
    kit: { name: 'sas_test_kit', version: '0.3.0' },
    rules: { count: rules.length, sha256: hash('sha256', JSON.stringify(rules), 'hex') },
    certificate: describeCertificate(String(options.cert)),
    ...(args !== undefined && { command: writeCommand(args) }),
  };
}

/** The first certificate of a PEM text. */
function describeCertificate(pem: string): UsedCertificate {
  const certificate = new X509Certificate(pem);
  const { subject, issuer, serialNumber, validFromDate, validToDate, fingerprint256 } = certificate;
  return {
    subject: joinName(subject),
    issuer: joinName(issuer),
    serialNumber,
    notBefore: validFromDate.toISOString(),
    notAfter: validToDate.toISOString(),
    sha256: fingerprint256,
  };
}

/** Node writes one attribute a line. */
function joinName(name: string): string {
  return name.trim().split('\n').join(', ');
}

const SECRET_OPTION = /^--?[a-z-]*(secret|token|password|passphrase|motdepasse)[a-z-]*/i;

/** No option of the command is a secret today; what looks like one, or like a signed-in address, is masked all the same. */
export function writeCommand(args: readonly string[]): string {
  const shown = args.map((arg, rank) => {
    if (SECRET_OPTION.test(args[rank - 1] ?? '') && !(args[rank - 1] ?? '').includes('=')) return '•••';
    const masked = SECRET_OPTION.test(arg) ? arg.replace(/=.*/s, '=•••') : arg;
    return masked.replace(/\/\/[^/@\s]+@/g, '//•••@').replaceAll(homedir(), '~');
  });
  return ['npm run conformance --', ...shown.map(quote)].join(' ');
}

function quote(text: string): string {
  return /^[\w@%+=:,./~•-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
