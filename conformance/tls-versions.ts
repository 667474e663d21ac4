// One attempt per TLS version, without client certificate, as ANS's kit makes them: the handshake, then a request,
// because with TLS 1.3 a refusal only arrives when the answer is read.

import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { connect, checkServerIdentity as matchHostName, type SecureVersion } from 'node:tls';
import type { EditorConfig } from '../relay/config.ts';
import { matchPin } from '../relay/dial.ts';
import { breaks, pass, type Verdict } from './requirement.ts';

const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const satisfies readonly SecureVersion[];
const ATTEMPT_TIMEOUT_MS = 5_000;
const EXAMPLE =
  'nginx :\nssl_protocols TLSv1.2 TLSv1.3;\nssl_verify_client optional;   # puis 403 sans certificat valide';

export interface Attempt {
  readonly version: (typeof VERSIONS)[number];
  /** First line of the answer; undefined when there was none. */
  readonly status: string | undefined;
  readonly code: string | undefined;
}

export async function tryTlsVersions(
  editor: EditorConfig,
  url: string,
  timeoutMs: number,
): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  for (const version of VERSIONS) {
    attempts.push(await attempt(editor, new URL(url), version, Math.min(timeoutMs, ATTEMPT_TIMEOUT_MS)));
  }
  return attempts;
}

function attempt(
  editor: EditorConfig,
  url: URL,
  version: Attempt['version'],
  timeoutMs: number,
): Promise<Attempt> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const servername = editor.servername ?? (isIP(host) === 0 ? host : undefined);
  const pin = editor.server;
  const old = version === 'TLSv1' || version === 'TLSv1.1';
  const { promise, resolve } = Promise.withResolvers<Attempt>();
  const socket = connect({
    host,
    port: url.port === '' ? 443 : Number(url.port),
    ...(servername !== undefined && { servername }),
    ca: readFileSync(editor.caFile),
    minVersion: version,
    maxVersion: version,
    // OpenSSL refuses the old versions itself, unless told that the aim is to see the server refuse them.
    ...(old && { ciphers: 'DEFAULT@SECLEVEL=0' }),
    checkServerIdentity: (name, certificate) =>
      pin === undefined ? matchHostName(name, certificate) : matchPin(certificate, pin),
  });
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  const end = (status?: string, code?: string): void => {
    clearTimeout(timer);
    socket.destroy();
    resolve({ version, status, code });
  };
  socket.once('secureConnect', () => {
    socket.write(
      `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`,
    );
  });
  socket.once('data', (chunk: Buffer) => end(/^HTTP\/1\.[01] \d{3}/.exec(chunk.toString('latin1'))?.[0]));
  socket.once('close', () => end(undefined, 'fermée'));
  socket.on('error', (error: NodeJS.ErrnoException) => end(undefined, error.code));
  return promise;
}

export function judgeTlsVersions(attempts: readonly Attempt[]): Verdict {
  const accepted = attempts.filter(({ status }) => status !== undefined).map(({ version }) => version);
  const old = accepted.filter((version) => version === 'TLSv1' || version === 'TLSv1.1');
  const problems = [
    ...old.map((version) => ({ text: `${version} est accepté.`, example: EXAMPLE })),
    ...(accepted.length > old.length
      ? []
      : [
          {
            text: `Ni TLS 1.2 ni TLS 1.3 n’aboutit sans certificat client : ${describe(attempts)}. Demander le certificat sans l’exiger dans la négociation, puis répondre 403.`,
            example: EXAMPLE,
          },
        ]),
  ];
  return problems.length === 0 ? pass(`${describe(attempts)}.`) : breaks(...problems);
}

/** What the relay, which offers both, was given. */
export function preferTls13(negotiated: string): Verdict {
  if (negotiated === 'TLSv1.3') return pass();
  return breaks({
    text: `Version négociée avec le relais, qui propose TLS 1.3 : ${negotiated}.`,
    example: EXAMPLE,
  });
}

function describe(attempts: readonly Attempt[]): string {
  return attempts
    .map(
      ({ version, status, code }) =>
        `${version} ${status ?? `refusé${code === undefined ? '' : ` (${code})`}`}`,
    )
    .join(', ');
}
