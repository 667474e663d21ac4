// Claim: a relay serves as soon as it has announced itself, whatever D1 can write. Phases: D1 takes no announcement; relays
// come back again and again, a new one joins and goes, and the edge restarts. End: every search was answered, operators
// were told what is not saved, and D1 has the last announcement of each relay once it writes again.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { peopleOf } from '../../support/samples/people.ts';
import type { HubState } from '../../support/scenes/scripted-scene.ts';
import { System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const RECONNECTIONS = 3;
let system: System;
let admin: string;
let who: string;

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }], relay: false });
  await system.startRelay('relay-a', { vendors: ['agenda-a'] });
  admin = await signToken(system.state, 'admin');
  who = peopleOf([system.vendor('agenda-a')]).find(
    ({ full, identifier }) => !full && identifier.startsWith('8'),
  )!.identifier;
});
afterAll(() => system?.stop());

const sql = async (text: string): Promise<unknown[]> =>
  (await (await system.edge.database()).prepare(text).all()).results;
const refuse = (table: string) =>
  sql(`CREATE TRIGGER refuse_${table} BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'refused'); END`);
const accept = (table: string) => sql(`DROP TRIGGER refuse_${table}`);
const hub = async (): Promise<HubState> =>
  (await (
    await system.fetch('/admin/relays', { headers: { Authorization: `Bearer ${admin}` } })
  ).json()) as HubState;
const stateOf = async () => (await system.search(slotPath([who]))).states.get(who);
const savedOf = (relay: string) => sql(`SELECT editor FROM relay_editors WHERE relay = '${relay}'`);

it('serves each time it comes back, and says that D1 does not have it', async () => {
  await refuse('relay_editors');
  for (let count = 0; count < RECONNECTIONS; count += 1) {
    await system.relay?.stop();
    await system.startRelay('relay-a', { vendors: ['agenda-a'], isSaved: false });
    expect(await stateOf()).toBe('slots');
  }
  expect((await hub()).unsaved?.relays).toEqual(['relay-a']);
  await until('it is told', () => system.edgeLog.some((line) => line.includes('"announcement-not-saved"')));
});

it('keeps what is not saved over a restart, and saves it once D1 writes again', async () => {
  const relayA = system.relay!;
  const relayB = await system.startRelay('relay-b', { vendors: ['agenda-b'], isSaved: false });
  await until('both serve', async () => (await hub()).relays.length === 2);
  await relayB.stop();
  await relayA.stop();
  await system.stopEdge();
  await system.startEdge();
  expect((await hub()).unsaved?.relays).toEqual(['relay-a', 'relay-b']);
  expect(await savedOf('relay-b')).toEqual([]);
  await accept('relay_editors');
  await until('D1 has it', async () => (await savedOf('relay-b')).length === 1);
  await until('nothing is left', async () => (await hub()).unsaved === undefined);
});
