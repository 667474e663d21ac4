// Claim: a relay from which nothing came until the search was over is told apart from slow vendors, also when that time
// was too short to take the relay for lost.
import { afterEach, expect, it } from 'vitest';
import { ScriptedScene, told } from '../../support/scenes/scripted-scene.ts';
import { type SearchAnswer, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let scene: ScriptedScene | undefined;
afterEach(() => scene?.stop());

it('says relay-lost of the relay that said nothing, and timeout of the vendor that did not answer', async () => {
  const answer = await until('an answer in which the vendor that answers was in time', async () => {
    await scene?.stop();
    scene = undefined;
    const found = await searchBeside();
    return !found.ledger.some(({ diagnostics }) => diagnostics?.includes('editor=agenda-u')) && found;
  });
  const reasons = answer.ledger.map(({ diagnostics }) => /editor=(\S+) reason=(\S+)/.exec(diagnostics ?? ''));
  expect(reasons.map((found) => found?.slice(1))).toEqual([
    ['agenda-s', 'relay-lost'],
    ['agenda-t', 'timeout'],
  ]);
  expect(told(answer, 'subjects')).toBe('899900999999');
});

/** A search of three vendors: of a relay that says nothing, one that does not answer, one that does. */
async function searchBeside(): Promise<SearchAnswer> {
  // A relay is taken for lost after three seconds.
  scene = await ScriptedScene.start({ DEADLINE_MS: '2900' });
  const silent = await scene.join('relay-a', ['agenda-s']);
  const heard = await scene.join('relay-b', ['agenda-t', 'agenda-u']);
  heard.onPlan = (arrived) =>
    arrived.answer(arrived.plan.calls.findIndex(({ editor }) => editor === 'agenda-u'));
  silent.socket.pause();
  return scene.system.search(slotPath(['899900999999']));
}
