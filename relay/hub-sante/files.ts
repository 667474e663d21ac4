// The files of `hubSante`, read and proved: our certificate for Hub Santé, whose CN is our client id there, its key, and the
// authorities and lists of the broker. Called at start, by `--check` and at each reload. docs/relay.md "Hub Santé".

import { X509Certificate } from 'node:crypto';
import type { HubSanteConfig } from '../base/config.ts';
import { isBlocking, type Problem } from '../base/problem.ts';
import { type Certificates, isInForce, loadCertificates } from '../certificates/certificates.ts';
import type { ScopedMarks } from '../certificates/list-marks.ts';

const FIELD = 'hubSante';

/** What one connection to the broker is made of. */
export interface HubSanteState {
  readonly config: HubSanteConfig;
  readonly certificates: Certificates;
  /** Changes when a setting or a byte of any file does. */
  readonly key: string;
}

export interface HubSanteLoaded {
  /** `previous` when something is broken, or past its date where the previous is not. */
  readonly state: HubSanteState | undefined;
  readonly problems: readonly Problem[];
}

/** `previous` stays in place of what is broken; without one a broken part leaves no state. */
export function loadHubSante(
  config: HubSanteConfig,
  previous: HubSanteState | undefined,
  nowMs: number,
  marks?: ScopedMarks,
): HubSanteLoaded {
  const before = previous?.certificates;
  // As a server's: Hub Santé takes certificates of type SERV_SSL from its clients, whose usage need not say clientAuth.
  const { certificates, problems } = loadCertificates(config, 'server', FIELD, nowMs, before, marks);
  if (certificates === undefined) return { state: previous, problems };
  const found = [...problems, ...checkName(certificates, config)];
  if (found.some(isBlocking)) return { state: previous, problems: found };
  if (before !== undefined && isInForce(before, nowMs) && !isInForce(certificates, nowMs)) {
    return { state: previous, problems: found };
  }
  const key = `${certificates.digest} ${JSON.stringify(config)}`;
  return { state: { config, certificates, key }, problems: found };
}

/** Every file that it is read from. */
export function hubSanteFiles({
  certFile,
  keyFile,
  caFile,
  clientCaFile,
  crlFiles,
}: HubSanteConfig): readonly string[] {
  return [certFile, keyFile, caFile, ...(clientCaFile === undefined ? [] : [clientCaFile]), ...crlFiles];
}

/** The broker takes the CN for the client: with another one, every connection would be refused. */
function checkName({ options }: Certificates, { clientId }: HubSanteConfig): readonly Problem[] {
  const { CN } = new X509Certificate(String(options.cert)).toLegacyObject().subject;
  if (CN === clientId) return [];
  return [{ field: `${FIELD}.certFile`, text: 'le CN du certificat n’est pas hubSante.clientId' }];
}
