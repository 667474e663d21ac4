// Claim: two relays serve one edge; either may die or stall in mid-search and the search still answers in full, and
// one that drains is given nothing new.
import type { Slot } from 'fhir/r4';
import { afterEach, expect, it } from 'vitest';
import type { Child } from '../../../sandbox/platform/child.ts';
import { signToken } from '../../../sandbox/platform/local-state.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System | undefined;
let second: Child | undefined;
afterEach(async () => {
  await second?.stop();
  await system?.stop();
  system = undefined;
  second = undefined;
});

interface Described {
  readonly relays: readonly { id: string; state: string; editors: string[]; load: number }[];
  readonly searches: number;
}

async function startTwo(
  options: Parameters<typeof System.start>[0],
): Promise<{ running: System; first: Child; other: Child; describe: () => Promise<Described> }> {
  const running = await System.start(options);
  system = running;
  const first = running.relay!;
  const other = await running.startRelay('relay-b');
  second = first;
  const admin = await signToken(running.state, 'admin');
  const describe = async (): Promise<Described> =>
    (await (
      await running.fetch('/admin/relays', { headers: { Authorization: `Bearer ${admin}` } })
    ).json()) as Described;
  await until(
    'both serve',
    async () => (await describe()).relays.filter(({ state }) => state === 'serving').length === 2,
  );
  return { running, first, other, describe };
}

it('answers through the other relay when one dies in mid-search', async () => {
  const { running, first, other, describe } = await startTwo({
    vendors: [{ seed: 1, settings: { latencyMs: 1_500 } }],
  });
  const person = peopleOf(running.vendors).find(({ full }) => !full)!;
  const answer = running.search(slotPath([person.identifier]));
  await until('a relay is busy', async () => (await describe()).relays.some(({ load }) => load > 0));
  const busy = (await describe()).relays.find(({ load }) => load > 0)!;
  (busy.id === 'relay-a' ? first : other).process.kill('SIGKILL');
  expect((await answer).status).toBe(200);
  expect((await answer).resources<Slot>('Slot').length).toBeGreaterThan(0);
  expect((await answer).headers.get('X-Passerelle-Ledger')).toBe(
    'slots=1, none=0, unknown=0, not-interfaced=0',
  );
});

it('serves all who share a call when the relay that carries it dies', async () => {
  const { running, first, other, describe } = await startTwo({
    vendors: [{ seed: 1, settings: { latencyMs: 1_500 } }],
  });
  const person = peopleOf(running.vendors).find(({ full }) => !full)!;
  const path = slotPath([person.identifier]);
  const answers = [running.search(path), running.search(path), running.search(path)];
  await until('all wait', async () => (await describe()).searches === 3);
  const busy = (await describe()).relays.filter(({ load }) => load > 0);
  expect(busy.map(({ load }) => load)).toEqual([1]);
  await until('the vendor is called', () => running.vendors[0]!.state().requests.length === 1);
  (busy[0]!.id === 'relay-a' ? first : other).process.kill('SIGKILL');
  for (const answer of await Promise.all(answers)) expect(answer.states.get(person.identifier)).toBe('slots');
  expect(running.vendors[0]!.state().requests).toHaveLength(2);
});

it('answers through the other relay when one stalls, and asks the stalled one nothing until it is back', async () => {
  const { running, first, other, describe } = await startTwo({
    vendors: [{ seed: 1, settings: { latencyMs: 1_000 } }],
  });
  const person = peopleOf(running.vendors).find(({ full }) => !full)!;
  const path = slotPath([person.identifier]);
  const held = running.search(path);
  await until('a relay is busy', async () => (await describe()).relays.some(({ load }) => load > 0));
  const busy = (await describe()).relays.find(({ load }) => load > 0)!.id;
  const stalled = busy === 'relay-a' ? first : other;
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
  const { running, first, other, describe } = await startTwo({
    vendors: [{ seed: 1, settings: { latencyMs: 2_000 } }],
  });
  const ask = (i: number) => running.search(slotPath([`89990099999${i}`]));
  const held = ask(9);
  await until('a search is under way', async () => (await describe()).relays.some(({ load }) => load > 0));
  const busy = (await describe()).relays.find(({ load }) => load > 0)!.id;
  const rest = busy === 'relay-a' ? 'relay-b' : 'relay-a';
  const loadOf = async (relay: string): Promise<number | undefined> =>
    (await describe()).relays.find(({ id }) => id === relay)?.load;
  const stopping = (busy === 'relay-a' ? first : other).stop();
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
  const { running, describe } = await startTwo({ vendors: [{ seed: 1, settings: { latencyMs: 1_500 } }] });
  const answers = Array.from({ length: 6 }, (_, i) => running.search(slotPath([`89990099999${i}`])));
  await until(
    'both are busy',
    async () => (await describe()).relays.filter(({ load }) => load > 0).length === 2,
  );
  for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
  expect((await describe()).searches).toBe(0);
});
