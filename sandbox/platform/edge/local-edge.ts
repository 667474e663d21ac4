// The edge with the settings of a local state folder: it trusts the local issuer and the relays introduced
// there, also those introduced while it runs.

import { watch } from 'node:fs';
import { localSettings, openLocalState, RELAY_JWKS_FILE } from '../local-state.ts';
import { type EdgeProcess, startEdge } from './edge-process.ts';
import { mergeSettings, type Settings } from './env-file.ts';

export interface LocalEdgeOptions {
  readonly host: string;
  readonly port: number;
  readonly stateDir: string;
  /** Settings over the local ones, e.g. a shorter deadline; see mergeSettings. */
  readonly settings?: Settings;
  readonly onLog?: (line: string) => void;
  readonly command?: string;
  readonly inspect?: boolean;
  /** See EdgeOptions. */
  readonly exportDir?: string;
  /** See EdgeOptions. */
  readonly script?: string;
}

export async function startLocalEdge(options: LocalEdgeOptions): Promise<EdgeProcess> {
  const state = await openLocalState(options.stateDir);
  const settings = async (): Promise<Settings> =>
    mergeSettings(await localSettings(state), options.settings ?? {});
  let current = await settings();
  const edge = await startEdge({
    host: options.host,
    port: options.port,
    stateDir: options.stateDir,
    settings: current,
    ...(options.onLog === undefined ? {} : { onLog: options.onLog }),
    ...(options.command === undefined ? {} : { command: options.command }),
    ...(options.inspect === undefined ? {} : { inspect: options.inspect }),
    ...(options.exportDir === undefined ? {} : { exportDir: options.exportDir }),
    ...(options.script === undefined ? {} : { script: options.script }),
  });
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
    url: edge.url,
    configure: edge.configure,
    runSchedule: edge.runSchedule,
    database: edge.database,
    object: edge.object,
    inspectorUrl: edge.inspectorUrl,
    close: async () => {
      watcher.close();
      await applying;
      await edge.close();
    },
  };
}
