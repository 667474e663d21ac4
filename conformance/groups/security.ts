// S1..S7: which client certificates the vendor accepts, which TLS versions it speaks. The same search, with past
// dates, is sent under each certificate: a valid one gets 200 even when there is nothing to answer.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { loadCertificates } from '../../relay/certificates/certificates.ts';
import { buildVendorRequest } from '../../shared/sas/vendor-request.ts';
import { describeEnd, type Exchange } from '../calls/exchange.ts';
import { tryOldHello } from '../calls/old-hello.ts';
import {
  type Attempt,
  judgeTlsVersions,
  OLD_HELLOS,
  preferTls13,
  tryTlsVersions,
} from '../calls/tls-versions.ts';
import { refusesCertificate } from '../calls/transport-end.ts';
import { breaks, defineRequirements, pass, skip, type Verdict } from '../requirement.ts';
import type { Scene } from '../scene.ts';

const GROUP = 'Sécurité';

const ROWS = defineRequirements({
  S1: 'failure [SEC] Le certificat client du SAS est accepté : la recherche répond 200.',
  S2: 'failure [SEC] Un certificat dont le CN n’est pas celui du SAS est refusé.',
  S3: 'failure [SEC] Un certificat dont l’OU n’est pas celle du SAS est refusé.',
  S4: 'failure [SEC] Un certificat révoqué est refusé.',
  S5: 'failure [SEC] Une requête sans certificat client est refusée.',
  S6: 'failure [SEC] TLS 1.2 ou 1.3 est accepté ; SSL 2.0 à TLS 1.1 sont refusés.',
  S7: 'draft [KIT] TLS 1.3 est accepté et préféré.',
});

const CASES = [
  ['S2', 'wrong-cn'],
  ['S3', 'wrong-ou'],
  ['S4', 'revoked'],
] as const;
const PAST = {
  fromMs: Date.parse('2024-01-01T00:00:00+01:00'),
  toMs: Date.parse('2024-01-03T23:59:59+01:00'),
};
/** A server that does not know these messages may stay silent. */
const OLD_HELLO_WAIT_MS = 2_000;
const REFUSAL =
  'HTTP/1.1 403 Forbidden\nContent-Type: application/fhir+json\n\n' +
  '{ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "forbidden" }] }';

/** Returns the exchange under the right certificate: when even that one does not connect, nothing else can run. */
export async function runSecurity(scene: Scene): Promise<Exchange> {
  const url = pastSearch(scene);
  const call = (label: string, context?: SecureContext): Promise<Exchange> =>
    scene.caller.call({ label, url, patient: true, ...(context !== undefined && { context }) });
  const valid = await call('certificat du relais');
  scene.judge(GROUP, ROWS.S1, judgeAccepted(scene, valid), valid);
  if (valid.failure?.reason === 'connect') return valid;
  for (const [id, name] of CASES) {
    const context = readContext(scene, name);
    if (typeof context === 'string') {
      scene.judge(GROUP, ROWS[id], skip(context));
      continue;
    }
    const exchange = await call(`certificat ${name}`, context);
    scene.judge(GROUP, ROWS[id], judgeRefused(exchange, valid), exchange);
  }
  const none = await call('sans certificat client', withoutCertificate(scene));
  scene.judge(GROUP, ROWS.S5, judgeRefused(none, valid), none);
  const attempts = [
    ...(await tryOldHellos(scene, url)),
    ...(await tryTlsVersions(scene.certificates.options, (version, context) =>
      call(`certificat du relais, ${version} seul`, context),
    )),
  ];
  const tried = attempts.map(({ exchange }) => exchange);
  scene.judge(GROUP, ROWS.S6, judgeTlsVersions(attempts, none), ...tried);
  const tls = valid.received?.tls ?? valid.failure?.tls;
  const preferred = tls === undefined ? skip('S1 n’a pas abouti.') : preferTls13(tls);
  scene.judge(GROUP, ROWS.S7, preferred, valid);
  return valid;
}

async function tryOldHellos({ caller, inputs }: Scene, url: string): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  for (const version of OLD_HELLOS) {
    const [startedMs, from] = [Date.now(), performance.now()];
    const failure = await tryOldHello(new URL(url), version, Math.min(inputs.timeoutMs, OLD_HELLO_WAIT_MS));
    const durationMs = Math.round((performance.now() - from) * 10) / 10;
    const sent = { method: 'GET', url, headers: {} } as const;
    const label = `premier message de ${version}`;
    attempts.push({ version, exchange: caller.keep({ label, sent, startedMs, durationMs, failure }) });
  }
  return attempts;
}

/** The context, or why there is none. */
function readContext(scene: Scene, name: string): SecureContext | string {
  const { certificates, editor } = scene.inputs;
  if (certificates === undefined) {
    return `Donner --certificates DOSSIER, qui contient ${name}.crt et ${name}.key (docs/conformance.md).`;
  }
  const files = {
    ...editor,
    certFile: join(certificates, `${name}.crt`),
    keyFile: join(certificates, `${name}.key`),
  };
  const loaded = loadCertificates(files, 'client', name, scene.inputs.now());
  if (loaded.certificates !== undefined) return loaded.certificates.context;
  const [problem] = loaded.problems;
  return `${problem?.field ?? name} : ${problem?.text ?? 'ne peut pas être lu'}.`;
}

/** Revocation is the caller's work, as with every context. */
function withoutCertificate({ inputs: { editor } }: Scene): SecureContext {
  return createSecureContext({
    ca: readFileSync(editor.caFile),
    minVersion: 'TLSv1.2',
  });
}

function pastSearch({ inputs }: Scene): string {
  const [rpps] = inputs.rpps;
  return rpps === undefined
    ? buildVendorRequest(inputs.editor.baseUrl, { flow: 'SOS', subjects: inputs.siret, ...PAST })
    : buildVendorRequest(inputs.editor.baseUrl, { flow: 'INT_R01', subjects: [rpps], ...PAST });
}

function judgeAccepted(scene: Scene, exchange: Exchange): Verdict {
  if (exchange.received?.status === 200) return pass();
  const { json } = exchange.received ?? {};
  const text = `Le certificat du relais n’est pas accepté, ou la recherche échoue : ${describeEnd(exchange)}.`;
  if (json === undefined) return breaks({ text, example: 'HTTP/1.1 200 OK' });
  return breaks({ ...scene.problem(json, text, 'OperationOutcome'), example: 'HTTP/1.1 200 OK' });
}

/**
 * An alert that speaks of the certificate, in the handshake or after it, or a 4xx at request time. A socket that is
 * simply dropped tells the caller nothing. `valid` is what the right certificate was given: a server that gives both
 * the same refusal has shown nothing.
 */
export function judgeRefused(exchange: Exchange, valid: Exchange): Verdict {
  const { failure, received } = exchange;
  if (failure !== undefined && refusesCertificate(failure) && failure.alert !== valid.failure?.alert) {
    const when = failure.tls === undefined ? 'dans la négociation' : `après la négociation ${failure.tls}`;
    return pass(`Refus par l’alerte TLS ${failure.alert}, ${when}.`);
  }
  if (received !== undefined && received.status < 400) {
    const text = `Ce certificat devait être refusé, le serveur a répondu ${received.status}.`;
    return breaks({ text, example: REFUSAL });
  }
  if (valid.received?.status !== 200) {
    return skip(
      `Non jugé : le certificat du relais n’est pas accepté non plus (S1 : ${describeEnd(valid)}).`,
    );
  }
  if (received !== undefined && received.status < 500) return pass(`Refus par HTTP ${received.status}.`);
  if (failure?.reason === 'timeout' || failure?.reason === 'connect' || failure?.reason === 'certificate') {
    return skip(`Non jugé : ${describeEnd(exchange)}.`);
  }
  const text = `Le refus se fait par une alerte TLS ou une réponse 4xx ; ici, ${describeEnd(exchange)}.`;
  return breaks({ text, example: REFUSAL });
}
