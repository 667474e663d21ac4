// Claim: a Worker and a hub of two neighbouring releases serve together, whichever is the older. Phases: this release's
// Worker over a hub of the release beside, and the reverse, each two bundles in one runtime. End: both search, take an
// appointment, switch a vendor and tell operators what goes on.
import { afterEach, it } from 'vitest';
import { besideWorker, builtWorker } from '../../support/scenes/built/edge.ts';
import { expectServingTogether } from '../../support/scenes/serve-together.ts';
import { System } from '../../support/scenes/system.ts';

let system: System | undefined;
afterEach(async () => {
  await system?.stop();
  system = undefined;
});

it.each([
  ['an older Worker over a newer hub', besideWorker, builtWorker],
  ['a newer Worker over an older hub', builtWorker, besideWorker],
])('%s', async (_, script, hubScript) => {
  const running = await System.start({ vendors: [{ seed: 1 }], scripts: { script, hubScript } });
  system = running;
  await expectServingTogether(running);
});
