// The journeys of the published front that bring slots, end to end as its callers make them: a search of eight lots with
// a vendor that hangs (AC-20), a CPTS page, a dashboard; and that failures behind the edge are never the front's.
// docs/guide.md G-903, G-904, G-906, G-908.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { COMMUNITIES, PERSONS, type Person } from '../../../sandbox/vendors/world/world.ts';
import { FrontCaller, type FrontReply, inTime, jsonOf } from '../../support/doubles/front-caller.ts';
import {
  breachesOf,
  browserLot,
  type FrontCards,
  type FrontEntries,
  mergeLot,
  type ShownCard,
} from '../../support/doubles/front-client.ts';
import { cardId, cardOf, cardsOf } from '../../support/samples/front-cards.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { System } from '../../support/scenes/system.ts';
import { untilHourLasts } from '../../support/wait/hour.ts';
import { until } from '../../support/wait/until.ts';

const PATH = '/v1/PractitionerSlots';
const LOT_SIZE = 25;
let system: System;
let front: FrontCaller;

beforeAll(async () => {
  system = await System.start();
  front = new FrontCaller(() => system.url);
});
afterAll(() => system?.stop());
beforeEach(async () => {
  for (const vendor of system.vendors) vendor.reset();
  await untilHourLasts();
});

interface Lot {
  readonly shown: readonly ShownCard[];
  readonly entries: FrontEntries;
  readonly ledger: string;
}

/** `slow`: vendors that may be late. */
async function askLot(
  token: string,
  cards: FrontCards,
  { type = 'filtered', slow = [] }: { readonly type?: string; readonly slow?: readonly string[] } = {},
): Promise<Lot> {
  const body = browserLot(cards, '', type);
  const reply = await inTime(() => front.asBrowser(PATH, token, { method: 'POST', body }), slow);
  expect(reply.status).toBe(200);
  const entries = jsonOf<FrontEntries>(reply);
  expect(breachesOf(cards, entries, Date.now())).toEqual([]);
  const shown = mergeLot(cards, entries, Date.now());
  return { shown, entries, ledger: String(reply.headers['x-passerelle-ledger']) };
}

/** In the order of the index: everybody's places, then pharmacies and people whom no vendor knows. */
function lotsOf(count: number): FrontCards[] {
  const known = Object.entries(cardsOf(PERSONS));
  const others = Array.from({ length: count * LOT_SIZE - known.length }, (_, rank) => {
    const isPharmacy = rank % 2 === 0;
    const rpps = isPharmacy ? '' : String(99_900_500_000 + rank);
    const finess = isPharmacy ? String(990_500_000 + rank) : '';
    return [String(700_000 + rank), { rpps, finess, cp: '76000', phone: [''] }] as const;
  });
  // Mixed, so that each lot has some of each.
  const all = [...known, ...others].map((card, rank) => ({ card, at: (rank * 37) % (count * LOT_SIZE) }));
  all.sort((a, b) => a.at - b.at);
  return Array.from({ length: count }, (_, rank) =>
    Object.fromEntries(all.slice(rank * LOT_SIZE, (rank + 1) * LOT_SIZE).map(({ card }) => card)),
  );
}

const bookable = (shown: readonly ShownCard[]): ShownCard[] => shown.filter(({ slots }) => slots.length > 0);

describe('a search by location', () => {
  it('AC-20 of eight lots, one after the other, while one vendor hangs: each in time, with what the others have', async () => {
    const token = await front.token();
    expect(jsonOf(await front.asBrowser('/aggregator/marketplace/api/v1/editors?enabled=1', token))).toEqual(
      [],
    );
    system.vendor('agenda-b').setFaults('hang');
    await system.limit('agenda-b', 600);
    const lots = lotsOf(8);
    const first = await askLot(token, lots[0]!, { type: 'not filtered', slow: ['agenda-b'] });
    expect(first.ledger).toContain('failed="agenda-b:timeout"');
    const seen: ShownCard[] = [];
    for (const cards of lots) {
      const { shown, ledger } = await askLot(token, cards, { slow: ['agenda-b'] });
      expect(ledger).toContain('failed="agenda-b:timeout"');
      expect(bookable(shown).length).toBeGreaterThan(0);
      seen.push(...bookable(shown));
    }
    // A place whose card is in another lot is created here too (docs/decisions/0012-front.md).
    // Everybody whom the two others know with a free slot at a card's place was shown, no card twice.
    const expected = peopleOf(system.vendors.filter(({ id }) => id !== 'agenda-b')).filter(
      ({ full }) => !full,
    );
    const people = new Set(
      seen.map(({ card }) => PERSONS[Math.floor((Number(card) - 810_000) / 10)]?.identifier),
    );
    expect([...people].sort()).toEqual(expected.map(({ identifier }) => identifier).sort());
    await system.limit('agenda-b');
    const updated = seen.filter(({ isCreated }) => !isCreated).map(({ card }) => card);
    expect(new Set(updated).size).toBe(updated.length);
  });

  /** What a search may take here; the bench times the lots. */
  const SEARCH_MS = 25_000;

  it('AC-20 has its own five seconds, however long a search may take', async () => {
    system.vendor('agenda-b').setFaults('hang');
    const token = await front.token();
    let searchMs = SEARCH_MS;
    const ask = async (cards: FrontCards): Promise<FrontReply> => {
      const startedMs = performance.now();
      const reply = await front.asBrowser(PATH, token, { method: 'POST', body: browserLot(cards) });
      searchMs = performance.now() - startedMs;
      return reply;
    };
    const cards = cardsOf(PERSONS.slice(0, 18));
    const reply = await inTime(() => ask(cards), ['agenda-b']);
    expect(searchMs).toBeLessThan(SEARCH_MS);
    expect(bookable(mergeLot(cards, jsonOf(reply), Date.now())).length).toBeGreaterThan(3);
  });
});

it('a CPTS page: its physicians’ cards, by the same call', async () => {
  const token = await front.token();
  const members = PERSONS.filter(({ communities }) => communities.includes(COMMUNITIES.length - 1));
  const known = peopleOf(system.vendors)
    .filter(({ full }) => !full)
    .map(({ identifier }) => identifier);
  const { shown } = await askLot(token, cardsOf(members));
  const expected = members.filter(({ identifier }) => known.includes(identifier));
  expect(expected.length).toBeGreaterThan(1);
  const people = new Set(bookable(shown).map(({ card }) => Math.floor((Number(card) - 810_000) / 10)));
  expect([...people].sort()).toEqual(expected.map((person) => PERSONS.indexOf(person)).sort());
});

it('a dashboard: an effector’s addresses, and each vendor’s agenda there', async () => {
  const token = await front.token();
  const someone = peopleOf(system.vendors).find(
    ({ identifier, freeAt }) => identifier.startsWith('8') && freeAt.length > 1,
  )!;
  const person = PERSONS.find(({ identifier }) => identifier === someone.identifier)!;
  const cards = person.places.map((place, order) => {
    const { rpps, finess, siret, rpps_rang: rppsRang } = cardOf(person, order);
    return {
      nid: cardId(0, order),
      line: place.line,
      zipcode: place.town.postalCode,
      phone: [],
      latitude: '',
      longitude: '',
      rpps,
      finess,
      siret,
      rppsRang,
      adeli: '',
    };
  });
  const body = { searchZone: '', searchCounties: [], searchType: 'filtered', practitionerCards: cards };
  const reply = await inTime(() =>
    front.asBrowser('/v1/dashboard/getSlots', token, { method: 'POST', body }),
  );
  const [practitioner] =
    jsonOf<{ nationalId: string; locations: { line: string; schedule: { days: unknown[] } }[] }[]>(reply);
  expect(practitioner?.nationalId).toBe(person.identifier);
  expect(practitioner?.locations.length).toBeGreaterThan(1);
  for (const { line, schedule } of practitioner?.locations ?? []) {
    expect(person.places.map((place) => place.line)).toContain(line);
    expect(schedule.days.length).toBeGreaterThan(0);
  }
});

describe('what goes wrong behind the edge', () => {
  const NO_RELAY = 'slots=0, none=0, unknown=2, not-interfaced=0, failed="relay-absent"';

  it('is told by a header: 200 and nothing, without any relay', async () => {
    const alone = await System.start({ vendors: [], relay: false });
    try {
      const caller = new FrontCaller(() => alone.url);
      const token = await caller.token();
      const cards = cardsOf(PERSONS.slice(0, 2));
      const reply = await caller.asBrowser(PATH, token, { method: 'POST', body: browserLot(cards) });
      expect([reply.status, reply.text]).toEqual([200, '{}']);
      expect(reply.headers['x-passerelle-ledger']).toBe(NO_RELAY);
      const body = { practitionerCards: [{ rpps: PERSONS[0]!.identifier.slice(1) }] };
      const dashboard = await caller.asBrowser('/v1/dashboard/getSlots', token, { method: 'POST', body });
      expect([dashboard.status, dashboard.text]).toEqual([200, '[]']);
    } finally {
      await alone.stop();
    }
  });

  it('is told by a header when the relay that served the vendors is gone', async () => {
    const token = await front.token();
    await system.relay?.stop();
    const cards = cardsOf(PERSONS.slice(0, 2));
    const gone = async (): Promise<FrontReply> =>
      front.asBrowser(PATH, token, { method: 'POST', body: browserLot(cards) });
    await until('the edge knows that the relay is gone', async () =>
      String((await gone()).headers['x-passerelle-ledger']).includes('relay-absent'),
    );
    const reply = await gone();
    expect([reply.status, reply.text]).toEqual([200, '{}']);
    expect(reply.headers['x-passerelle-ledger']).toBe(NO_RELAY);
    await until('it is logged', () =>
      system.edgeLog.some((line) => line.includes('front-search-failed') && line.includes('relay-absent')),
    );
    await system.startRelay();
  });
});

it('asks a vendor that serves no INT_R04 by INT_R01, the others by INT_R04, each once', async () => {
  const token = await front.token();
  const file = join(system.dir, 'relay-a', 'relay.json');
  const config = JSON.parse(await readFile(file, 'utf8')) as { editors: { id: string; flows: string[] }[] };
  for (const editor of config.editors) {
    if (editor.id === 'agenda-c') editor.flows = editor.flows.filter((flow) => flow !== 'INT_R04');
  }
  await writeFile(file, JSON.stringify(config));
  const someone: Person = PERSONS.find(({ identifier }) =>
    peopleOf(system.vendors).some(
      (known) => known.identifier === identifier && known.freeAt.join() === 'agenda-c',
    ),
  )!;
  const asked = (id: string): string[] =>
    system
      .vendor(id)
      .state()
      .requests.map(({ url }) => (url.includes('service-type-reference') ? 'INT_R04' : 'INT_R01'));
  const search = async (): Promise<Lot> => {
    for (const vendor of system.vendors) vendor.reset();
    return askLot(token, cardsOf([someone]));
  };
  await until('agenda-c is asked by INT_R01', async () => {
    await search();
    return asked('agenda-c').join() === 'INT_R01';
  });
  const { shown } = await search();
  expect(['agenda-a', 'agenda-b', 'agenda-c'].map(asked)).toEqual([['INT_R04'], ['INT_R04'], ['INT_R01']]);
  expect(bookable(shown).length).toBeGreaterThan(0);
});
