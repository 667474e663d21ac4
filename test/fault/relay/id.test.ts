// Claim: one relay id is one living process. Phases: a second process under the id of a relay that lives; of one that
// has stalled, and wakes later; of one that drains; of one that was killed; a relay that dials again over its own lost
// link; the same among relays of an older version, which say no instance. End: exactly one serves, each of the others
// knows why it does not, and none comes back for ever.

import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type Child, startChild } from '../../../sandbox/platform/child.ts';
import { signToken } from '../../../sandbox/platform/local-state.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { ScriptedScene } from '../../support/scenes/scripted-scene.ts';
import { System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System | undefined;
let scene: ScriptedScene | undefined;
const children: Child[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.process.kill('SIGKILL');
  await system?.stop();
  await scene?.stop();
  system = undefined;
  scene = undefined;
});

/** A second process with the settings and key of the first, as a forgotten or copied installation is. */
async function startTwin(
  running: System,
): Promise<{ child: Child; lines: string[]; ended: Promise<number | null> }> {
  const lines: string[] = [];
  const child = await startChild({
    command: ['relay/main.ts', '--config', join(running.dir, 'relay-a', 'relay.json')],
    readyEvent: 'relay-ready',
    onLine: (line) => lines.push(line),
  });
  children.push(child);
  const { process: twin } = child;
  const ended = new Promise<number | null>((resolve) => twin.once('exit', resolve));
  return { child, lines, ended };
}

const serving = async (running: System): Promise<readonly { connectedAt: string; state: string }[]> => {
  const headers = { Authorization: `Bearer ${await signToken(running.state, 'admin')}` };
  const answer = await running.fetch('/admin/relays', { headers });
  return ((await answer.json()) as { relays: { connectedAt: string; state: string }[] }).relays;
};

const edgeSaid = (running: System, message: string): number =>
  running.edgeLog.filter((line) => line.includes(`"message":"${message}"`)).length;

it('a second process under the id of a living relay says why and ends; the first notices nothing', async () => {
  system = await System.start({ vendors: [{ seed: 1 }] });
  const running = system;
  const before = await serving(running);
  // A relay may have dialled in vain before its edge was up.
  const saidBefore = running.relayLog.length;
  const twin = await startTwin(running);
  expect(await twin.ended).toBe(1);
  const output = twin.lines.join('\n');
  expect(output).toContain('"message":"relay-id-taken"');
  expect(output).toMatch(/"detail":"4003".*"reason":"relay-id-taken".*"message":"link-down"/);
  expect(output).toContain('relayId : un autre relais fonctionne déjà sous ce nom');
  const refusals = running.edgeLog.filter((line) => line.includes('"message":"relay-refused"'));
  expect(refusals).toEqual([expect.stringContaining('"relay":"relay-a","reason":"relay-id-taken"')]);
  expect(await serving(running)).toEqual(before);
  expect(running.relayLog.slice(saidBefore).filter((line) => line.includes('link-down'))).toEqual([]);
  const person = peopleOf(running.vendors).find(({ full }) => !full)!;
  expect((await running.search(slotPath([person.identifier]))).states.get(person.identifier)).toBe('slots');
});

it('a stalled relay is replaced, and ends with the reason when it wakes', async () => {
  system = await System.start({ vendors: [{ seed: 1 }] });
  const running = system;
  const first = running.relay!;
  const firstEnded = new Promise<number | null>((resolve) => first.process.once('exit', resolve));
  first.process.kill('SIGSTOP');
  const twin = await startTwin(running);
  await until('the second is up', () => twin.lines.some((line) => line.includes('"message":"link-up"')));
  expect(edgeSaid(running, 'relay-replaced')).toBe(1);
  first.process.kill('SIGCONT');
  expect(await firstEnded).toBe(1);
  const said = running.relayLog.join('\n');
  expect(said).toMatch(/"detail":"4001".*"reason":"replaced".*"message":"link-down"/);
  expect(said).toContain('"message":"relay-id-taken"');
  expect((await serving(running)).map(({ state }) => state)).toEqual(['serving']);
  expect(twin.lines.join('\n')).not.toContain('link-down');
});

it('a relay that is killed and started again serves at once', async () => {
  system = await System.start({ vendors: [{ seed: 1 }] });
  const running = system;
  running.relay!.process.kill('SIGKILL');
  const next = await startTwin(running);
  await until('it is up', () => next.lines.some((line) => line.includes('"message":"link-up"')));
  expect(edgeSaid(running, 'relay-refused')).toBe(0);
});

it('a relay that drains leaves its id to the next, and still ends the search it has begun', async () => {
  system = await System.start({ vendors: [{ seed: 1, settings: { latencyMs: 3_000 } }] });
  const running = system;
  const person = peopleOf(running.vendors).find(({ full }) => !full)!;
  const answer = running.search(slotPath([person.identifier]));
  await until('the vendor is asked', () => running.vendors[0]!.state().inFlight === 1);
  const first = running.relay!;
  const stopped = first.stop();
  await until('it drains', async () => (await serving(running)).some(({ state }) => state === 'draining'));
  const next = await startTwin(running);
  await until('the next is up', () => next.lines.some((line) => line.includes('"message":"link-up"')));
  expect((await answer).states.get(person.identifier)).toBe('slots');
  expect(running.vendors[0]!.state().requests).toHaveLength(1);
  expect(await stopped).toBe(0);
});

it('a relay that dials again takes the place of its own link without being asked', async () => {
  scene = await ScriptedScene.start();
  const first = await scene.join('relay-a', ['agenda-s'], 'instance-1');
  const again = await scene.join('relay-a', ['agenda-s'], 'instance-1');
  await until('the first is closed', () => first.closedWith === 4001);
  expect(again.closedWith).toBe(undefined);
  expect(edgeSaid(scene.system, 'relay-refused')).toBe(0);
});

it.each([
  ['of an older version', undefined, undefined],
  ['of which the first is of an older version', undefined, 'instance-2'],
  ['of which the second is of an older version', 'instance-1', undefined],
])('of two living relays %s the second is refused by name', async (_versions, ofFirst, ofSecond) => {
  scene = await ScriptedScene.start();
  const first = await scene.join('relay-a', ['agenda-s'], ofFirst);
  const second = scene.join('relay-a', ['agenda-s'], ofSecond);
  await expect(second).rejects.toThrow();
  expect(edgeSaid(scene.system, 'relay-refused')).toBe(1);
  expect(first.closedWith).toBe(undefined);
  expect((await scene.hub()).relays.map(({ state }) => state)).toEqual(['serving']);
});

it('an older relay that dials again over a dead link is served', async () => {
  scene = await ScriptedScene.start();
  const first = await scene.join('relay-a');
  first.socket.pause();
  await scene.join('relay-a');
  first.socket.resume();
  await until('the first is closed', () => first.closedWith === 4001);
  expect((await scene.hub()).relays.map(({ state }) => state)).toEqual(['serving']);
});
