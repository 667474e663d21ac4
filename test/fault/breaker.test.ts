// Claim: with breakers enforced, a vendor that keeps failing is no longer called and costs no time; one probe at a
// time finds out that it is well again. In simulate mode everything is still called.
import { afterEach, expect, it } from 'vitest';
import { System, slotPath } from '../support/system.ts';

let system: System | undefined;
afterEach(async () => {
  await system?.stop();
  system = undefined;
});

const WHO = '899900999999';
const reasonIn = (text: string): string | undefined => /reason=(\S+)/.exec(text)?.[1];

async function failTenTimes(running: System): Promise<void> {
  running.vendor('agenda-a').setFaults('status-500');
  for (let i = 0; i < 10; i += 1) await running.search(slotPath([WHO]));
}

it('answers at once for a vendor held back, says so, and does not call it', async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }], settings: { BREAKER_MODE: 'enforce' } });
  await failTenTimes(system);
  system.vendor('agenda-a').reset();
  const answer = await system.search(slotPath([WHO]));
  expect(reasonIn(answer.ledger[0]?.diagnostics ?? '')).toBe('open');
  expect(answer.states.get(WHO)).toBe('unknown');
  expect(system.vendor('agenda-a').state().requests).toEqual([]);
  expect(system.vendor('agenda-b').state().requests).toHaveLength(11);
  expect(system.edgeLog.some((line) => line.includes('breaker opened') && line.includes('agenda-a'))).toBe(
    true,
  );
});

it('calls everybody in simulate mode, and logs what it would have done', async () => {
  system = await System.start({ vendors: [{ seed: 1 }] });
  await failTenTimes(system);
  system.vendor('agenda-a').reset();
  const answer = await system.search(slotPath([WHO]));
  expect(answer.ledger).toEqual([]);
  expect(system.vendor('agenda-a').state().requests).toHaveLength(1);
  expect(system.edgeLog.some((line) => line.includes('breaker would hold back'))).toBe(true);
});
