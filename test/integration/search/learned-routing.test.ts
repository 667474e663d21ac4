// Learned routing over the running system: who has shown slots of somebody is asked, the others now and then, and the
// answer says so. Off, everybody is asked.
import { afterEach, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local-state.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System | undefined;
afterEach(async () => {
  await system?.stop();
  system = undefined;
});

async function start(
  settings: Record<string, string>,
): Promise<{ running: System; who: string; holder: string }> {
  const running = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }, { seed: 3 }], settings });
  system = running;
  const { identifier, freeAt } = peopleOf(running.vendors).find(
    (person) =>
      person.freeAt.length === 1 && person.vendors.length === 1 && person.identifier.startsWith('8'),
  )!;
  return { running, who: identifier, holder: freeAt[0]! };
}
const calls = (running: System): Record<string, number> =>
  Object.fromEntries(running.vendors.map((vendor) => [vendor.id, vendor.state().requests.length]));
const known = async (running: System, who: string): Promise<number> => {
  const db = await running.edge.database();
  const { results } = await db
    .prepare('SELECT 1 FROM interfaced JOIN broadcasts USING (subject) WHERE subject = ?1')
    .bind(who)
    .all();
  return results.length;
};

it('asks everybody once, then those who hold the slots', async () => {
  const { running, who, holder } = await start({ ROUTING_MODE: 'learned', ROUTING_EXPLORE_CALLS: '0' });
  const first = await running.search(slotPath([who]));
  expect(Object.values(calls(running))).toEqual([1, 1, 1]);
  await until('it is learned', async () => (await known(running, who)) === 1);
  const second = await running.search(slotPath([who]));
  expect(calls(running)).toEqual({ 'agenda-a': 1, 'agenda-b': 1, 'agenda-c': 1, [holder]: 2 });
  expect(second.states.get(who)).toBe('slots');
  expect(second.bundle.total).toBe(first.bundle.total);
  const routed = second.ledger.find(({ details }) => details?.coding?.[0]?.code === 'routed');
  expect(routed?.details?.text).toContain('2 éditeurs');
});

it('asks everybody again once an operator has switched a vendor on', async () => {
  const { running, who, holder } = await start({ ROUTING_MODE: 'learned', ROUTING_EXPLORE_CALLS: '0' });
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
  await until('it is learned', async () => (await known(running, who)) === 1);
  expect(calls(running)[other]).toBe(0);
  await put(true);
  await running.search(slotPath([who]));
  expect(calls(running)[other]).toBe(1);
});

it('explores one of the others with each search', async () => {
  const { running, who } = await start({ ROUTING_MODE: 'learned', ROUTING_EXPLORE_CALLS: '1' });
  await running.search(slotPath([who]));
  await until('it is learned', async () => (await known(running, who)) === 1);
  await running.search(slotPath([who]));
  expect(Object.values(calls(running)).sort()).toEqual([1, 2, 2]);
});

it('learns nothing from a search in which a vendor failed', async () => {
  const { running, who, holder } = await start({ ROUTING_MODE: 'learned', ROUTING_EXPLORE_CALLS: '0' });
  const other = running.vendors.find(({ id }) => id !== holder)!;
  other.setFaults('status-500');
  await running.search(slotPath([who]));
  other.setFaults([]);
  await running.search(slotPath([who]));
  expect(other.state().requests).toHaveLength(2);
});

it('asks the vendor that somebody declares, and says of an empty answer that the others were left out', async () => {
  const { running, holder } = await start({ ROUTING_MODE: 'learned', ROUTING_EXPLORE_CALLS: '0' });
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
    return Object.values(calls(running)).reduce((sum, count) => sum + count) === 1;
  });
  expect(calls(running)[holder]).toBe(1);
  const routed = await running.search(slotPath([stranger]));
  expect(routed.states.get(stranger)).toBe('none');
  expect(routed.ledger.map(({ details }) => details?.coding?.[0]?.code)).toContain('routed');
});

it('asks everybody of whom a caller wants the news', async () => {
  const { running, who } = await start({ ROUTING_MODE: 'learned', ROUTING_EXPLORE_CALLS: '0' });
  await running.search(slotPath([who]));
  await until('it is learned', async () => (await known(running, who)) === 1);
  await running.search(slotPath([who]), { headers: { 'Cache-Control': 'no-cache' } });
  expect(Object.values(calls(running))).toEqual([2, 2, 2]);
});

it('off, asks everybody each time', async () => {
  const { running, who } = await start({});
  for (let i = 0; i < 3; i += 1) await running.search(slotPath([who]));
  expect(Object.values(calls(running))).toEqual([3, 3, 3]);
});
