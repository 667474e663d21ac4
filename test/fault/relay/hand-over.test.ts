// Claim: a read goes through another relay when the one that has it drains, breaks its word or falls silent: once, within
// its time, and never through the one that failed. Without another relay the answer says so, and blames no vendor.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { ScriptedRelay } from '../../support/doubles/scripted-relay.ts';
import { ScriptedScene, told } from '../../support/scenes/scripted-scene.ts';
import { type SearchAnswer, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let scene: ScriptedScene;
beforeAll(async () => {
  scene = await ScriptedScene.start({ DEADLINE_MS: '6000' });
});
afterAll(() => scene?.stop());
afterEach(async () => {
  scene.closeRelays();
  await until('no relay is left', async () => (await scene.hub()).relays.length === 0);
});

const WHO = '899900999999';
const search = (): Promise<SearchAnswer> => scene.system.search(slotPath([WHO]));
const ledgerOf = async (answer: Promise<SearchAnswer>): Promise<string | null> =>
  (await answer).headers.get('X-Passerelle-Ledger');
const NONE = 'slots=0, none=1, unknown=0, not-interfaced=0';
const reasonOf = ({ outcome }: SearchAnswer): string | undefined =>
  outcome.issue[0]?.details?.coding?.[0]?.code;
const serving = async (): Promise<string[]> =>
  (await scene.hub()).relays.filter(({ state }) => state === 'serving').map(({ id }) => id);

/** Two relays: the one that is asked first, and the other, who answers at once. */
async function twoRelays(): Promise<{ first: ScriptedRelay; other: ScriptedRelay }> {
  const first = await scene.join('relay-a');
  const other = await scene.join('relay-b');
  other.onPlan = (arrived) => arrived.answerAll();
  return { first, other };
}

it('goes through another relay when the first was draining before the edge knew', async () => {
  const { first, other } = await twoRelays();
  first.onPlan = (arrived) => arrived.failAll('draining');
  expect(await ledgerOf(search())).toBe(NONE);
  expect([first.plans.length, other.plans.length]).toEqual([1, 1]);
});

it('says draining when there is no other relay, and does not count it as the vendor failing', async () => {
  const relay = await scene.join('relay-a');
  relay.onPlan = (arrived) => arrived.failAll('draining');
  expect(told(await search(), 'reason')).toBe('draining');
  expect(relay.plans).toHaveLength(1);
  const since = told(await search(), 'since') ?? '';
  await until('a moment later', () => Date.now() > Date.parse(since));
  expect(told(await search(), 'since')).not.toBe(since);
});

it('goes once through another relay when the first refuses its plan', async () => {
  const { first, other } = await twoRelays();
  first.onPlan = (arrived) => arrived.refuse();
  expect(await ledgerOf(search())).toBe(NONE);
  expect([first.plans.length, other.plans.length]).toEqual([1, 1]);
});

it('asks no relay twice that refuses its plan', async () => {
  const { first, other } = await twoRelays();
  for (const relay of [first, other]) relay.onPlan = (arrived) => arrived.refuse();
  expect(reasonOf(await search())).toBe('relay-lost');
  expect([first.plans.length, other.plans.length]).toEqual([1, 1]);
  other.close();
  await until('one is left', async () => (await scene.hub()).relays.length === 1);
  expect(reasonOf(await search())).toBe('relay-lost');
  expect(first.plans).toHaveLength(2);
});

it('goes through another relay when the first falls silent, and asks the silent one nothing more', async () => {
  const { first, other } = await twoRelays();
  first.socket.pause();
  expect(await ledgerOf(search())).toBe(NONE);
  expect(await serving()).toEqual(['relay-b']);
  expect(await ledgerOf(search())).toBe(NONE);
  expect(other.plans).toHaveLength(2);
  expect((await scene.hub()).calls).toBe(0);
});

it('takes a silent relay for lost, not its vendors for slow', async () => {
  const relay = await scene.join('relay-a');
  relay.socket.pause();
  const answer = await search();
  expect([answer.status, reasonOf(answer)]).toEqual([503, 'relay-lost']);
  expect(await serving()).toEqual([]);
});

it('keeps a relay that says it is alive while its vendors are slow', async () => {
  const relay = await scene.join('relay-a');
  expect(told(await search(), 'reason')).toBe('timeout');
  await until('the call is given up', () => relay.plans[0]?.cancelled[0] === 0);
  expect(await serving()).toEqual(['relay-a']);
});
