// A booked slot leaves every later answer at once, whatever the vendor still sends; a cancellation lifts that and
// invents nothing; how often a vendor still sends what is booked is counted.
import { readFile } from 'node:fs/promises';
import type { Slot } from 'fhir/r4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { individual } from '../../../bench/appointments/samples.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { call } from '../../support/doubles/inbound-caller.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { laterWindow, type SearchAnswer, System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System;
let admin: string;
let subject: string;
const SYSTEM_A = 'https://agenda-a.sandbox.test/rdv';
const window = laterWindow();

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }] });
  admin = await signToken(system.state, 'admin');
  subject = peopleOf(system.vendors).find(
    ({ freeAt, identifier }) => freeAt.length === 2 && identifier.startsWith('8'),
  )!.identifier;
});
afterAll(() => system?.stop());

const search = (): Promise<SearchAnswer> => system.search(slotPath([subject], window));
const ofVendor = (answer: SearchAnswer, vendor: string): Slot[] =>
  answer.resources<Slot>('Slot').filter(({ id }) => id?.startsWith(`${vendor}-`));

/** Those beside which that vendor has no other at the same time: whoever books one takes no more. */
function aloneOf(answer: SearchAnswer, vendor: string): Slot[] {
  const slots = ofVendor(answer, vendor);
  // His places are in two zones.
  const overlap = (a: Slot, b: Slot): boolean =>
    Date.parse(a.start) < Date.parse(b.end) && Date.parse(b.start) < Date.parse(a.end);
  return slots.filter((one) => slots.filter((other) => overlap(one, other)).length === 1);
}

async function report(
  slot: Pick<Slot, 'start' | 'end'>,
  status: string,
  value = 'rdv-1',
  over: object = {},
): Promise<number> {
  const client = system.pki.vendors.get('agenda-a')!.client;
  const body = individual({
    value,
    system: SYSTEM_A,
    status,
    practitioner: subject,
    start: slot.start,
    end: slot.end,
  });
  const { status: answered } = await call({
    port: system.appointmentPort,
    ca: await readFile(system.pki.caFile, 'utf8'),
    show: {
      certPem: await readFile(client.certFile, 'utf8'),
      keyPem: await readFile(client.keyFile, 'utf8'),
    },
    method: 'PUT',
    path: `/fhir/Appointment?identifier=${encodeURIComponent(`${SYSTEM_A}|${value}`)}`,
    body: JSON.stringify({ ...body, ...over }),
    headers: { host: 'relais.sandbox.test' },
  });
  return answered;
}

it('hides the slot of that vendor at once, keeps the others, and gives it back when it is cancelled', async () => {
  const before = await search();
  const [taken] = aloneOf(before, 'agenda-a');
  expect(await report(taken!, 'booked')).toBe(201);
  const booked = await search();
  expect(ofVendor(booked, 'agenda-a').map(({ id }) => id)).not.toContain(taken!.id);
  expect(booked.bundle.total).toBe((before.bundle.total ?? 0) - 1);
  expect(ofVendor(booked, 'agenda-b')).toHaveLength(ofVendor(before, 'agenda-b').length);
  const stream = await (
    await system.fetch(slotPath([subject], window), { headers: { Accept: 'text/event-stream' } })
  ).text();
  expect(stream).not.toContain(taken!.id);
  expect(stream).toContain(ofVendor(booked, 'agenda-a')[0]!.id);
  expect(await report(taken!, 'cancelled')).toBe(200);
  expect(ofVendor(await search(), 'agenda-a').map(({ id }) => id)).toContain(taken!.id);
  expect((await search()).bundle.total).toBe(before.bundle.total);
});

it('hides it from a search that is under way when it is booked, and has read the vendor by then', async () => {
  const [, taken] = aloneOf(await search(), 'agenda-a');
  const slow = system.vendor('agenda-b');
  slow.setFaults('hang');
  try {
    let isOver = false;
    const fresh = system.search(slotPath([subject], window), { headers: { 'Cache-Control': 'no-cache' } });
    const underWay = fresh.finally(() => {
      isOver = true;
    });
    await until('the slow vendor is asked', () => slow.state().inFlight > 0);
    expect(await report(taken!, 'booked', 'rdv-under-way')).toBe(201);
    expect(isOver).toBe(false);
    const answer = await underWay;
    expect(ofVendor(answer, 'agenda-a').length).toBeGreaterThan(0);
    expect(ofVendor(answer, 'agenda-a').map(({ id }) => id)).not.toContain(taken!.id);
  } finally {
    slow.setFaults([]);
    await report(taken!, 'cancelled', 'rdv-under-way');
  }
});

it('counts what a vendor still sends though it is booked, and explains it', async () => {
  const [taken] = aloneOf(await search(), 'agenda-a');
  const asAdmin = { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' };
  const ghosts = async (): Promise<{
    ghosts: number;
    ghostRate: number;
    received: number;
    shown: number;
    dropped: number;
  }> => (await (await system.fetch('/admin/editors/agenda-a/rules', { headers: asAdmin })).json()) as never;
  const first = await ghosts();
  // Another appointment: the first was cancelled, and a late "booked" does not undo that.
  expect(await report(taken!, 'booked', 'rdv-2')).toBe(201);
  await search();
  const second = await ghosts();
  expect(second.ghosts).toBe(first.ghosts + 1);
  expect(second.ghostRate).toBeCloseTo(second.ghosts / second.received);
  expect(second.received).toBe(second.shown + second.dropped);
  const explained = (await (
    await system.fetch('/admin/explain', {
      method: 'POST',
      headers: asAdmin,
      body: JSON.stringify({ editor: 'agenda-a', identifier: subject, at: taken!.start }),
    })
  ).json()) as { slots: { matches: boolean; dropped?: { rule: string } }[] };
  expect(explained.slots[0]).toMatchObject({ matches: true, dropped: { rule: 'slot-booked' } });
});

it.each([-23, -2, 23])('hides the slot that it names, also when its hours are off by %i', async (hours) => {
  const [, taken] = aloneOf(await search(), 'agenda-a');
  const explained = await system.fetch('/admin/explain', {
    method: 'POST',
    headers: { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ editor: 'agenda-a', identifier: subject, at: taken!.start }),
  });
  const { slots } = (await explained.json()) as { slots: { id: string; matches: boolean }[] };
  const own = slots.find(({ matches }) => matches)!.id;
  const at = new Date(Date.parse(taken!.start) + hours * 3_600_000).toISOString();
  const over = { slot: [{ reference: `Slot/${own}` }] };
  const value = `rdv-named-${hours}`;
  expect(await report({ start: at, end: at }, 'booked', value, over)).toBe(201);
  expect(ofVendor(await search(), 'agenda-a').map(({ id }) => id)).not.toContain(taken!.id);
  expect(await report({ start: at, end: at }, 'cancelled', value, over)).toBe(200);
  expect(ofVendor(await search(), 'agenda-a').map(({ id }) => id)).toContain(taken!.id);
});

describe('an appointment longer than the slots', () => {
  const minutes = (count: number): number => count * 60_000;
  /** Of agenda-a, those that the interval leaves. */
  const left = (slots: readonly Slot[], startMs: number, endMs: number): string[] =>
    slots
      .filter(({ start, end }) => Date.parse(end) <= startMs || endMs <= Date.parse(start))
      .map(({ id }) => id ?? '')
      .sort();
  const idsOf = (slots: readonly Slot[]): string[] => slots.map(({ id }) => id ?? '').sort();

  it('hides every slot that it overlaps, in fresh, kept, streamed and CPTS answers; moved, it frees the old ones', async () => {
    const before = ofVendor(await search(), 'agenda-a');
    const longest = ({ end }: Slot) =>
      [Date.parse(end) - minutes(1), Date.parse(end) + minutes(599)] as const;
    // Two others at least.
    const first = before.find((one) => left(before, ...longest(one)).length < before.length - 2);
    const [startMs, endMs] = longest(first!);
    const at = (ms: number): string => new Date(ms).toISOString();
    const long = { ...first!, start: at(startMs), end: at(endMs) };
    expect(await report(long, 'booked', 'rdv-long')).toBe(201);
    const expected = left(before, startMs, endMs);

    const fresh = await system.fetch(slotPath([subject], window), {
      headers: { 'Cache-Control': 'no-cache' },
    });
    for (const id of idsOf(before))
      expect((await fresh.clone().text()).includes(id)).toBe(expected.includes(id));
    expect(idsOf(ofVendor(await search(), 'agenda-a'))).toEqual(expected);
    const cpts = await system.search(slotPath([subject], window, true));
    for (const { id } of ofVendor(cpts, 'agenda-a')) expect(expected).toContain(id);
    const stream = await system.fetch(slotPath([subject], window), {
      headers: { Accept: 'text/event-stream' },
    });
    const told = await stream.text();
    for (const id of idsOf(before)) expect(told.includes(id)).toBe(expected.includes(id));

    // Half open: it ends where the next slot begins.
    expect(
      await report({ ...long, start: at(startMs - minutes(300)), end: first!.start }, 'booked', 'rdv-long'),
    ).toBe(200);
    const renewed = { headers: { 'Cache-Control': 'no-cache' } };
    const moved = await (await system.fetch(slotPath([subject], window), renewed)).text();
    for (const id of left(before, startMs - minutes(300), Date.parse(first!.start)))
      expect(moved).toContain(id);
    expect(moved).toContain(first!.id);
  });
});
