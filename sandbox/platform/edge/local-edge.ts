// The edge with the settings of a local state folder: it trusts the local issuer and the relays introduced
// there, also those introduced while it runs.

import { watch } from 'node:fs';
import { localSettings, openLocalState, RELAY_JWKS_FILE } from '../local/state.ts';
import { type EdgeOptions, type EdgeProcess, startEdge } from './edge-process.ts';
import { mergeSettings, type Settings } from './env-file.ts';

export interface LocalEdgeOptions extends Omit<EdgeOptions, 'settings'> {
  readonly stateDir: string;
  /** Settings over the local ones, e.g. a shorter deadline; see mergeSettings. */
  readonly settings?: Settings;
}

export async function startLocalEdge(options: LocalEdgeOptions): Promise<EdgeProcess> {
  const state = await openLocalState(options.stateDir);
  const settings = async (): Promise<Settings> =>
    mergeSettings(await localSettings(state), options.settings ?? {});
  let current = await settings();
  const edge = await startEdge({ ...options, settings: current });
  let applying = Promise.resolve();
  const apply = async (): Promise<void> => {
    const next = await settings();
    if (next.RELAY_JWKS === current.RELAY_JWKS) return;
    current = next;
    await edge.configure(next);
  };
  const watcher = watch(options.stateDir, (_event, name) => {
    if (name === RELAY_JWKS_FILE) applying = applying.then(apply).catch(() => undefined);
  });
  return {
    ...edge,
    close: async () => {
      watcher.close();
      await applying;
      await edge.close();
    },
  };
}
