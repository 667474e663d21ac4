// Who joins a call has as much time as a call of his own would give him, and takes it over when who began it leaves.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { askAndLeave } from '../../support/doubles/leaving-caller.ts';
import type { ScriptedRelay } from '../../support/doubles/scripted-relay.ts';
import { ScriptedScene, told } from '../../support/scenes/scripted-scene.ts';
import { laterWindow, type SearchAnswer, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let scene: ScriptedScene;
let relay: ScriptedRelay;
let who = 0;
let path = '';
const window = laterWindow();

beforeAll(async () => {
  scene = await ScriptedScene.start({ CACHE_TTL_S: '600' });
  relay = await scene.join('relay-a', ['agenda-s'], 'one process');
});
afterAll(() => scene?.stop());
afterEach(async () => {
  for (const arrived of relay.plans.splice(0)) arrived.answerAll();
  await until('nothing is under way', async () => (await scene.hub()).calls === 0);
  relay.onPlan = () => undefined;
  await setEditor('agenda-s', { deadlineMs: null });
});

async function setEditor(id: string, change: Record<string, unknown>): Promise<void> {
  const answer = await scene.admin(`/admin/editors/${id}`, { method: 'PUT', body: JSON.stringify(change) });
  expect(answer.status).toBe(200);
}

/** Somebody no test has asked for. */
function somebody(): string {
  who += 1;
  return `8999009998${String(who).padStart(2, '0')}`;
}

const search = (): Promise<SearchAnswer> => scene.system.search(path);
const searching = (count: number): Promise<true> =>
  until(`${count} wait`, async () => (await scene.hub()).searches === count);
const stateOf = async (answer: Promise<SearchAnswer>): Promise<string | null> =>
  (await answer).headers.get('X-Passerelle-Ledger');
const NONE = 'slots=0, none=1, unknown=0, not-interfaced=0';

it('makes a call of his own when the one he joined times out and he has time left', async () => {
  path = slotPath([somebody()], window);
  const first = search();
  const asked = await relay.arrived(1);
  const joined = [search(), search()];
  await searching(3);
  relay.onPlan = (arrived) => arrived.answerAll();
  asked.failAll('timeout');
  expect(told(await first, 'reason')).toBe('timeout');
  for (const answer of joined) expect(await stateOf(answer)).toBe(NONE);
  expect(relay.plans).toHaveLength(2);
});

it('makes no third call when his own times out too', async () => {
  path = slotPath([somebody()], window);
  const first = search();
  const asked = await relay.arrived(1);
  const joined = search();
  await searching(2);
  relay.onPlan = (arrived) => arrived.failAll('timeout');
  asked.failAll('timeout');
  await first;
  expect(told(await joined, 'reason')).toBe('timeout');
  expect(relay.plans).toHaveLength(2);
});

it('joins no call whose vendor has too little of its own time left', async () => {
  await setEditor('agenda-s', { deadlineMs: 5_000 });
  path = slotPath([somebody()], window);
  const first = search();
  const asked = await relay.arrived(1);
  const arrivedMs = Date.now();
  expect(asked.plan.calls[0]?.budgetMs).toBeGreaterThan(3_500);
  const early = search();
  await searching(2);
  expect(relay.plans).toHaveLength(1);
  await until('less than a second is left', () => Date.now() > arrivedMs + 4_100);
  const late = search();
  await relay.arrived(2);
  for (const arrived of relay.plans) arrived.answerAll();
  expect(await stateOf(late)).toBe(NONE);
  // The first call's time may be over by now; who waits for it is answered all the same.
  for (const answer of [first, early]) expect((await answer).status).toBe(200);
});

it('takes over what a call brings when who began it has left', async () => {
  path = slotPath([somebody()], window);
  const first = askAndLeave(scene.system, path);
  const asked = await relay.arrived(1);
  const joined = search();
  await searching(2);
  first.leave();
  await searching(1);
  asked.answerAll();
  expect(await stateOf(joined)).toBe(NONE);
  await until('it is kept', async () => (await stateOf(search()))?.startsWith(`${NONE}, age=`) === true);
  expect(relay.plans).toHaveLength(1);
});

it('counts as the load of a relay the calls neither answered nor given up', async () => {
  relay = await scene.join('relay-a', ['agenda-s', 'agenda-t'], 'one process');
  const load = async (): Promise<number | undefined> => (await scene.hub()).relays[0]?.load;
  path = slotPath([somebody()], window);
  const answer = search();
  const asked = await relay.arrived(1);
  expect(await load()).toBe(2);
  asked.answer(0);
  await until('one is answered', async () => (await load()) === 1);
  expect((await scene.hub()).calls).toBe(1);
  asked.answer(1);
  await answer;
  expect(await load()).toBe(0);
  path = slotPath([somebody()], window);
  const leaving = askAndLeave(scene.system, path);
  const left = await relay.arrived(2);
  left.answer(1);
  await until('one is answered', async () => (await load()) === 1);
  leaving.leave();
  await until('the other is given up', async () => (await load()) === 0);
});
