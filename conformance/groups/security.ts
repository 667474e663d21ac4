// S1..S7: which client certificates the vendor accepts, which TLS versions it speaks. The same search, with past
// dates, is sent under each certificate: a valid one gets 200 even when there is nothing to answer.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { loadCertificates } from '../../relay/certificates.ts';
import { buildVendorRequest } from '../../shared/sas/vendor-request.ts';
import { describeEnd, type Exchange } from '../exchange.ts';
import { breaks, defineRequirements, pass, skip, type Verdict } from '../requirement.ts';
import type { Scene } from '../scene.ts';
import { judgeTlsVersions, preferTls13, tryTlsVersions } from '../tls-versions.ts';

const GROUP = 'Sécurité';

const ROWS = defineRequirements({
  S1: 'failure [SEC] Le certificat client du SAS est accepté : la recherche répond 200.',
  S2: 'failure [SEC] Un certificat dont le CN n’est pas celui du SAS est refusé.',
  S3: 'failure [SEC] Un certificat dont l’OU n’est pas celle du SAS est refusé.',
  S4: 'failure [SEC] Un certificat révoqué est refusé.',
  S5: 'failure [SEC] Une requête sans certificat client est refusée.',
  S6: 'failure [SEC] TLS 1.2 ou 1.3 aboutit sans certificat client à une réponse HTTP ; TLS 1.0 et 1.1 sont refusés.',
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
const REFUSAL =
  'HTTP/1.1 403 Forbidden\nContent-Type: application/fhir+json\n\n' +
  '{ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "forbidden" }] }';

/** Returns the exchange under the right certificate: when even that one does not connect, nothing else can run. */
export async function runSecurity(scene: Scene): Promise<Exchange> {
  const url = pastSearch(scene);
  const valid = await scene.caller.call({ label: 'certificat du relais', url });
  scene.judge(GROUP, ROWS.S1, judgeAccepted(scene, valid), valid);
  if (valid.failure?.reason === 'connect') return valid;
  for (const [id, name] of CASES) await runCase(scene, id, name, url);
  const none = await scene.caller.call({ label: 'sans certificat client', url }, withoutCertificate(scene));
  scene.judge(GROUP, ROWS.S5, judgeRefused(none), none);
  const attempts = await tryTlsVersions(scene.inputs.editor, url, scene.inputs.timeoutMs);
  scene.judge(GROUP, ROWS.S6, judgeTlsVersions(attempts));
  const tls = valid.received?.tls;
  const preferred = tls === undefined ? skip('S1 n’a pas abouti.') : preferTls13(tls);
  scene.judge(GROUP, ROWS.S7, preferred, valid);
  return valid;
}

async function runCase(scene: Scene, id: 'S2' | 'S3' | 'S4', name: string, url: string): Promise<void> {
  const context = readContext(scene, name);
  if (typeof context === 'string') return scene.judge(GROUP, ROWS[id], skip(context));
  const exchange = await scene.caller.call({ label: `certificat ${name}`, url }, context);
  scene.judge(GROUP, ROWS[id], judgeRefused(exchange), exchange);
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

function withoutCertificate({ inputs: { editor } }: Scene): SecureContext {
  const crl = editor.crlFiles.map((file) => readFileSync(file));
  return createSecureContext({
    ca: readFileSync(editor.caFile),
    ...(crl.length > 0 && { crl }),
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

/** A TLS alert or a 4xx; a socket that is simply dropped tells the caller nothing. */
function judgeRefused(exchange: Exchange): Verdict {
  const { failure, received } = exchange;
  if (failure?.reason === 'tls') return pass(`Refus par TLS (${failure.code ?? 'alerte'}).`);
  if (received !== undefined && received.status >= 400 && received.status < 500) {
    return pass(`Refus par HTTP ${received.status}.`);
  }
  const text =
    received !== undefined && received.status < 400
      ? `Ce certificat devait être refusé, le serveur a répondu ${received.status}.`
      : `Le refus se fait par une alerte TLS ou une réponse 4xx ; ici, ${describeEnd(exchange)}.`;
  return breaks({ text, example: REFUSAL });
}
