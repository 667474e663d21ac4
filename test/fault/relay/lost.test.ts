// Claim: whatever happens to relay or edge, a search ends: with what has come, or with 503, never a hang; and
// the system finds itself again without anybody's help.
import type { Slot } from 'fhir/r4';
import { afterEach, expect, it } from 'vitest';
import { waitUntilReady } from '../../../sandbox/platform/examples.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { type SearchAnswer, System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System | undefined;
afterEach(async () => {
  await system?.stop();
  system = undefined;
});

const reasonOf = (answer: SearchAnswer): string | undefined =>
  answer.outcome.issue[0]?.details?.coding?.[0]?.code;
const inFlight = (running: System, id: string): number => running.vendor(id).state().inFlight;

const announcements = (running: System): number =>
  running.edgeLog.filter((line) => line.includes('relay-announced')).length;

it('answers 503 with Retry-After while no relay is connected', async () => {
  system = await System.start({ vendors: [{ seed: 1 }], relay: false });
  const answer = await system.search(slotPath(['899900101371']));
  expect(answer.status).toBe(503);
  expect(reasonOf(answer)).toBe('relay-absent');
  expect(answer.headers.get('Retry-After')).toBe('5');
  expect((await fetch(`${system.url}/readyz`)).status).toBe(503);
  expect((await fetch(`${system.url}/healthz`)).status).toBe(200);
});

it('answers 503 when the relay dies before any vendor has answered', async () => {
  system = await System.start({ vendors: [{ seed: 1, faults: ['hang'] }] });
  const running = system;
  const answer = running.search(slotPath(['899900101371']));
  await until('the vendor is asked', () => inFlight(running, 'agenda-a') === 1);
  running.relay?.process.kill('SIGKILL');
  expect((await answer).status).toBe(503);
  expect(reasonOf(await answer)).toBe('relay-lost');
});

it('answers with what had come when the relay dies later', async () => {
  system = await System.start({ vendors: [{ seed: 1, faults: ['hang'] }, { seed: 2 }] });
  const running = system;
  const person = peopleOf([running.vendor('agenda-b')]).find(({ full }) => !full)!;
  const answer = running.search(slotPath([person.identifier]));
  await until('the other vendor has answered', () => {
    const { requests } = running.vendor('agenda-b').state();
    return requests[0]?.status === 200 && inFlight(running, 'agenda-a') === 1;
  });
  await until('its answer has left the relay', () =>
    running.relayLog.some((line) => line.includes('agenda-b') && line.includes('vendor')),
  );
  // The answer crosses the link within a few milliseconds of that line; a search that ends proves it came.
  await running
    .search(slotPath(['899900999999']), { signal: AbortSignal.timeout(400) })
    .catch(() => undefined);
  running.relay?.process.kill('SIGKILL');
  expect((await answer).status).toBe(200);
  expect((await answer).resources<Slot>('Slot').length).toBeGreaterThan(0);
  expect(
    (await answer).ledger.some(({ diagnostics }) =>
      diagnostics?.startsWith('editor=agenda-a reason=relay-lost'),
    ),
  ).toBe(true);
});

it('finds the relay again after the edge was restarted', async () => {
  system = await System.start({ vendors: [{ seed: 1 }] });
  await system.stopEdge();
  await system.startEdge();
  await waitUntilReady(system.url);
  expect((await system.search(slotPath(['899900101371']))).status).toBe(200);
});

it('sends nothing to a relay that drains, and lets it finish', async () => {
  system = await System.start({ vendors: [{ seed: 1, settings: { latencyMs: 1_000 } }] });
  const running = system;
  const answer = running.search(slotPath(['899900101371']));
  await until('the vendor is asked', () => inFlight(running, 'agenda-a') === 1);
  const stopped = running.relay?.stop();
  expect((await answer).status).toBe(200);
  expect(await stopped).toBe(0);
  expect((await running.search(slotPath(['899900101371']))).status).toBe(503);
});

it('takes the later of two connections of one relay', async () => {
  system = await System.start({ vendors: [{ seed: 1 }] });
  const running = system;
  const first = system.relay;
  first?.process.kill('SIGSTOP');
  const second = await system.startRelay('relay-a');
  await until('the second has announced', () => announcements(running) === 2);
  expect((await system.search(slotPath(['899900101371']))).status).toBe(200);
  first?.process.kill('SIGKILL');
  expect((await system.search(slotPath(['899900101371']))).status).toBe(200);
  system.relay = second;
});
