// Which versions of TLS the vendor speaks: one request per version, under the relay's certificate, so that a server
// that wants a certificate in the handshake and one that answers 403 are judged alike. What a server does without
// certificate is S5's question alone (docs/divergences.md).

import { createSecureContext, type SecureContextOptions, type SecureVersion } from 'node:tls';
import { breaks, type Problem, skip, type Verdict } from '../requirement.ts';
import { describeEnd, type Exchange } from './exchange.ts';
import type { OldVersion } from './old-hello.ts';
import { refusesCertificate } from './transport-end.ts';

const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const satisfies readonly SecureVersion[];
export type TlsVersion = (typeof VERSIONS)[number];
export const OLD_HELLOS = ['SSLv2', 'SSLv3'] as const satisfies readonly OldVersion[];
const EXAMPLE = 'nginx :\nssl_protocols TLSv1.2 TLSv1.3;';
const KIT_EXAMPLE = 'nginx :\nssl_verify_client optional;   # puis 403 sans certificat valide';

export interface Attempt {
  readonly version: TlsVersion | OldVersion;
  readonly exchange: Exchange;
}

export async function tryTlsVersions(
  options: SecureContextOptions,
  call: (version: TlsVersion, context: ReturnType<typeof createSecureContext>) => Promise<Exchange>,
): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  for (const version of VERSIONS) {
    // OpenSSL refuses the old versions itself, unless told that the aim is to see the server refuse them.
    const old = isOld(version) && { ciphers: 'DEFAULT@SECLEVEL=0' };
    const context = createSecureContext({ ...options, ...old, minVersion: version, maxVersion: version });
    attempts.push({ version, exchange: await call(version, context) });
  }
  return attempts;
}

/**
 * `spoken`: the server chose that version, whatever it then thought of the request or of the certificate. `unknown`:
 * nothing that the server said tells.
 */
export function readVersion({ exchange: { received, failure } }: Attempt): 'spoken' | 'refused' | 'unknown' {
  if (received !== undefined || failure === undefined) return 'spoken';
  if (failure.tls !== undefined || failure.reason === 'certificate') return 'spoken';
  if (failure.alert !== undefined) {
    return failure.alert !== 'handshake_failure' && refusesCertificate(failure) ? 'spoken' : 'refused';
  }
  if (failure.cut !== undefined) return 'refused';
  // Our own OpenSSL has no such version to offer; any other error of its own is an answer it could not accept.
  if (/NO_PROTOCOLS_AVAILABLE|NO_CIPHERS_AVAILABLE/.test(failure.code ?? '')) return 'unknown';
  return failure.reason === 'tls' ? 'refused' : 'unknown';
}

/** `without`: what came of the request without certificate, which ANS's kit makes in place of this one. */
export function judgeTlsVersions(attempts: readonly Attempt[], without?: Exchange): Verdict {
  const read = attempts.map((attempt) => ({ ...attempt, is: readVersion(attempt) }));
  const note = `${read.map(describe).join(', ')}.`;
  const spoken = read.filter(({ is }) => is === 'spoken').map(({ version }) => version);
  const problems: Problem[] = spoken
    .filter(isOld)
    .map((version) => ({ text: `${version} est accepté.`, example: EXAMPLE }));
  const unknown = read.filter(({ is }) => is === 'unknown').map(({ version }) => version);
  if (spoken.every(isOld) && !unknown.some((version) => !isOld(version)))
    problems.push({ text: `Ni TLS 1.2 ni TLS 1.3 n’est accepté : ${note}`, example: EXAMPLE });
  if (problems.length > 0) return breaks(...problems);
  if (spoken.every(isOld) || unknown.some(isOld))
    return skip(`Rien ne dit si le serveur parle ${unknown.join(', ')} : ${note}`);
  return { does: 'pass', note, remarks: without === undefined ? [] : warnOfKit(without) };
}

/** The kit tries the versions without certificate, and only takes an HTTP answer for an acceptance. */
function warnOfKit(without: Exchange): readonly Problem[] {
  if (without.received !== undefined) return [];
  return [
    {
      text: `Le kit de l’ANS essaie les versions sans certificat client et attend une réponse HTTP ; ici, ${describeEnd(without)}. Ce serveur, conforme au guide, y échouera : demander le certificat sans l’exiger dans la négociation, puis répondre 403, passe partout.`,
      example: KIT_EXAMPLE,
      page: 'KIT',
    },
  ];
}

/** What the relay, which offers both, was given. */
export function preferTls13(negotiated: string): Verdict {
  if (negotiated === 'TLSv1.3') return { does: 'pass' };
  return breaks({
    text: `Version négociée avec le relais, qui propose TLS 1.3 : ${negotiated}.`,
    example: EXAMPLE,
  });
}

function isOld(version: Attempt['version']): boolean {
  return version !== 'TLSv1.2' && version !== 'TLSv1.3';
}

function describe({ version, exchange, is }: Attempt & { readonly is: string }): string {
  const { failure, received } = exchange;
  const how = failure?.alert ?? failure?.code ?? (received === undefined ? '' : `HTTP ${received.status}`);
  const word = is === 'spoken' ? 'accepté' : is === 'refused' ? 'refusé' : 'non jugé';
  return `${version} ${word}${how === '' ? '' : ` (${how})`}`;
}
