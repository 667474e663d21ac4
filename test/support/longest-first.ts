// The order of the files: the longest first, then what starts processes, the short ones of pure code last, so that no worker
// is left alone with a long file at the end. Vitest itself knows how long a file took only where it has run before.

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Below test/, longest first: more than twenty seconds of processor, or of waiting, each. */
const LONGEST = [
  'integration/docs/docs-commands',
  'integration/hub-sante/end-to-end',
  'fault/hub-sante/broker-gone',
  'integration/platform/start-command',
  'integration/platform/state-folder',
  'fault/store/loss',
  'fault/relay/vendor-broken',
  'fault/relay/log-reader',
  'integration/release/before',
  'fault/hub-sante/publishing',
  'integration/host/copies',
  'fuzz/front-openapi',
  'integration/host/passerelle-edge',
  'integration/hub-sante/outages',
  'fault/accounts/system',
  'fault/inbound/storm',
  'integration/platform/rows-read',
  'integration/openapi/openapi',
  'fuzz/outbox-histories',
].map((name) => `/test/${name}.test.ts`);

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const place = ({ project, moduleId }: TestSpecification): number => {
      if (project.name === 'unit') return LONGEST.length + 1;
      const rank = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return rank === -1 ? LONGEST.length : rank;
    };
    return sorted.sort((a, b) => place(a) - place(b));
  }
}
