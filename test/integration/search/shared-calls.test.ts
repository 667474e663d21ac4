// One call per vendor and question at a time, shared by all who wait for it: the vendor counts one; who leaves cancels
// nothing that another waits for, and the last one leaving cancels the call.
import type { Slot } from 'fhir/r4';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { askAndLeave } from '../../support/doubles/leaving-caller.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { laterWindow, type SearchAnswer, System, slotPath, windowOf } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System;
let admin: string;
let people: string[];
const window = laterWindow();
const SLOW_MS = 900;

beforeAll(async () => {
  system = await System.start({
    vendors: [{ seed: 1, settings: { latencyMs: SLOW_MS } }, { seed: 2 }],
    settings: { CACHE_TTL_S: '0' },
  });
  admin = await signToken(system.state, 'admin');
  people = peopleOf(system.vendors)
    .filter(({ freeAt, identifier }) => freeAt.includes('agenda-a') && identifier.startsWith('8'))
    .map(({ identifier }) => identifier);
});
afterAll(() => system?.stop());
afterEach(() => {
  for (const vendor of system.vendors) vendor.reset();
});

const requests = (id: string) => system.vendor(id).state().requests;
const hub = async (): Promise<{ calls: number; searches: number }> => {
  const response = await system.fetch('/admin/relays', { headers: { Authorization: `Bearer ${admin}` } });
  return (await response.json()) as { calls: number; searches: number };
};
const callsUnderWay = async (): Promise<number> => (await hub()).calls;
const searches = async (): Promise<number> => (await hub()).searches;
const received = async (id: string): Promise<number> => {
  const response = await system.fetch(`/admin/editors/${id}/rules`, {
    headers: { Authorization: `Bearer ${admin}` },
  });
  return ((await response.json()) as { received: number }).received;
};
const keepFor = async (cacheTtlS: number): Promise<void> => {
  const answer = await system.fetch('/admin/editors/agenda-a', {
    method: 'PUT',
    headers: { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ cacheTtlS }),
  });
  expect(answer.status).toBe(200);
};
const expectEachOnce = ({ bundle }: SearchAnswer): void => {
  const urls = (bundle.entry ?? []).map(({ fullUrl }) => fullUrl);
  expect(urls).toHaveLength(new Set(urls).size);
  const slots = (bundle.entry ?? []).filter(({ resource }) => resource?.resourceType === 'Slot');
  expect(bundle.total).toBe(slots.length);
};
const slotsOf = (answer: SearchAnswer): string[] =>
  answer
    .resources<Slot>('Slot')
    .map(({ id }) => id ?? '')
    .sort();

it('asks the vendor once for searches that want the same, or part of it, at one time', async () => {
  const [a = '', b = '', c = ''] = people;
  const whole = system.search(slotPath([a, b, c], window));
  await until('it is under way', () => requests('agenda-a').length === 1);
  const others = [
    system.search(slotPath([a, b, c], window)),
    system.search(slotPath([c, a], window)),
    system.search(slotPath([b], window)),
  ];
  const [first, same, part, one] = await Promise.all([whole, ...others]);
  expect(requests('agenda-a')).toHaveLength(1);
  expect(slotsOf(same!)).toEqual(slotsOf(first!));
  expect(part!.states.get(c)).toBe('slots');
  expect([...part!.states.keys()].sort()).toEqual([a, c].sort());
  expect([...one!.states.keys()]).toEqual([b]);
  const text = JSON.stringify(one!.bundle);
  for (const someoneElse of [a, c]) expect(text).not.toContain(someoneElse);
  await until('all is over', async () => (await callsUnderWay()) === 0);
});

it('counts what a call brought once, however many it served', async () => {
  const [a = ''] = people;
  const path = slotPath([a], window);
  const before = await received('agenda-a');
  await system.search(path);
  await until('it is counted', async () => (await received('agenda-a')) > before);
  const alone = (await received('agenda-a')) - before;
  const answers = [system.search(path)];
  await until('it is under way', () => requests('agenda-a').length === 2);
  answers.push(system.search(path), system.search(path));
  await Promise.all(answers);
  expect(requests('agenda-a')).toHaveLength(2);
  await until('it is counted', async () => (await received('agenda-a')) > before + alone);
  // What is counted of a later search comes behind all of these.
  await system.search(path);
  await until('the last is counted', async () => (await received('agenda-a')) >= before + 3 * alone);
  expect(await received('agenda-a')).toBe(before + 3 * alone);
});

it('shows each slot once to who asks for more people than the call he joins', async () => {
  const some = people.slice(0, 25);
  const more = people.slice(0, 26);
  const first = system.search(slotPath(some, window));
  await until('it is under way', () => requests('agenda-a').length === 1);
  // 13 and 13: the first half is asked for already, and so is most of the second.
  const joined = await system.search(slotPath(more, window), {
    headers: { Prefer: 'return=OperationOutcome' },
  });
  await first;
  expect(requests('agenda-a')).toHaveLength(2);
  expectEachOnce(joined);
  const alone = await system.search(slotPath(more, window));
  expect(slotsOf(joined)).toEqual(slotsOf(alone));
  expect(joined.ledger[0]?.diagnostics).toBe(alone.ledger[0]?.diagnostics);
  const shown = (editor: string): number =>
    Number(
      joined.ledger
        .map(({ diagnostics }) => diagnostics)
        .join(' ')
        .match(`editor=${editor} received=\\d+ shown=(\\d+)`)?.[1],
    );
  expect(shown('agenda-a') + shown('agenda-b')).toBe(joined.bundle.total);
});

it('shows each slot once to who knows already some of those in the call he joins', async () => {
  const [a = '', b = ''] = people;
  await keepFor(600);
  const slow = system.search(slotPath([a, b], window));
  await until('it is under way', () => requests('agenda-a').length === 1);
  // Meanwhile a wider question about one of the two is answered and kept.
  system.vendor('agenda-a').setSettings({ latencyMs: 0 });
  await system.search(slotPath([a], windowOf(72, new Date(Date.parse(window.from)))));
  await until('it is kept', () => system.edgeLog.some((line) => line.includes('"availability-kept"')));
  const joined = await system.search(slotPath([a, b], window));
  expect(requests('agenda-a')).toHaveLength(2);
  expectEachOnce(joined);
  expect(slotsOf(joined)).toEqual(slotsOf(await slow));
  expect(joined.states.get(a)).toBe('slots');
  await keepFor(0);
});

it('makes calls of their own for who asks for more, for another window, or for fresh word', async () => {
  const [a = '', b = ''] = people;
  const first = system.search(slotPath([a], window));
  await until('it is under way', () => requests('agenda-a').length === 1);
  const wider = windowOf(72, new Date(Date.parse(window.from)));
  await Promise.all([
    first,
    system.search(slotPath([a, b], window)),
    system.search(slotPath([a], wider)),
    system.search(slotPath([a], window), { headers: { 'Cache-Control': 'no-cache' } }),
    system.search(slotPath([a], window, true)),
  ]);
  expect(requests('agenda-a')).toHaveLength(5);
});

it('goes on for those who stay when the one who asked first leaves', async () => {
  const [a = ''] = people;
  const first = askAndLeave(system, slotPath([a], window));
  await until('it is under way', () => requests('agenda-a').length === 1);
  const second = system.search(slotPath([a], window));
  await until('both wait', async () => (await searches()) === 2);
  first.leave();
  await until('one waits', async () => (await searches()) === 1);
  const answer = await second;
  expect(answer.states.get(a)).toBe('slots');
  expect(requests('agenda-a')).toHaveLength(1);
  expect(requests('agenda-a')[0]?.status).toBe(200);
});

it('is cancelled when the last one leaves, and only then', async () => {
  const [a = ''] = people;
  system.vendor('agenda-a').setFaults('hang');
  const callers = [0, 1].map(() => askAndLeave(system, slotPath([a], window)));
  await until('both wait', async () => (await searches()) === 2);
  await until('it is under way', () => requests('agenda-a').length === 1);
  callers[0]!.leave();
  await until('one waits', async () => (await searches()) === 1);
  await until('the other vendors have answered', async () => (await callsUnderWay()) === 1);
  expect(system.vendor('agenda-a').state().inFlight).toBe(1);
  callers[1]!.leave();
  await until('nothing is under way', async () => (await callsUnderWay()) === 0);
  await until('the vendor sees it', () => system.vendor('agenda-a').state().inFlight === 0);
});
