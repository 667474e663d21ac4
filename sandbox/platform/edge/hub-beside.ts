// The options of a local edge whose hub runs another code than its Worker, as for the minutes of a deployment: for tests
// of two releases.

import type { SharedOptions, WorkerOptions } from 'miniflare';

const NAME = 'hub';

/** `options`: of an edge that is one Worker. */
export function withHubBeside(
  options: SharedOptions & WorkerOptions,
  hubScript: string,
): SharedOptions & { workers: WorkerOptions[] } {
  const {
    durableObjects = {},
    unsafeDirectSockets,
    modules: _,
    ...both
  } = options as typeof options & {
    readonly modules: unknown;
  };
  const shared = both as SharedOptions;
  const hub = { ...(durableObjects.RELAY_HUB as object), className: 'RelayHub', scriptName: NAME };
  return {
    ...shared,
    workers: [
      { ...options, durableObjects: { ...durableObjects, RELAY_HUB: hub } },
      {
        ...both,
        name: NAME,
        modules: [{ type: 'ESModule', path: 'hub.js', contents: hubScript }],
        durableObjects,
      } as WorkerOptions,
    ],
  };
}
