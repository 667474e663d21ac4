// Claim: a database that cannot be read costs a search what it holds, what is kept or what is booked, and never what another
// holds, nor the vendors' answers; an edge that has never read the vendors says so with 503 and recovers by itself.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DatabaseName } from '../../../sandbox/platform/edge/migrations.ts';
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

it('of kept answers costs a call: it goes on with the vendors, asks them, and logs it', async () => {
  await rename('CACHE', 'availability', 'lost');
  const before = calls();
  const answer = await system.search(slotPath([who]));
  expect(answer.status).toBe(200);
  expect(answer.states.get(who)).toBe('slots');
  expect(calls()).toBe(before + 1);
  await until('it is logged', () =>
    system.edgeLog.some((line) => line.includes('"search-memory-unreadable"')),
  );
});

it('of vendors that was never read makes it refuse with 503 and a time to come back, and serves once it is there again', async () => {
  await rename('CACHE', 'lost', 'availability');
  await rename('DB', 'editors', 'lost');
  await system.stopEdge();
  await system.startEdge();
  const refused = await system.search(slotPath([who]));
  expect(refused.status).toBe(503);
  expect(refused.headers.get('Retry-After')).toBe('5');
  expect(refused.outcome.issue[0]?.details?.coding?.[0]?.code).toBe('storage-unavailable');
  await rename('DB', 'lost', 'editors');
  await until('it serves again', async () => {
    const answer = await system.search(slotPath([who]), { headers: { 'Cache-Control': 'no-cache' } });
    return answer.status === 200 && answer.states.get(who) === 'slots';
  });
});
