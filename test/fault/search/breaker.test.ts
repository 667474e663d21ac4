// Claim: with breakers enforced, a vendor that keeps failing is no longer called and costs no time, and its answers say
// since when; one probe at a time finds out that it is well again, whatever becomes of who sent it. In simulate mode
// everything is still called.
import { afterEach, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { askAndLeave } from '../../support/doubles/leaving-caller.ts';
import { RelayKeys, ScriptedRelay } from '../../support/doubles/scripted-relay.ts';
import { type SearchAnswer, System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System | undefined;
let relay: ScriptedRelay | undefined;
afterEach(async () => {
  relay?.close();
  await system?.stop();
  system = undefined;
  relay = undefined;
});

const WHO = '899900999999';
const PAUSE_MS = 5_000;
const someone = (number: number): string => slotPath([`8999009999${String(number).padStart(2, '0')}`]);
const told = ({ ledger }: SearchAnswer, key: string): string | undefined =>
  new RegExp(`${key}=(\\S+)`).exec(ledger[0]?.diagnostics ?? '')?.[1];

/** Resolves with the moment before the call that opens its breaker. */
async function failTenTimes(running: System): Promise<number> {
  running.vendor('agenda-a').setFaults('status-500');
  for (let i = 0; i < 9; i += 1) await running.search(slotPath([WHO]));
  const tenthMs = Date.now();
  await running.search(slotPath([WHO]));
  return tenthMs;
}

it('answers at once for a vendor held back, says since when, and does not call it', async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }], settings: { BREAKER_MODE: 'enforce' } });
  const tenthMs = await failTenTimes(system);
  const openedMs = Date.now();
  system.vendor('agenda-a').reset();
  const answer = await system.search(slotPath([WHO]));
  expect(told(answer, 'reason')).toBe('open');
  const sinceMs = Date.parse(told(answer, 'since') ?? '');
  expect(sinceMs).toBeGreaterThanOrEqual(tenthMs);
  expect(sinceMs).toBeLessThanOrEqual(openedMs);
  expect(answer.states.get(WHO)).toBe('unknown');
  expect(system.vendor('agenda-a').state().requests).toEqual([]);
  expect(system.vendor('agenda-b').state().requests).toHaveLength(11);
  const { edgeLog } = system;
  await until('it is logged', () =>
    edgeLog.some((line) => line.includes('breaker-opened') && line.includes('agenda-a')),
  );
  await until('a moment later', () => Date.now() > openedMs);
  expect(told(await system.search(slotPath([WHO])), 'since')).toBe(new Date(sinceMs).toISOString());
});

it('calls everybody in simulate mode, and logs what it would have done', async () => {
  system = await System.start({ vendors: [{ seed: 1 }] });
  await failTenTimes(system);
  system.vendor('agenda-a').reset();
  const answer = await system.search(slotPath([WHO]));
  expect(answer.ledger).toEqual([]);
  expect(system.vendor('agenda-a').state().requests).toHaveLength(1);
  const { edgeLog } = system;
  await until('it is logged', () => edgeLog.some((line) => line.includes('breaker-would-hold-back')));
});

/** One vendor that has just been held back; calls to it are answered by the test. */
async function heldBack(
  meanwhile: (running: System, scripted: ScriptedRelay) => Promise<void> = async () => {},
) {
  const keys = new RelayKeys('relay-s');
  const running = await System.start({
    vendors: [],
    relay: false,
    settings: { BREAKER_MODE: 'enforce', ...keys.settings },
  });
  system = running;
  const scripted = await ScriptedRelay.join(running.url, keys, 'relay-s', ['agenda-s']);
  relay = scripted;
  await meanwhile(running, scripted);
  scripted.onPlan = (arrived) => arrived.failAll('error');
  for (let i = 0; i < 10; i += 1) await running.search(someone(i));
  const openedMs = Date.now();
  scripted.onPlan = () => undefined;
  const admin = { Authorization: `Bearer ${await signToken(running.state, 'admin')}` };
  const hub = async (): Promise<{ searches: number; breakers: Record<string, string> }> =>
    (await (await running.fetch('/admin/relays', { headers: admin })).json()) as never;
  return {
    running,
    scripted,
    plans: scripted.plans.length,
    searches: async () => (await hub()).searches,
    breaker: async () => (await hub()).breakers['agenda-s'],
    paused: () => until('the pause is over', () => Date.now() > openedMs + PAUSE_MS),
  };
}

it('waits for its one probe, also when who sent it has left and another waits for the same call', async () => {
  const { running, scripted, plans, searches, breaker, paused } = await heldBack();
  await paused();
  const prober = askAndLeave(running, slotPath([WHO]));
  const probe = await scripted.arrived(plans + 1);
  expect(await breaker()).toBe('half-open');
  const joined = running.search(slotPath([WHO]));
  await until('both wait', async () => (await searches()) === 2);
  prober.leave();
  await until('one waits', async () => (await searches()) === 1);
  expect(told(await running.search(someone(20)), 'reason')).toBe('open');
  expect(scripted.plans).toHaveLength(plans + 1);
  probe.answerAll();
  expect((await joined).headers.get('X-Passerelle-Ledger')).toContain('none=1, unknown=0');
  expect(await breaker()).toBe('closed');
  scripted.onPlan = (arrived) => arrived.answerAll();
  await running.search(someone(20));
  expect(scripted.plans).toHaveLength(plans + 2);
  const said = (what: string) => running.edgeLog.filter((line) => line.includes(`breaker-${what}`));
  await until('it is logged', () => said('closed').length > 0);
  expect([said('half-opened').length, said('closed').length]).toEqual([1, 1]);
});

it('sends the next probe at once when the last one who waited for the first has left', async () => {
  const { running, scripted, plans, breaker, paused } = await heldBack();
  await paused();
  const prober = askAndLeave(running, slotPath([WHO]));
  const probe = await scripted.arrived(plans + 1);
  prober.leave();
  await until('it is cancelled', () => probe.cancelled.length === 1);
  expect(await breaker()).toBe('open');
  const next = running.search(slotPath([WHO]));
  (await scripted.arrived(plans + 2)).answerAll();
  expect((await next).states.get(WHO)).toBeUndefined();
  expect(await breaker()).toBe('closed');
});

it('listens to no other call than its probe', async () => {
  const before: Promise<SearchAnswer>[] = [];
  const { running, scripted, plans, breaker, paused } = await heldBack(async (early, slow) => {
    before.push(early.search(someone(30)));
    await slow.arrived(1);
  });
  await paused();
  // Two calls' worth of people: one is the probe, the other is held back.
  const probing = running.search(slotPath(Array.from({ length: 26 }, (_, i) => `8999009997${10 + i}`)));
  const probe = await scripted.arrived(plans + 1);
  expect(probe.plan.calls.map(({ subjects }) => subjects.length)).toEqual([13]);
  (await scripted.arrived(1)).answerAll();
  await Promise.all(before);
  expect(await breaker()).toBe('half-open');
  probe.failAll('error');
  const reasons = (await probing).ledger.map(
    ({ diagnostics }) => /reason=(\S+)/.exec(diagnostics ?? '')?.[1],
  );
  expect(reasons.sort()).toEqual(['error', 'open']);
  expect(await breaker()).toBe('open');
});

it('is not left half-open by a probe that says nothing of the vendor', async () => {
  const { running, scripted, plans, breaker, paused } = await heldBack();
  await paused();
  const probing = running.search(slotPath([WHO]));
  (await scripted.arrived(plans + 1)).failAll('refused');
  expect(told(await probing, 'reason')).toBe('refused');
  expect(await breaker()).toBe('open');
  expect(told(await running.search(slotPath([WHO])), 'reason')).toBe('open');
  expect(scripted.plans).toHaveLength(plans + 1);
});
