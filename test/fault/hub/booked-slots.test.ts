// Claim: a booked slot is shown by no search that began after its 201, whatever happens between. Phases: three clients of a
// running system do what a seed says, each at its own pace: a vendor books and cancels, callers search (kept answers,
// fresh ones, as they come), and the hub ends in the midst of it, as the platform ends one. End: not one search showed a
// slot whose booking had been acknowledged before it began and was not being cancelled. Then a hub that has lost its
// storage reads what is booked from the record.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Slot } from 'fhir/r4';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { individual } from '../../../bench/appointments/samples.ts';
import { call } from '../../support/doubles/inbound-caller.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { laterWindow, type SearchAnswer, System, slotPath } from '../../support/scenes/system.ts';
import { SEED } from '../../support/seed.ts';
import { until } from '../../support/wait/until.ts';

const CLIENTS = 3;
/** Of each client. */
const STEPS = 40;
const ENDS = 5;
const VENDOR_SYSTEM = 'https://agenda-a.sandbox.test/rdv';
const window = laterWindow();

let system: System;
let who: string;
let slots: readonly Slot[];
let show: { certPem: string; keyPem: string };
let ca: string;

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }], settings: { CACHE_TTL_S: '600' }, isMortal: true });
  who = peopleOf(system.vendors).find(
    ({ full, identifier, places }) => !full && places === 1 && identifier.startsWith('8'),
  )!.identifier;
  slots = apart((await system.search(slotPath([who], window))).resources<Slot>('Slot'));
  expect(slots.length).toBeGreaterThan(8);
  const { client } = system.pki.vendors.get('agenda-a')!;
  ca = await readFile(system.pki.caFile, 'utf8');
  show = { certPem: await readFile(client.certFile, 'utf8'), keyPem: await readFile(client.keyFile, 'utf8') };
});
afterAll(() => system?.stop());

/** None overlaps another: a booking takes one of them. */
function apart(found: readonly Slot[]): Slot[] {
  const sorted = [...found].sort((a, b) => a.start.localeCompare(b.start));
  const chosen: Slot[] = [];
  for (const slot of sorted) {
    const end = chosen.at(-1)?.end;
    if (end === undefined || Date.parse(end) <= Date.parse(slot.start)) chosen.push(slot);
  }
  return chosen.slice(0, 24);
}

/** xorshift32: the same seed does the same. */
function randomOf(seed: number): (max: number) => number {
  let state = seed | 1;
  return (max) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % max;
  };
}

let stamp = Date.now() - 3_600_000;

/** As a vendor tells it; undefined when the relay could not be reached. */
async function tell(slot: Slot, status: 'booked' | 'cancelled', lastUpdated: number) {
  const value = `rdv-${slot.id}`;
  const body = individual({
    value,
    system: VENDOR_SYSTEM,
    status,
    practitioner: who,
    start: slot.start,
    end: slot.end,
    stamp: new Date(lastUpdated).toISOString(),
  });
  return call({
    port: system.appointmentPort,
    ca,
    show,
    method: 'PUT',
    path: `/fhir/Appointment?identifier=${encodeURIComponent(`${VENDOR_SYSTEM}|${value}`)}`,
    body: JSON.stringify(body),
    headers: { host: 'relais.sandbox.test' },
  }).catch(() => undefined);
}

/** Sent until it is acknowledged, as a vendor does. */
async function report(slot: Slot, status: 'booked' | 'cancelled'): Promise<void> {
  stamp += 1_000;
  const lastUpdated = stamp;
  await until(`${status} is acknowledged`, async () => {
    const answer = await tell(slot, status, lastUpdated);
    return answer !== undefined && answer.status < 300;
  });
}

/** Ids of the slots that an answer shows; undefined when there was none. */
const SEARCHES: Readonly<Record<string, () => Promise<Set<string> | undefined>>> = {
  kept: () => searchOf({}),
  fresh: () => searchOf({ 'Cache-Control': 'no-cache' }),
  progressive: async () => {
    const response = await system.fetch(slotPath([who], window), {
      headers: { Accept: 'text/event-stream' },
    });
    return new Set(
      [...(await response.text()).matchAll(/"resourceType":"Slot","id":"([^"]+)"/g)].map(
        ([, id]) => id ?? '',
      ),
    );
  },
};

async function searchOf(headers: Readonly<Record<string, string>>): Promise<Set<string> | undefined> {
  const answer: SearchAnswer = await system.search(slotPath([who], window), { headers });
  return answer.status === 200
    ? new Set(answer.resources<Slot>('Slot').map(({ id }) => id ?? ''))
    : undefined;
}

it(`is hidden from its acknowledgement on, over ${CLIENTS} times ${STEPS} random steps and ${ENDS} ends of the hub (seed ${SEED})`, async () => {
  /** Acknowledged, and no cancellation of it has begun. */
  const booked = new Set<string>();
  const wrong: string[] = [];
  const counts = { shown: 0, hidden: 0, answered: 0, unanswered: 0 };
  let steps = 0;
  const client = async (number: number): Promise<void> => {
    const random = randomOf(SEED + number);
    // Each slot is one client's: two vendors' programs never report one appointment.
    const own = slots.filter((_, index) => index % CLIENTS === number);
    for (let step = 0; step < STEPS; step += 1, steps += 1) {
      const slot = own[random(own.length)]!;
      const id = slot.id ?? '';
      const what = random(5);
      if (what === 0 && !booked.has(id)) {
        await report(slot, 'booked');
        booked.add(id);
      } else if (what === 1 && booked.has(id)) {
        booked.delete(id);
        await report(slot, 'cancelled');
      } else {
        const [how, search] = Object.entries(SEARCHES)[random(3)]!;
        const before = new Set(booked);
        const shown = await search();
        if (shown === undefined) counts.unanswered += 1;
        else counts.answered += 1;
        for (const one of before) {
          if (shown?.has(one) === true && booked.has(one))
            wrong.push(`${how}, step ${step} of ${number}: ${one}`);
          else if (shown !== undefined) counts.hidden += 1;
        }
        counts.shown += shown?.size ?? 0;
      }
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  const ends = async (): Promise<void> => {
    for (let end = 1; end <= ENDS; end += 1) {
      await until('it is time', () => steps >= (end * CLIENTS * STEPS) / (ENDS + 1));
      await system.endHub();
    }
  };
  await Promise.all([clients, ends()]);
  expect(wrong).toEqual([]);
  // It did exercise something.
  expect(counts.hidden).toBeGreaterThan(50);
  expect(counts.shown).toBeGreaterThan(200);
  expect(counts.answered).toBeGreaterThan(counts.unanswered);
});

it('is not acknowledged while the hub cannot be told; the vendor sends again, and is heard', async () => {
  const slot = slots.at(-1)!;
  await report(slot, 'cancelled');
  const steer = async (how: string): Promise<unknown> =>
    (await system.edge.object('RELAY_HUB', 'hub')).fetch(`https://hub/${how}`);
  stamp += 1_000;
  await steer('deaf');
  const refused = await tell(slot, 'booked', stamp);
  expect([refused?.status, Number(refused?.headers['retry-after']) > 0]).toEqual([503, true]);
  await steer('hearing');
  // D1 has it already: it says nothing new, and yet tells the hub.
  const again = await tell(slot, 'booked', stamp);
  expect([again?.status, again?.headers['x-passerelle-appointment']]).toEqual([200, 'same']);
  for (const search of Object.values(SEARCHES)) expect((await search())?.has(slot.id ?? '')).toBe(false);
});

it('is read from the record by a hub that has lost its own storage', async () => {
  const [slot] = slots;
  await report(slot!, 'booked');
  await system.stopEdge();
  await rm(join(system.state.dir, 'objects'), { recursive: true });
  await system.startEdge();
  const shown = await until('a search answers', async () => {
    const found = await SEARCHES.fresh!();
    return found !== undefined && found.size > 0 && found;
  });
  expect(shown.has(slot!.id ?? '')).toBe(false);
});
