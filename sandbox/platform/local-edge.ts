// The edge with the settings of a local state folder: it trusts the local issuer and the relays introduced
// there, also those introduced while it runs.

import { watch } from 'node:fs';
import { type EdgeProcess, startEdge } from './edge-process.ts';
import {
  LOCAL_AUDIENCE,
  LOCAL_ISSUER,
  openLocalState,
  RELAY_JWKS_FILE,
  readRelayJwks,
} from './local-state.ts';

export interface LocalEdgeOptions {
  readonly host: string;
  readonly port: number;
  readonly stateDir: string;
  /** Settings over the local ones, e.g. a shorter deadline. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly onLog?: (line: string) => void;
}

export async function startLocalEdge(options: LocalEdgeOptions): Promise<EdgeProcess> {
  const state = await openLocalState(options.stateDir);
  let relayJwks = await readRelayJwks(options.stateDir);
  const settings = (): Record<string, string> => ({
    AUTH_ISSUER: LOCAL_ISSUER,
    AUTH_AUDIENCE: LOCAL_AUDIENCE,
    AUTH_JWKS: state.issuerJwks,
    FRONT_USERS: '{"read":"secret"}',
    ...options.settings,
    RELAY_JWKS: options.settings?.RELAY_JWKS ?? relayJwks,
  });
  const edge = await startEdge({
    host: options.host,
    port: options.port,
    stateDir: options.stateDir,
    settings: settings(),
    ...(options.onLog === undefined ? {} : { onLog: options.onLog }),
  });
  let applying = Promise.resolve();
  const apply = async (): Promise<void> => {
    const text = await readRelayJwks(options.stateDir);
    if (text === relayJwks) return;
    relayJwks = text;
    await edge.configure(settings());
  };
  const watcher = watch(options.stateDir, (_event, name) => {
    if (name === RELAY_JWKS_FILE) applying = applying.then(apply).catch(() => undefined);
  });
  return {
    url: edge.url,
    configure: edge.configure,
    close: async () => {
      watcher.close();
      await applying;
      await edge.close();
    },
  };
}
