// Claim: two relays serve one edge; either may die or stall in mid-search and the search still answers in full, and
// one that drains is given nothing new.
import type { Slot } from 'fhir/r4';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Child } from '../../../sandbox/platform/child.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let running: System;
let admin = '';
/** The one that each id had last. */
const relays = new Map<string, Child>();

beforeAll(async () => {
  running = await System.start({ vendors: [{ seed: 1 }] });
  relays.set('relay-a', running.relay!);
  admin = await signToken(running.state, 'admin');
});
afterAll(async () => {
  for (const relay of relays.values()) await relay.stop();
  await running?.stop();
});

interface Described {
  readonly relays: readonly { id: string; state: string; editors: string[]; load: number }[];
  readonly searches: number;
}

const describe = async (): Promise<Described> =>
  (await (
    await running.fetch('/admin/relays', { headers: { Authorization: `Bearer ${admin}` } })
  ).json()) as Described;
const serving = async (): Promise<string[]> =>
  (await describe()).relays.filter(({ state }) => state === 'serving').map(({ id }) => id);
/** Its answers take longer than the steps of a test on a busy machine. */
const slow = (): void => running.vendors[0]!.setSettings({ latencyMs: 4_000 });
/** It answers nothing until it is well again, and then only what it is asked from then on. */
const hang = (): void => running.vendors[0]!.setFaults('hang');
const mend = (): void => running.vendors[0]!.setFaults([]);
/** The id of the relay that has something to do, once there is one. */
const busyOne = (): Promise<string> =>
  until('a relay is busy', async () => (await describe()).relays.find(({ load }) => load > 0)?.id);
const asked = (): Promise<true> =>
  until('the vendor is asked', () => running.vendors[0]!.state().inFlight === 1);

beforeEach(async () => {
  running.vendors[0]!.reset();
  for (const id of ['relay-a', 'relay-b']) {
    if (!(await serving()).includes(id)) relays.set(id, await running.startRelay(id));
  }
  await until('both serve', async () => (await serving()).length === 2);
});

it('answers through the other relay when one dies in mid-search', async () => {
  hang();
  const person = peopleOf(running.vendors).find(({ full }) => !full)!;
  const answer = running.search(slotPath([person.identifier]));
  const busy = await busyOne();
  await asked();
  mend();
  relays.get(busy)?.process.kill('SIGKILL');
  expect((await answer).status).toBe(200);
  expect((await answer).resources<Slot>('Slot').length).toBeGreaterThan(0);
  expect((await answer).headers.get('X-Passerelle-Ledger')).toBe(
    'slots=1, none=0, unknown=0, not-interfaced=0',
  );
});

it('serves all who share a call when the relay that carries it dies', async () => {
  hang();
  const person = peopleOf(running.vendors).find(({ full }) => !full)!;
  const path = slotPath([person.identifier]);
  const answers = [running.search(path), running.search(path), running.search(path)];
  await until('all wait', async () => (await describe()).searches === 3);
  const busy = (await describe()).relays.filter(({ load }) => load > 0);
  expect(busy.map(({ load }) => load)).toEqual([1]);
  await asked();
  mend();
  relays.get(busy[0]!.id)?.process.kill('SIGKILL');
  for (const answer of await Promise.all(answers)) expect(answer.states.get(person.identifier)).toBe('slots');
  expect(running.vendors[0]!.state().requests).toHaveLength(2);
});

it('answers through the other relay when one stalls, and asks the stalled one nothing until it is back', async () => {
  hang();
  const person = peopleOf(running.vendors).find(({ full }) => !full)!;
  const path = slotPath([person.identifier]);
  const held = running.search(path);
  const busy = await busyOne();
  const stalled = relays.get(busy)!;
  await asked();
  mend();
  stalled.process.kill('SIGSTOP');
  try {
    const answer = await held;
    expect(answer.headers.get('X-Passerelle-Ledger')).toBe('slots=1, none=0, unknown=0, not-interfaced=0');
    const later = await running.search(path);
    expect(later.states.get(person.identifier)).toBe('slots');
    expect((await describe()).relays.find(({ id }) => id === busy)?.state).not.toBe('serving');
  } finally {
    stalled.process.kill('SIGCONT');
  }
  await until('it serves again', async () =>
    (await describe()).relays.some(({ id, state }) => id === busy && state === 'serving'),
  );
});

it('gives a draining relay nothing new', async () => {
  slow();
  const ask = (i: number) => running.search(slotPath([`89990099999${i}`]));
  const held = ask(9);
  const busy = await busyOne();
  const rest = busy === 'relay-a' ? 'relay-b' : 'relay-a';
  const loadOf = async (relay: string): Promise<number | undefined> =>
    (await describe()).relays.find(({ id }) => id === relay)?.load;
  const stopping = relays.get(busy)!.stop();
  await until('it drains', async () =>
    (await describe()).relays.some(({ id, state }) => id === busy && state === 'draining'),
  );
  const answers = Promise.all(Array.from({ length: 5 }, (_, i) => ask(i)));
  await until('the other has them all', async () => (await loadOf(rest)) === 5);
  expect(await loadOf(busy)).toBe(1);
  for (const answer of [await held, ...(await answers)]) {
    expect(answer.headers.get('X-Passerelle-Ledger')).toBe('slots=0, none=1, unknown=0, not-interfaced=0');
  }
  expect(await stopping).toBe(0);
});

it('spreads what comes at once over both', async () => {
  slow();
  const answers = Array.from({ length: 6 }, (_, i) => running.search(slotPath([`89990099999${i}`])));
  await until(
    'both are busy',
    async () => (await describe()).relays.filter(({ load }) => load > 0).length === 2,
  );
  for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
  expect((await describe()).searches).toBe(0);
});
