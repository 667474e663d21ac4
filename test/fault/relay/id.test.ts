// Claim: one relay id is one living process. Phases: a second process under the id of a relay that lives; of one that
// has stalled, and wakes later; of one that drains; of one that was killed; a relay that dials again over its own lost
// link; the same among relays of an older version, which say no instance. End: exactly one serves, each of the others
// knows why it does not, and none comes back for ever.

import { join, relative, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Child, startChild } from '../../../sandbox/platform/child.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { builtRelay } from '../../support/scenes/built/relay.ts';
import { ScriptedScene } from '../../support/scenes/scripted-scene.ts';
import { System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

/** What an edge has logged since `from` lines. */
const edgeSaid = ({ edgeLog }: System, message: string, from: number): string[] =>
  edgeLog.slice(from).filter((line) => line.includes(`"message":"${message}"`));
/** Once there is such a line. */
const edgeSays = (system: System, message: string, from: number): Promise<string[]> =>
  until(message, () => {
    const said = edgeSaid(system, message, from);
    return said.length > 0 && said;
  });

describe('of processes', () => {
  let running: System;
  /** Lines of the logs before the test. */
  let from = 0;
  let saidBefore = 0;
  const children: Child[] = [];

  beforeAll(async () => {
    running = await System.start({ vendors: [{ seed: 1 }] });
  });
  afterAll(() => running?.stop());
  beforeEach(async () => {
    running.vendors[0]!.reset();
    if (running.relay?.process.exitCode !== null || running.relay.process.signalCode !== null) {
      await until('no relay is left', async () => (await serving()).length === 0);
      await running.startRelay();
    }
    from = running.edgeLog.length;
    // A relay may have dialled in vain before its edge was up.
    saidBefore = running.relayLog.length;
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.process.kill('SIGKILL');
  });

  /** A second process with the settings and key of the first, as a forgotten or copied installation is. */
  async function startTwin(): Promise<{ child: Child; lines: string[]; ended: Promise<number | null> }> {
    const lines: string[] = [];
    const child = await startChild({
      command: [relative(ROOT, builtRelay()), '--config', join(running.dir, 'relay-a', 'relay.json')],
      readyEvent: 'relay-ready',
      onLine: (line) => lines.push(line),
    });
    children.push(child);
    const { process: twin } = child;
    const ended = new Promise<number | null>((resolve) => twin.once('close', resolve));
    return { child, lines, ended };
  }

  const serving = async (): Promise<readonly { connectedAt: string; state: string }[]> => {
    const headers = { Authorization: `Bearer ${await signToken(running.state, 'admin')}` };
    const answer = await running.fetch('/admin/relays', { headers });
    return ((await answer.json()) as { relays: { connectedAt: string; state: string }[] }).relays;
  };

  it('a second process under the id of a living relay says why and ends; the first notices nothing', async () => {
    const before = await serving();
    const twin = await startTwin();
    expect(await twin.ended).toBe(1);
    const output = twin.lines.join('\n');
    expect(output).toContain('"message":"relay-id-taken"');
    expect(output).toMatch(/"detail":"4003".*"reason":"relay-id-taken".*"message":"link-down"/);
    expect(output).toContain('relayId : un autre relais fonctionne déjà sous ce nom');
    expect(await edgeSays(running, 'relay-refused', from)).toEqual([
      expect.stringContaining('"relay":"relay-a","reason":"relay-id-taken"'),
    ]);
    expect(await serving()).toEqual(before);
    expect(running.relayLog.slice(saidBefore).filter((line) => line.includes('link-down'))).toEqual([]);
    const person = peopleOf(running.vendors).find(({ full }) => !full)!;
    expect((await running.search(slotPath([person.identifier]))).states.get(person.identifier)).toBe('slots');
  });

  it('a stalled relay is replaced, and ends with the reason when it wakes', async () => {
    const first = running.relay!;
    const firstEnded = new Promise<number | null>((resolve) => first.process.once('close', resolve));
    first.process.kill('SIGSTOP');
    const twin = await startTwin();
    await until('the second is up', () => twin.lines.some((line) => line.includes('"message":"link-up"')));
    expect(await edgeSays(running, 'relay-replaced', from)).toHaveLength(1);
    first.process.kill('SIGCONT');
    expect(await firstEnded).toBe(1);
    const said = running.relayLog.slice(saidBefore).join('\n');
    expect(said).toMatch(/"detail":"4001".*"reason":"replaced".*"message":"link-down"/);
    expect(said).toContain('"message":"relay-id-taken"');
    expect((await serving()).map(({ state }) => state)).toEqual(['serving']);
    expect(twin.lines.join('\n')).not.toContain('link-down');
  });

  it('a relay that is killed and started again serves at once', async () => {
    running.relay!.process.kill('SIGKILL');
    const next = await startTwin();
    await until('it is up', () => next.lines.some((line) => line.includes('"message":"link-up"')));
    expect(edgeSaid(running, 'relay-refused', from)).toEqual([]);
  });

  it('a relay that drains leaves its id to the next, and still ends the search it has begun', async () => {
    running.vendors[0]!.setSettings({ latencyMs: 4_000 });
    const person = peopleOf(running.vendors).find(({ full }) => !full)!;
    const answer = running.search(slotPath([person.identifier]));
    await until('the vendor is asked', () => running.vendors[0]!.state().inFlight === 1);
    const first = running.relay!;
    const stopped = first.stop();
    await until('it drains', async () => (await serving()).some(({ state }) => state === 'draining'));
    const next = await startTwin();
    await until('the next is up', () => next.lines.some((line) => line.includes('"message":"link-up"')));
    expect((await answer).states.get(person.identifier)).toBe('slots');
    expect(running.vendors[0]!.state().requests).toHaveLength(1);
    expect(await stopped).toBe(0);
  });
});

describe('of links', () => {
  let scene: ScriptedScene;
  let from = 0;

  beforeAll(async () => {
    scene = await ScriptedScene.start();
  });
  afterAll(() => scene?.stop());
  beforeEach(async () => {
    scene.closeRelays();
    await until('no relay is left', async () => (await scene.hub()).relays.length === 0);
    from = scene.system.edgeLog.length;
  });

  it('a relay that dials again takes the place of its own link without being asked', async () => {
    const first = await scene.join('relay-a', ['agenda-s'], 'instance-1');
    const again = await scene.join('relay-a', ['agenda-s'], 'instance-1');
    await until('the first is closed', () => first.closedWith === 4001);
    expect(again.closedWith).toBe(undefined);
    expect(edgeSaid(scene.system, 'relay-refused', from)).toHaveLength(0);
  });

  it.each([
    ['of an older version', undefined, undefined],
    ['of which the first is of an older version', undefined, 'instance-2'],
    ['of which the second is of an older version', 'instance-1', undefined],
  ])('of two living relays %s the second is refused by name', async (_versions, ofFirst, ofSecond) => {
    const first = await scene.join('relay-a', ['agenda-s'], ofFirst);
    const second = scene.join('relay-a', ['agenda-s'], ofSecond);
    await expect(second).rejects.toThrow();
    expect(await edgeSays(scene.system, 'relay-refused', from)).toHaveLength(1);
    expect(first.closedWith).toBe(undefined);
    expect((await scene.hub()).relays.map(({ state }) => state)).toEqual(['serving']);
  });

  it('an older relay that dials again over a dead link is served', async () => {
    const first = await scene.join('relay-a');
    first.socket.pause();
    await scene.join('relay-a');
    first.socket.resume();
    await until('the first is closed', () => first.closedWith === 4001);
    expect((await scene.hub()).relays.map(({ state }) => state)).toEqual(['serving']);
  });
});
