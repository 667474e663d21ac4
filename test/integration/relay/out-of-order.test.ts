// A vendor whose entry at a relay is broken: the edge knows it from the announcement, never takes it for a vendor
// without slots, and asks another relay for it when one serves it.

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ScriptedScene, told } from '../../support/scenes/scripted-scene.ts';
import { slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const RPPS = '810000000011';

let scene: ScriptedScene;

beforeAll(async () => {
  scene = await ScriptedScene.start();
});

afterEach(async () => {
  scene.closeRelays();
  await until('no relay to be left', async () => (await scene.hub()).relays.length === 0);
});

afterAll(() => scene?.stop());

it('says unknown, and why, of a vendor that is out of order at its only relay', async () => {
  const relay = await scene.join('relay-a', [], undefined, ['agenda-s']);
  const answer = await scene.system.search(slotPath([RPPS]));
  expect(answer.states.get(RPPS)).toBe('unknown');
  expect([told(answer, 'editor'), told(answer, 'reason')]).toEqual(['agenda-s', 'out-of-order']);
  expect(answer.headers.get('X-Passerelle-Ledger')).toBe('slots=0, none=0, unknown=1, not-interfaced=0');
  expect(relay.plans).toEqual([]);
  expect((await scene.hub()).relays).toMatchObject([{ editors: [], outOfOrder: ['agenda-s'] }]);
});

it('asks a vendor again once a reload has put it in order', async () => {
  const broken = await scene.join('relay-a', [], 'one process', ['agenda-s']);
  expect((await scene.system.search(slotPath([RPPS]))).states.get(RPPS)).toBe('unknown');
  const mended = await scene.join('relay-a', ['agenda-s'], 'one process');
  await until('the first link to be closed', () => broken.closedWith !== undefined);
  mended.onPlan = (plan) => plan.answerAll();
  const answer = await scene.system.search(slotPath([RPPS]));
  expect(answer.states.get(RPPS)).not.toBe('unknown');
});

// Last: from here on the edge knows agenda-t, and would ask for it where no relay serves it.
it('asks the relay at which the vendor is in order', async () => {
  const broken = await scene.join('relay-a', ['agenda-t'], undefined, ['agenda-s']);
  const sound = await scene.join('relay-b', ['agenda-s', 'agenda-t']);
  for (const relay of [broken, sound]) relay.onPlan = (plan) => plan.answerAll();
  for (let nth = 0; nth < 4; nth += 1) {
    const answer = await scene.system.search(slotPath([RPPS]));
    expect(answer.headers.get('X-Passerelle-Ledger')).toMatch(/^slots=0, none=1, unknown=0/);
  }
  const asked = broken.plans.flatMap(({ plan }) => plan.calls.map(({ editor }) => editor));
  expect(asked).not.toContain('agenda-s');
});
