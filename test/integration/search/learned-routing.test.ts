// Learned routing over the running system: who has shown slots of somebody is asked, the others now and then, and the
// answer says so. Off, everybody is asked.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitUntilReady } from '../../../sandbox/platform/examples.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let running: System;
/** Of each test somebody whom no other has asked for: one vendor has slots of his. */
let who = '';
let holder = '';
let rank = 0;

beforeAll(async () => {
  running = await System.start({ settings: learned(0) });
});
afterAll(() => running?.stop());
beforeEach(() => {
  for (const vendor of running.vendors) vendor.reset();
  const held = peopleOf(running.vendors).filter(
    ({ freeAt, vendors, identifier }) =>
      freeAt.length === 1 && vendors.length === 1 && identifier.startsWith('8'),
  );
  const { identifier, freeAt } = held[rank]!;
  rank += 1;
  who = identifier;
  holder = freeAt[0]!;
});

const learned = (explored: number): Record<string, string> => ({
  ROUTING_MODE: 'learned',
  ROUTING_EXPLORE_CALLS: String(explored),
});

const calls = (): Record<string, number> =>
  Object.fromEntries(running.vendors.map((vendor) => [vendor.id, vendor.state().requests.length]));
const isLearned = (): Promise<true> => until('it is learned', async () => (await known()) === 1);
const known = async (): Promise<number> => {
  const db = await running.edge.database();
  const { results } = await db
    .prepare('SELECT 1 FROM interfaced JOIN broadcasts USING (subject) WHERE subject = ?1')
    .bind(who)
    .all();
  return results.length;
};

it('asks everybody once, then those who hold the slots', async () => {
  const first = await running.search(slotPath([who]));
  expect(Object.values(calls())).toEqual([1, 1, 1]);
  await isLearned();
  const second = await running.search(slotPath([who]));
  expect(calls()).toEqual({ 'agenda-a': 1, 'agenda-b': 1, 'agenda-c': 1, [holder]: 2 });
  expect(second.states.get(who)).toBe('slots');
  expect(second.bundle.total).toBe(first.bundle.total);
  const routed = second.ledger.find(({ details }) => details?.coding?.[0]?.code === 'routed');
  expect(routed?.details?.text).toContain('2 éditeurs');
});

it('asks everybody again once an operator has switched a vendor on', async () => {
  const other = running.vendors.find(({ id }) => id !== holder)!.id;
  const admin = await signToken(running.state, 'admin');
  const put = (enabled: boolean): Promise<Response> =>
    running.fetch(`/admin/editors/${other}`, {
      method: 'PUT',
      headers: { Authorization: `Bearer ${admin}` },
      body: JSON.stringify({ enabled }),
    });
  await put(false);
  await running.search(slotPath([who]));
  await isLearned();
  expect(calls()[other]).toBe(0);
  await put(true);
  await running.search(slotPath([who]));
  expect(calls()[other]).toBe(1);
});

it('learns nothing from a search in which a vendor failed', async () => {
  const other = running.vendors.find(({ id }) => id !== holder)!;
  other.setFaults('status-500');
  await running.search(slotPath([who]));
  other.setFaults([]);
  await running.search(slotPath([who]));
  expect(other.state().requests).toHaveLength(2);
});

it('asks the vendor that somebody declares, and says of an empty answer that the others were left out', async () => {
  const stranger = '899900777771';
  const declared = await running.fetch('/admin/front/declarations', {
    method: 'PUT',
    headers: {
      Authorization: `Bearer ${await signToken(running.state, 'admin')}`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ practitioner: stranger, editors: [holder] }),
  });
  expect(declared.status).toBe(200);
  const all = await running.search(slotPath([stranger]));
  expect(all.bundle).not.toHaveProperty('entry');
  await until('only the declared one is asked', async () => {
    for (const vendor of running.vendors) vendor.reset();
    await running.search(slotPath([stranger]));
    return Object.values(calls()).reduce((sum, count) => sum + count) === 1;
  });
  expect(calls()[holder]).toBe(1);
  const routed = await running.search(slotPath([stranger]));
  expect(routed.states.get(stranger)).toBe('none');
  expect(routed.ledger.map(({ details }) => details?.coding?.[0]?.code)).toContain('routed');
});

it('asks everybody of whom a caller wants the news', async () => {
  await running.search(slotPath([who]));
  await isLearned();
  await running.search(slotPath([who]), { headers: { 'Cache-Control': 'no-cache' } });
  expect(Object.values(calls())).toEqual([2, 2, 2]);
});

/** Restarts the Worker; the relay dials again. */
async function setRouting(settings: Record<string, string>): Promise<void> {
  await running.stopEdge();
  await running.startEdge(settings);
  await waitUntilReady(running.url);
}

describe('set otherwise', () => {
  it('explores one of the others with each search', async () => {
    await setRouting(learned(1));
    await running.search(slotPath([who]));
    await isLearned();
    await running.search(slotPath([who]));
    expect(Object.values(calls()).sort()).toEqual([1, 2, 2]);
  });

  it('off, asks everybody each time', async () => {
    await setRouting({ ROUTING_MODE: 'off' });
    for (let i = 0; i < 3; i += 1) await running.search(slotPath([who]));
    expect(Object.values(calls())).toEqual([3, 3, 3]);
  });
});
