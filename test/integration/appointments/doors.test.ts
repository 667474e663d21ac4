// A booked time is gone from every door at once, also where answers are kept: plain, streamed, CPTS and the SAS front;
// and it comes back to all of them with a younger word of the vendor alone.
import { readFile } from 'node:fs/promises';
import type { Slot } from 'fhir/r4';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { individual } from '../../../bench/appointments/samples.ts';
import { PERSONS } from '../../../sandbox/vendors/world/world.ts';
import { FrontCaller, inTime, jsonOf } from '../../support/doubles/front-caller.ts';
import { browserLot, mergeLot } from '../../support/doubles/front-client.ts';
import { call } from '../../support/doubles/inbound-caller.ts';
import { cardsOf } from '../../support/samples/front-cards.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { laterWindow, System, slotPath } from '../../support/scenes/system.ts';

let system: System;
let subject: string;
let front: FrontCaller;
let token: string;
const SYSTEM_A = 'https://agenda-a.sandbox.test/rdv';
const window = laterWindow();

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }], settings: { CACHE_TTL_S: '600' } });
  subject = peopleOf(system.vendors).find(
    ({ freeAt, vendors, identifier }) =>
      vendors.length === 1 && freeAt.includes('agenda-a') && identifier.startsWith('8'),
  )!.identifier;
  front = new FrontCaller(() => system.url);
  token = await front.token();
});
afterAll(() => system?.stop());

async function report(startMs: number, endMs: number, status = 'booked'): Promise<number> {
  const client = system.pki.vendors.get('agenda-a')!.client;
  const value = 'rdv-doors';
  const body = individual({
    value,
    system: SYSTEM_A,
    status,
    practitioner: subject,
    start: new Date(startMs).toISOString(),
    end: new Date(endMs).toISOString(),
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
    body: JSON.stringify(body),
    headers: { host: 'relais.sandbox.test' },
  });
  return answered;
}

/** What each door answers, as text. */
async function doors(): Promise<Record<string, string>> {
  const fetched = async (path: string, headers: Record<string, string> = {}): Promise<string> =>
    (await system.fetch(path, { headers })).text();
  const cards = cardsOf(PERSONS.filter(({ identifier }) => identifier === subject));
  const body = browserLot(cards);
  const lot = await inTime(() => front.asBrowser('/v1/PractitionerSlots', token, { method: 'POST', body }));
  return {
    plain: await fetched(slotPath([subject], window)),
    streamed: await fetched(slotPath([subject], window), { Accept: 'text/event-stream' }),
    cpts: await fetched(slotPath([subject], window, true)),
    // The front tells times, no ids.
    front: mergeLot(cards, jsonOf(lot), Date.now())
      .flatMap(({ slots }) => slots.map(({ start }) => `at ${Date.parse(start)}.`))
      .join(),
  };
}

it('hides what an appointment overlaps at every door, and gives it back with a younger word', async () => {
  const found = await system.search(slotPath([subject], window));
  const own = found.resources<Slot>('Slot').filter(({ id }) => id?.startsWith('agenda-a-'));
  const before = await doors();
  // From inside the first slot to inside the last.
  const starts = own.map(({ start }) => Date.parse(start));
  const startMs = Math.min(...starts) + 60_000;
  const endMs = Math.max(...starts) + 60_000;
  const ids = own.map(({ id }) => id!);
  expect(ids.length).toBeGreaterThan(2);
  const shownAt = (texts: Record<string, string>, door: string): string[] =>
    own.flatMap(({ id = '', start }) =>
      texts[door]?.includes(door === 'front' ? `at ${Date.parse(start)}.` : id) ? [id] : [],
    );
  expect(shownAt(before, 'plain')).toEqual(ids);

  expect(await report(startMs, endMs)).toBe(201);
  const booked = await doors();
  for (const door of Object.keys(booked)) {
    expect(shownAt(before, door).length, door).toBeGreaterThan(0);
    expect(shownAt(booked, door), door).toEqual([]);
  }

  // Moved past them all: kept words are from before, and invent nothing.
  expect(await report(endMs + 172_800_000, endMs + 172_900_000)).toBe(200);
  expect(shownAt(await doors(), 'plain')).toEqual([]);
  await system.fetch(slotPath([subject], window), { headers: { 'Cache-Control': 'no-cache' } });
  await system.fetch(slotPath([subject], window, true), { headers: { 'Cache-Control': 'no-cache' } });
  await expect.poll(async () => shownAt(await doors(), 'plain')).toEqual(ids);
});
