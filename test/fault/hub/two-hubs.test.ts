// Claim: with two hubs each has its share of the vendors, and the end of one costs the other's nothing. Phases: both live;
// one ends and comes back; one is down and stays so; it is back. End: the vendors of the hub that lives answered
// throughout, those of the other were told as lost with it, and answer again.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { hubIndexOf } from '../../../worker/hub/reach/hub-index.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { type HubState, ScriptedScene } from '../../support/scenes/scripted-scene.ts';
import { type SearchAnswer, System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const VENDORS = ['agenda-a', 'agenda-b', 'agenda-c', 'agenda-d'];
const shareOf = (hub: number): string[] => VENDORS.filter((id) => hubIndexOf(id, 2) === hub);

let system: System;
let admin: string;
/** With a slot at each vendor, in their order. */
let people: readonly string[];

beforeAll(async () => {
  const vendors = VENDORS.map((_, index) => ({ seed: index + 1 }));
  system = await System.start({ vendors, settings: { HUBS: '2', DEADLINE_MS: '7000' }, isMortal: true });
  admin = await signToken(system.state, 'admin');
  people = VENDORS.map(
    (id) =>
      peopleOf([system.vendor(id)]).find(({ full, identifier }) => !full && identifier.startsWith('8'))!
        .identifier,
  );
});
afterAll(() => system?.stop());

const relays = async (): Promise<HubState['relays']> => {
  const answer = await system.fetch('/admin/relays', { headers: { Authorization: `Bearer ${admin}` } });
  return ((await answer.json()) as HubState).relays;
};
const areServing = async (): Promise<boolean> =>
  (await relays()).filter(({ state }) => state === 'serving').length === 2;
const search = () => system.search(slotPath(people));
/** By vendor that did not answer, why. */
const failures = ({ ledger }: SearchAnswer): Map<string, string> => {
  const told = ledger.flatMap(({ diagnostics = '' }) => [
    ...diagnostics.matchAll(/editor=(\S+) reason=(\S+)/g),
  ]);
  return new Map(told.map(([, editor = '', reason = '']) => [editor, reason]));
};

it('shares the vendors out among two hubs, each with a link of the relay', async () => {
  expect([shareOf(0).length, shareOf(1).length]).toEqual([2, 2]);
  await until('the relay serves at both', areServing);
  const answer = await search();
  expect(answer.status).toBe(200);
  expect(failures(answer)).toEqual(new Map());
  expect(people.map((who) => answer.states.get(who))).toEqual(people.map(() => 'slots'));
});

it('waits for the one that has ended', async () => {
  await system.endHub('hub-1');
  const answer = await search();
  expect(failures(answer)).toEqual(new Map());
  expect(people.map((who) => answer.states.get(who))).toEqual(people.map(() => 'slots'));
});

it.each([
  ['hub', 0],
  ['hub-1', 1],
])('goes on without %s, and says whose answers are missing', async (name, index) => {
  await until('the relay serves at both', areServing);
  await system.setDown(name);
  const answer = await search();
  expect(answer.status).toBe(200);
  expect(failures(answer)).toEqual(new Map(shareOf(index).map((vendor) => [vendor, 'hub-lost'])));
  const states = new Map(VENDORS.map((vendor, at) => [vendor, answer.states.get(people[at]!)]));
  for (const vendor of shareOf(1 - index)) expect([vendor, states.get(vendor)]).toEqual([vendor, 'slots']);
  await system.setDown(name, false);
  await until('it answers again', async () => failures(await search()).size === 0);
});

it('is served by an older relay, which dials the first hub alone, as far as that one goes', async () => {
  const scene = await ScriptedScene.start({ HUBS: '2' });
  try {
    const relay = await scene.join('relay-a', VENDORS);
    relay.onPlan = (plan) => plan.answerAll();
    const answer = await scene.system.search(slotPath(people));
    expect(failures(answer)).toEqual(new Map(shareOf(1).map((vendor) => [vendor, 'relay-absent'])));
  } finally {
    await scene.stop();
  }
});
