// The edge of a local state folder, from the Worker that this run has built once.

import { buildWorker } from '../../../sandbox/platform/edge/build-worker.ts';
import type { EdgeProcess } from '../../../sandbox/platform/edge/edge-process.ts';
import { type LocalEdgeOptions, startLocalEdge } from '../../../sandbox/platform/edge/local-edge.ts';
import { runFile } from '../samples/run-file.ts';

/** The Worker's code. */
export const builtWorker = (): Promise<string> => runFile('worker.js', buildWorker);

export async function startBuiltEdge(
  options: Omit<LocalEdgeOptions, 'host' | 'script'>,
): Promise<EdgeProcess> {
  return startLocalEdge({ ...options, host: '127.0.0.1', script: await builtWorker() });
}
