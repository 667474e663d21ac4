// Claim: what one caller asks of a vendor waits at the hub in its own line, whatever the relay's release. Phases: a caller
// asks for 2,000 people, so that the vendor's line is full; another asks for one; the relay answers call by call; the relay
// is lost. End: the other's call is the next that leaves; what waited goes through the relay that comes.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { askAndLeave } from '../../support/doubles/leaving-caller.ts';
import type { ScriptedRelay } from '../../support/doubles/scripted-relay.ts';
import { ScriptedScene } from '../../support/scenes/scripted-scene.ts';
import { type SearchAnswer, slotPath, windowOf } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

/** CALLS_OUT_MAX of the hub. */
const OUT_MAX = 64;
let scene: ScriptedScene;
let relay: ScriptedRelay;
let other: string;
let lot = 0;

beforeAll(async () => {
  scene = await ScriptedScene.start();
  relay = await scene.join('relay-a', ['agenda-s'], 'one process');
  other = await signToken(scene.system.state, 'system/Slot.s', 3_600, 'Dr. Canari Indiscret');
});
afterAll(() => scene?.stop());
afterEach(async () => {
  relay.onPlan = (arrived) => arrived.answerAll();
  for (const arrived of relay.plans) arrived.answerAll();
  await until('nothing is under way', async () => (await scene.hub()).calls === 0);
  relay.plans.splice(0);
  relay.onPlan = () => undefined;
});

function people(count: number): string[] {
  lot += 1;
  return Array.from(
    { length: count },
    (_, i) => `8${String(lot).padStart(4, '0')}${String(i).padStart(7, '0')}`,
  );
}

function search(subjects: readonly string[], token = scene.system.token): Promise<SearchAnswer> {
  const [path = '', query = ''] = slotPath(subjects, windowOf(24)).split('?');
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/x-www-form-urlencoded' };
  return scene.system.search(`${path}/_search`, { method: 'POST', body: query, headers });
}

/** Calls that have reached the relay, each by its plan's and its own number. */
const calls = () => relay.plans.flatMap(({ plan }) => plan.calls.map((call) => ({ plan, call })));
const ledgerOf = async (answer: Promise<SearchAnswer>) => (await answer).headers.get('X-Passerelle-Ledger');

it('hands the small search’s call over before what is left of the big ones', async () => {
  const big = Array.from({ length: 4 }, () => search(people(500)));
  await until('the line is full', () => calls().length === OUT_MAX);
  await until('all four are under way', async () => (await scene.hub()).searches === 4);
  const [who = ''] = people(1);
  const small = search([who], other);
  await until('it is under way', async () => (await scene.hub()).searches === 5);
  expect(calls()).toHaveLength(OUT_MAX);
  relay.plans[0]?.answer(0);
  relay.plans[0]?.answer(1);
  await until('two more have left', () => calls().length === OUT_MAX + 2);
  const next = calls().slice(OUT_MAX);
  expect(next.map(({ call }) => call.subjects).filter((subjects) => subjects.includes(who))).toHaveLength(1);
  const from = next.find(({ call }) => call.subjects.includes(who))?.plan.from;
  expect(from?.caller).toMatch(/^\d+$/);
  expect(from?.caller).not.toBe(relay.plans[0]?.plan.from?.caller);
  expect(JSON.stringify(relay.plans.map(({ plan }) => plan))).not.toContain('Canari');
  relay.onPlan = (arrived) => arrived.answerAll();
  for (const arrived of relay.plans) arrived.answerAll();
  expect(await ledgerOf(small)).toBe('slots=0, none=1, unknown=0, not-interfaced=0');
  for (const answer of big) {
    expect(await ledgerOf(answer)).toBe('slots=0, none=500, unknown=0, not-interfaced=0');
  }
  expect(calls()).toHaveLength(81);
});

it('waits for no call of another’s full line', async () => {
  const subjects = people(500);
  const big = search(subjects, other);
  await until('it is out', () => calls().length === 20);
  const small = search(subjects.slice(0, 1));
  await until('it has a call of its own', () => calls().length === 21);
  relay.plans.at(-1)?.answerAll();
  expect(await ledgerOf(small)).toBe('slots=0, none=1, unknown=0, not-interfaced=0');
  relay.plans[0]?.answerAll();
  expect((await big).status).toBe(200);
});

it('shares the calls of two searches of the same many people', async () => {
  const subjects = people(500);
  const first = search(subjects, other);
  await until('it is out', () => calls().length === 20);
  const second = search(subjects);
  await until('both are under way', async () => (await scene.hub()).searches === 2);
  relay.plans[0]?.answerAll();
  expect((await first).status).toBe(200);
  expect(await ledgerOf(second)).toBe('slots=0, none=500, unknown=0, not-interfaced=0');
  expect(calls()).toHaveLength(20);
});

it('sends what waited through the relay that is left when the other is lost', async () => {
  const big = Array.from({ length: 4 }, () => search(people(500)));
  await until('the line is full', () => calls().length === OUT_MAX);
  await until('all four are under way', async () => (await scene.hub()).searches === 4);
  const second = await scene.join('relay-b', ['agenda-s'], 'another process');
  second.onPlan = (arrived) => arrived.answerAll();
  relay.close();
  for (const answer of big) {
    expect(await ledgerOf(answer)).toBe('slots=0, none=500, unknown=0, not-interfaced=0');
  }
  relay.plans.splice(0);
});

it('forgets what waits for a caller who gives up', async () => {
  relay = await scene.join('relay-b', ['agenda-s'], 'another process');
  // Ten calls each: the sixth's and the seventh's wait.
  const leaving = Array.from({ length: 7 }, () =>
    askAndLeave(scene.system, slotPath(people(250), windowOf(24))),
  );
  await until('the line is full', () => calls().length === OUT_MAX);
  await until('all are under way', async () => (await scene.hub()).searches === 7);
  const leftMs = Date.now();
  for (const { leave } of leaving) leave();
  await until('none is under way', async () => (await scene.hub()).searches === 0);
  // Not by the end of their time, which is 25 seconds.
  expect(Date.now() - leftMs).toBeLessThan(20_000);
  // Those who left later were handed the places of those who had left: their plans may still be on their way to the relay.
  const [who = ''] = people(1);
  const answer = search([who]);
  const next = await until('the next call leaves at once', () =>
    relay.plans.find(({ plan }) => plan.calls.some(({ subjects }) => subjects.includes(who))),
  );
  next.answerAll();
  expect(await ledgerOf(answer)).toBe('slots=0, none=1, unknown=0, not-interfaced=0');
});
