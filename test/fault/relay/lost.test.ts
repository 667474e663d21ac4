// Claim: whatever happens to relay or edge, a search ends: with what has come, or with 503, never a hang; and
// the system finds itself again without anybody's help.
import type { Slot } from 'fhir/r4';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { waitUntilReady } from '../../../sandbox/platform/examples.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { type SearchAnswer, System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let running: System;
let admin = '';

beforeAll(async () => {
  running = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }] });
  admin = await signToken(running.state, 'admin');
});
afterAll(() => running?.stop());
beforeEach(async () => {
  for (const vendor of running.vendors) vendor.reset();
  if ((await relays()).length === 0) await running.startRelay();
});

const relays = async (): Promise<readonly { readonly load: number }[]> => {
  const answer = await running.fetch('/admin/relays', { headers: { Authorization: `Bearer ${admin}` } });
  return ((await answer.json()) as { relays: { load: number }[] }).relays;
};
const noRelay = (): Promise<true> => until('no relay is left', async () => (await relays()).length === 0);
const hang = (...ids: string[]): void => {
  for (const id of ids) running.vendor(id).setFaults('hang');
};
const reasonOf = (answer: SearchAnswer): string | undefined =>
  answer.outcome.issue[0]?.details?.coding?.[0]?.code;
const inFlight = (id: string): number => running.vendor(id).state().inFlight;

const announcements = (): number => running.edgeLog.filter((line) => line.includes('relay-announced')).length;

it('answers 503 with Retry-After while no relay is connected', async () => {
  await running.relay?.stop();
  await noRelay();
  const answer = await running.search(slotPath(['899900101371']));
  expect(answer.status).toBe(503);
  expect(reasonOf(answer)).toBe('relay-absent');
  expect(answer.headers.get('Retry-After')).toBe('5');
  expect((await fetch(`${running.url}/readyz`)).status).toBe(503);
  expect((await fetch(`${running.url}/healthz`)).status).toBe(200);
});

it('answers 503 when the relay dies before any vendor has answered', async () => {
  hang('agenda-a', 'agenda-b');
  const answer = running.search(slotPath(['899900101371']));
  await until('the vendors are asked', () => inFlight('agenda-a') + inFlight('agenda-b') === 2);
  running.relay?.process.kill('SIGKILL');
  expect((await answer).status).toBe(503);
  expect(reasonOf(await answer)).toBe('relay-lost');
  await noRelay();
});

it('answers with what had come when the relay dies later', async () => {
  hang('agenda-a');
  const person = peopleOf([running.vendor('agenda-b')]).find(({ full }) => !full)!;
  const answer = running.search(slotPath([person.identifier]));
  await until('agenda-a is asked', () => inFlight('agenda-a') === 1);
  await until(
    'the answer of the other has reached the edge',
    async () => running.vendor('agenda-b').state().requests.length === 1 && (await relays())[0]?.load === 1,
  );
  running.relay?.process.kill('SIGKILL');
  expect((await answer).status).toBe(200);
  expect((await answer).resources<Slot>('Slot').length).toBeGreaterThan(0);
  expect(
    (await answer).ledger.some(({ diagnostics }) =>
      diagnostics?.startsWith('editor=agenda-a reason=relay-lost'),
    ),
  ).toBe(true);
  await noRelay();
});

it('finds the relay again after the edge was restarted', async () => {
  await running.stopEdge();
  await running.startEdge();
  await waitUntilReady(running.url);
  expect((await running.search(slotPath(['899900101371']))).status).toBe(200);
});

it('sends nothing to a relay that drains, and lets it finish', async () => {
  for (const vendor of running.vendors) vendor.setSettings({ latencyMs: 1_500 });
  const answer = running.search(slotPath(['899900101371']));
  await until('the vendor is asked', () => inFlight('agenda-a') === 1);
  const stopped = running.relay?.stop();
  expect((await answer).status).toBe(200);
  expect(await stopped).toBe(0);
  expect((await running.search(slotPath(['899900101371']))).status).toBe(503);
});

it('takes the later of two connections of one relay', async () => {
  const first = running.relay;
  const before = announcements();
  first?.process.kill('SIGSTOP');
  await running.startRelay('relay-a');
  await until('the second has announced', () => announcements() === before + 1);
  expect((await running.search(slotPath(['899900101371']))).status).toBe(200);
  first?.process.kill('SIGKILL');
  expect((await running.search(slotPath(['899900101371']))).status).toBe(200);
});
