// Claim: searches need no database. One that cannot be read costs what it alone holds, and nothing of what the hub knows; an
// edge that starts again meanwhile serves as soon as its relay is back.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DatabaseName } from '../../../host/databases/migrations.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System;
let who: string;

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }], settings: { CACHE_TTL_S: '600' } });
  who = peopleOf(system.vendors).find(
    ({ full, identifier }) => !full && identifier.startsWith('8'),
  )!.identifier;
});
afterAll(() => system?.stop());

const rename = async (name: DatabaseName, from: string, to: string): Promise<void> => {
  await (await system.edge.database(name)).prepare(`ALTER TABLE ${from} RENAME TO ${to}`).run();
};
const TABLES = [
  ['DB', 'editors'],
  ['APPOINTMENTS', 'appointment_versions'],
  ['CACHE', 'availability'],
] as const;
const calls = (): number => system.vendor('agenda-a').state().requests.length;

it('of appointments costs what is booked: what is kept still serves', async () => {
  expect((await system.search(slotPath([who]))).states.get(who)).toBe('slots');
  await rename('APPOINTMENTS', 'appointment_versions', 'lost');
  const before = calls();
  await until('what was said is kept', async () => {
    const asked = calls();
    expect((await system.search(slotPath([who]))).states.get(who)).toBe('slots');
    return calls() === asked;
  });
  expect(calls() - before).toBeLessThan(5);
  await rename('APPOINTMENTS', 'lost', 'appointment_versions');
});

it('of all three databases costs nothing that the hub knows: vendors, what is kept, what is booked', async () => {
  for (const [name, table] of TABLES) await rename(name, table, 'lost');
  const before = calls();
  expect((await system.search(slotPath([who]))).states.get(who)).toBe('slots');
  expect(calls()).toBe(before);
  const fresh = await system.search(slotPath([who]), { headers: { 'Cache-Control': 'no-cache' } });
  expect(fresh.states.get(who)).toBe('slots');
  expect(calls()).toBe(before + 1);
});

it('of all three costs nothing to an edge that starts again: its hub knows the vendors from before', async () => {
  await system.stopEdge();
  await system.startEdge();
  await until('it serves again', async () => {
    const answer = await system.search(slotPath([who]));
    return answer.status === 200 && answer.states.get(who) === 'slots';
  });
  for (const [name, table] of TABLES) await rename(name, 'lost', table);
});
