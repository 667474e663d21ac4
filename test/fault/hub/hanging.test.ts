// Claim: a D1 that answers nothing at all costs no relay its place. Phases: the core database hangs; the relay comes back,
// the hub ends and begins with what it keeps itself; the database answers again. End: searches were answered throughout,
// and the database has what was announced meanwhile.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { peopleOf } from '../../support/samples/people.ts';
import type { HubState } from '../../support/scenes/scripted-scene.ts';
import { System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System;
let who: string;

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }], isMortal: true });
  who = peopleOf(system.vendors).find(
    ({ full, identifier }) => !full && identifier.startsWith('8'),
  )!.identifier;
});
afterAll(() => system?.stop());

const hub = async (): Promise<HubState> => {
  const admin = await signToken(system.state, 'admin');
  const answer = await system.fetch('/admin/relays', { headers: { Authorization: `Bearer ${admin}` } });
  return (await answer.json()) as HubState;
};
const isServing = async () => (await hub()).relays.some(({ state }) => state === 'serving');
const stateOf = async () => (await system.search(slotPath([who]))).states.get(who);

it('serves, and saves once it is answered', async () => {
  expect(await stateOf()).toBe('slots');
  await system.hang('DB');
  system.relay?.process.kill('SIGKILL');
  await until('the relay is gone', async () => !(await isServing()));
  void system.startRelay('relay-a', { isSaved: false }).catch(() => undefined);
  await until('it serves', isServing);
  expect(await stateOf()).toBe('slots');
  await system.endHub();
  expect(await stateOf()).toBe('slots');
  expect((await hub()).unsaved?.relays).toEqual(['relay-a']);
  await system.hang('DB', false);
  await until('it is saved', async () => (await hub()).unsaved === undefined);
});

it('says "unknown", never "none", while a hub without storage cannot read the registry', async () => {
  const nobody = '899900999999';
  const stateOfNobody = async () =>
    (await system.search(slotPath([nobody]), { headers: { Prefer: 'return=OperationOutcome' } })).states.get(
      nobody,
    );
  expect(await stateOfNobody()).toBe('none');
  await system.hang('DB');
  await system.loseHub();
  await until(
    'the hub knows only what the relay announced',
    async () => (await stateOfNobody()) === 'unknown',
  );
  expect(await stateOf()).toBe('slots');
  await system.hang('DB', false);
  await until('it has read the registry', async () => (await stateOfNobody()) === 'none');
});
