// One call per vendor and question at a time, shared by all who wait for it: the vendor counts one; who leaves cancels
// nothing that another waits for, and the last one leaving cancels the call.
import type { Slot } from 'fhir/r4';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { signToken } from '../../sandbox/platform/local-state.ts';
import { askAndLeave } from '../support/leaving-caller.ts';
import { peopleOf } from '../support/people.ts';
import { System, slotPath, until, windowOf } from '../support/system.ts';

let system: System;
let admin: string;
let people: string[];
const HOUR_MS = 3_600_000;
const window = windowOf(48, new Date(Math.ceil(Date.now() / HOUR_MS) * HOUR_MS));
const SLOW_MS = 900;

beforeAll(async () => {
  system = await System.start({
    vendors: [{ seed: 1, settings: { latencyMs: SLOW_MS } }, { seed: 2 }],
    settings: { CACHE_TTL_S: '0', DEADLINE_MS: '6000' },
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
const slotsOf = (answer: Awaited<ReturnType<System['search']>>): string[] =>
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
  // What a call brought is counted once, however many it served.
  await until('all is over', async () => (await callsUnderWay()) === 0);
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
  expect(await callsUnderWay()).toBe(1);
  expect(system.vendor('agenda-a').state().inFlight).toBe(1);
  callers[1]!.leave();
  await until('nothing is under way', async () => (await callsUnderWay()) === 0);
  await until('the vendor sees it', () => system.vendor('agenda-a').state().inFlight === 0);
});
