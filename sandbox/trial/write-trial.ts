// Everything that a trial of a release needs besides the release: an imitation authority, the settings of an edge and of two
// relays on one machine, an issuer's key. What is there is kept; the keys of the relays are their own to make.

import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makePrivateFolder, PRIVATE_FILE } from '../../host/state/private-folder.ts';
import { ensureSandboxPki } from '../pki/sandbox-pki.ts';
import { type LocalVendor, writeRelayConfig } from '../platform/local/relay.ts';
import { type LocalState, localSettings, openLocalState, RELAY_JWKS_FILE } from '../platform/local/state.ts';

export const HOST = '127.0.0.1';
const EDGE_PORT = 8787;
export const EDGE_URL = `http://${HOST}:${EDGE_PORT}`;
const EDGE_ADMIN_PORT = 9091;
const RELAYS = [
  { id: 'relay-a', adminPort: 9090, listenPort: 8443 },
  { id: 'relay-b', adminPort: 9092, listenPort: 8444 },
] as const;
/** Where vendors tell their appointments: at one relay, as nothing stands before the two here. */
export const SAS_URL = `https://${HOST}:${RELAYS[0].listenPort}/fhir`;

export interface Trial {
  /** Folder of the imitation authority. */
  readonly pkiDir: string;
  readonly state: LocalState;
}

/** `dir`: made when missing. @throws what Node throws when it cannot be written. */
export async function writeTrial(dir: string, vendors: readonly LocalVendor[]): Promise<Trial> {
  makePrivateFolder(dir);
  const pkiDir = resolve(dir, 'pki');
  const pki = await ensureSandboxPki(pkiDir);
  const state = await openLocalState(dir);
  for (const { id, ...ports } of RELAYS) {
    await writeRelayConfig({ id, dir: join(dir, id), edgeUrl: EDGE_URL, pki, vendors, ...ports });
  }
  const { AUTH_ISSUER, AUTH_AUDIENCE, AUTH_JWKS } = await localSettings(state);
  const edge = {
    listen: { host: HOST, port: EDGE_PORT },
    admin: { host: HOST, port: EDGE_ADMIN_PORT },
    stateFolder: 'edge',
    settings: { PUBLIC_URL: EDGE_URL, AUTH_ISSUER, AUTH_AUDIENCE, AUTH_JWKS: JSON.parse(AUTH_JWKS ?? '') },
    settingFiles: { RELAY_JWKS: RELAY_JWKS_FILE },
  };
  await writeFile(join(dir, 'edge.json'), `${JSON.stringify(edge, null, 2)}\n`, { mode: PRIVATE_FILE });
  return { pkiDir, state };
}
