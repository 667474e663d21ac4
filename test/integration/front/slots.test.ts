// PractitionerSlots and dashboard/getSlots over the running system, as the published front calls them: AC-05 to AC-19 and
// AC-21 of docs/guide.md § 10, held against the vendors' own agendas.
import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { ASSOCIATIONS, PERSONS, type Person } from '../../../sandbox/vendors/world/world.ts';
import { FrontCaller, type FrontReply, inTime, jsonOf } from '../../support/doubles/front-caller.ts';
import {
  breachesOf,
  browserLot,
  columnsOf,
  dayIn,
  type FrontCards,
  type FrontEntries,
  mergeLot,
  type ShownCard,
  serverLot,
  zoneOf,
} from '../../support/doubles/front-client.ts';
import { get } from '../../support/doubles/sandbox-caller.ts';
import {
  associationCard,
  cardId,
  cardOf,
  cardsOf,
  type TrueSlots,
  trueSlots,
} from '../../support/samples/front-cards.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { System } from '../../support/scenes/system.ts';
import { untilHourLasts } from '../../support/wait/hour.ts';

const PATH = '/v1/PractitionerSlots';
const DAY_MS = 24 * 3_600_000;
/** Slots that start while the test runs are looked at by nobody. */
const MARGIN_MS = 120_000;
let system: System;
let front: FrontCaller;
let token: string;

beforeAll(async () => {
  system = await System.start();
  front = new FrontCaller(() => system.url);
  token = await front.token();
});
afterAll(() => system?.stop());
beforeEach(async () => {
  for (const vendor of system.vendors) vendor.reset();
  await untilHourLasts();
});

function ask(body: unknown): Promise<FrontReply> {
  return front.asBrowser(PATH, token, { method: 'POST', body });
}

interface Lot {
  readonly entries: FrontEntries;
  readonly shown: readonly ShownCard[];
  readonly ledger: string;
}

/** The answer to a lot, after every check that the front's own code cannot make. `slow`: vendors that may be late. */
async function askLot(
  cards: FrontCards,
  body: unknown = browserLot(cards),
  slow: readonly string[] = [],
): Promise<Lot> {
  const reply = await inTime(() => ask(body), slow);
  expect(reply.status).toBe(200);
  const entries = jsonOf<FrontEntries>(reply);
  const nowMs = Date.now();
  expect(breachesOf(cards, entries, nowMs)).toEqual([]);
  return {
    entries,
    shown: mergeLot(cards, entries, nowMs),
    ledger: String(reply.headers['x-passerelle-ledger']),
  };
}

/** What the agendas say a zone's three days hold. */
function truth(identifier: string, zone: string, nowMs: number): TrueSlots[] {
  // What both the card's clock and the browser's show: they differ for an hour or more each night.
  const own = [0, 1, 2].map((ahead) => dayIn(zone, nowMs + ahead * DAY_MS).date);
  const days = columnsOf(nowMs).flatMap(({ date }) => (own.includes(date) ? [date] : []));
  return trueSlots(system.vendors, identifier, nowMs + MARGIN_MS, nowMs + 4 * DAY_MS).map((one) => ({
    ...one,
    starts: one.starts.filter((start) => days.includes(dayIn(zone, Date.parse(start)).date)),
  }));
}

const later = (starts: readonly string[], nowMs: number): string[] =>
  [...new Set(starts)].filter((start) => Date.parse(start) > nowMs + MARGIN_MS).sort();
const shownStarts = (shown: readonly ShownCard[], id: string, nowMs: number): string[] =>
  later(
    shown.filter(({ card }) => card === id).flatMap(({ slots }) => slots.map(({ start }) => start)),
    nowMs,
  );

/** Each card shows what the agendas hold at its place, no more and no less. */
function expectTruth(person: Person, shown: readonly ShownCard[]): number {
  const rank = PERSONS.indexOf(person);
  const nowMs = Date.now();
  return person.places.reduce((sum, place, order) => {
    const zone = zoneOf({ cp: place.town.postalCode });
    const held = truth(person.identifier, zone, nowMs).filter((one) => one.place.line === place.line);
    const starts = later(
      held.flatMap((one) => one.starts),
      nowMs,
    );
    expect(
      shownStarts(shown, cardId(rank, order), nowMs),
      `${person.identifier} at ${place.town.city}`,
    ).toEqual(starts);
    return sum + starts.length;
  }, 0);
}

const free = (): ReturnType<typeof peopleOf> => peopleOf(system.vendors).filter(({ full }) => !full);
const personOf = (identifier: string): Person => PERSONS.find((one) => one.identifier === identifier)!;
/** Everybody known whom this holds of. */
const people = (holds: (person: Person, known: ReturnType<typeof peopleOf>[number]) => boolean): Person[] =>
  free().flatMap((known) => (holds(personOf(known.identifier), known) ? [personOf(known.identifier)] : []));

describe('a lot', () => {
  it('AC-05 of 25 cards is answered, with cards that have no address or nothing at all', async () => {
    const known = cardsOf(PERSONS.slice(0, 20));
    const blank = {
      rpps: '',
      adeli: '',
      finess: '',
      siret: '',
      rpps_rang: '',
      cp: '',
      phone: [''],
      latitude: '',
      longitude: '',
    };
    const pharmacy = {
      ...blank,
      finess: '990000017',
      siret: '99900000900017',
      cp: '76000',
      address: '1 rue des Simples',
    };
    const cards = Object.fromEntries(
      [['1', blank], ['2', { ...blank, address: '' }], ['3', pharmacy], ...Object.entries(known)].slice(
        0,
        25,
      ),
    );
    const { entries, ledger } = await askLot(cards);
    expect(Object.keys(entries).length).toBeGreaterThan(10);
    for (const id of ['1', '2', '3']) expect(entries).not.toHaveProperty(id);
    expect(ledger).toMatch(/^slots=\d+, none=\d+, unknown=0, not-interfaced=0$/);
  });

  it('AC-06 is answered as the server asks it, and empty in all three ways', async () => {
    const person = people(({ places }) => places.length > 1)[0]!;
    const cards = cardsOf([person]);
    const reply = await inTime(() => front.asServer(PATH, { method: 'POST', body: serverLot(cards) }));
    expect(reply.status).toBe(200);
    expect(expectTruth(person, mergeLot(cards, jsonOf(reply), Date.now()))).toBeGreaterThan(0);
    for (const body of [[[]], [], browserLot({})]) {
      const empty = await ask(body);
      expect([empty.status, empty.text]).toEqual([200, '{}']);
    }
  });

  it.each([['null'], ['{}'], ['[}'], ['"x"']])('refuses the body %s with code and message', async (body) => {
    const reply = await ask(body);
    expect(reply.status).toBe(400);
    expect(jsonOf(reply)).toEqual({ code: 400, message: expect.any(String) as string });
  });

  it('shows of everybody what the vendors’ agendas hold, whoever they are', async () => {
    let count = 0;
    for (const from of [0, 20, 40]) {
      const some = PERSONS.slice(from, from + 20);
      const { shown } = await askLot(cardsOf(some));
      for (const person of some) count += expectTruth(person, shown);
    }
    expect(count).toBeGreaterThan(500);
  });

  it('of 500 cards is answered, vendors asked for 25 at a time', async () => {
    const known = cardsOf(PERSONS.slice(0, 10));
    const others = Array.from({ length: 500 - Object.keys(known).length }, (_, rank) => [
      String(1_000 + rank),
      { rpps: String(99_900_600_000 + rank), cp: '76000', phone: '' },
    ]);
    const { shown, ledger } = await askLot({ ...known, ...Object.fromEntries(others) });
    for (const person of PERSONS.slice(0, 10)) expectTruth(person, shown);
    expect(ledger).toContain('unknown=0');
    for (const { url } of system.vendor('agenda-a').state().requests) {
      expect(url.split('%7C').length - 1).toBeLessThanOrEqual(25);
    }
  });

  it('AC-09 keeps a card’s number when no vendor gives one', async () => {
    const silent = people(({ places }) => places[0].phone === undefined)[0]!;
    const id = cardId(PERSONS.indexOf(silent));
    const { entries } = await askLot({ [id]: { ...cardOf(silent), phone: '01 99 00 12 34' } });
    expect(entries[id]?.practitioner.phone).toBe('01 99 00 12 34');
  });

  it('AC-07 AC-13 has no entry for an unknown practitioner nor for one without a free slot', async () => {
    const full = peopleOf(system.vendors).find((one) => one.full)!;
    const cards = { ...cardsOf([personOf(full.identifier)]), 7: { rpps: '99900999999', cp: '76000' } };
    const { entries, ledger } = await askLot(cards);
    expect(entries).toEqual({});
    expect(ledger).toBe('slots=0, none=2, unknown=0, not-interfaced=0');
  });

  it('AC-07 AC-13 has no entry of a vendor that is down or late, and those of the others', async () => {
    const [down, late] = [system.vendor('agenda-b'), system.vendor('agenda-c')];
    const onlyAt = (vendor: string): Person => people((_, { vendors }) => vendors.join() === vendor)[0]!;
    const [fine, gone, slow] = ['agenda-a', 'agenda-b', 'agenda-c'].map(onlyAt) as [Person, Person, Person];
    down.setFaults('status-500');
    late.setFaults('hang');
    await system.limit(late.id, 600);
    const lot = cardsOf([fine, gone, slow]);
    const { entries, shown, ledger } = await askLot(lot, browserLot(lot), [late.id]);
    expectTruth(fine, shown);
    for (const person of [gone, slow]) {
      expect(entries).not.toHaveProperty(cardId(PERSONS.indexOf(person)));
    }
    expect(ledger).toBe(
      'slots=1, none=0, unknown=2, not-interfaced=0, failed="agenda-b:error agenda-c:timeout"',
    );
    await system.limit(late.id);
  });
});

describe('places', () => {
  it('AC-10 AC-11 AC-17 of a practitioner that the directory lacks are created, unless in another département', async () => {
    const person = people(
      ({ places }, { places: count, freeAt }) => count > 1 && places.length > 1 && freeAt.length > 0,
    )[0]!;
    const id = cardId(PERSONS.indexOf(person));
    const card = { [id]: cardOf(person) };
    const everywhere = await askLot(card);
    const county = person.places[0].town.postalCode.slice(0, 2);
    const created = Object.values(everywhere.entries).filter(({ action }) => action === 'create');
    expect(created.map(({ nid, address }) => [String(nid), address.cp])).toEqual(
      person.places.slice(1, 1 + created.length).map(({ town }) => [id, town.postalCode]),
    );
    expect(created.length).toBeGreaterThan(0);
    expect(everywhere.entries[id]?.action).toBe('update');
    const around = await askLot(card, browserLot(card, county));
    expect(Object.keys(around.entries)).toEqual([id]);
  });

  it('AC-11 AC-12 take the place of a card that none of them is, under one id in two calls, browser’s and server’s', async () => {
    const person = people(({ places }) => places.length === 1)[0]!;
    const id = cardId(PERSONS.indexOf(person));
    const cards = { [id]: { ...cardOf(person, 0, 'nothing'), cp: '13001', address: '1 rue Perdue' } };
    const { entries, shown } = await askLot(cards);
    const actions = Object.entries(entries).map(([key, { action }]) => [key, action]);
    expect(actions).toEqual(
      expect.arrayContaining([
        [id, 'delete'],
        [expect.stringMatching(`^c-${id}-`), 'create'],
      ]),
    );
    expect(shown).toMatchObject([{ card: id, isCreated: true }]);
    const again = await askLot(cards);
    const server = jsonOf<FrontEntries>(
      await inTime(() => front.asServer(PATH, { method: 'POST', body: serverLot(cards) })),
    );
    const idsOf = (all: FrontEntries): unknown => Object.entries(all).map(([key, entry]) => [key, entry.id]);
    expect(idsOf(again.entries)).toEqual(idsOf(entries));
    expect(idsOf(server)).toEqual(idsOf(entries));
  });

  it('AC-17 written otherwise are the card’s own', async () => {
    const some = people(({ places }) => places.length === 1).slice(0, 12);
    const spell = [
      (line: string): string => line.toUpperCase(),
      (line: string): string => line.normalize('NFD').replace(/\p{M}/gu, '').replace(/ /, ', '),
      (line: string): string =>
        line.replace('avenue', 'av.').replace('boulevard', 'Bd').replace('place', 'pl'),
    ];
    const cards = Object.fromEntries(
      some.map((person, rank) => {
        const card = cardOf(person, 0, 'address');
        const line = spell[rank % spell.length]!(card.address ?? '');
        const address = rank % 2 === 0 ? line : `${line}, ${card.cp} ${person.places[0].town.city}`;
        return [cardId(PERSONS.indexOf(person)), { ...card, address }];
      }),
    );
    const { entries } = await askLot(cards);
    expect(Object.keys(entries).sort()).toEqual(Object.keys(cards).sort());
    expect(new Set(Object.values(entries).map(({ action }) => action))).toEqual(new Set(['update']));
  });

  it('are recognised by phone and postal code', async () => {
    const person = people(
      ({ places }) => places.length === 1 && places[0].phone?.startsWith('+33') === true,
    )[0]!;
    const id = cardId(PERSONS.indexOf(person));
    const phone = person.places[0].phone!.replace('+33', '0').replace(/(..)(?=.)/g, '$1 ');
    const { entries } = await askLot({ [id]: { ...cardOf(person, 0, 'nothing'), phone: [phone] } });
    expect(entries[id]?.action).toBe('update');
  });

  it('AC-15 of two vendors at one address are one entry with the slots of both', async () => {
    const person = people((_, { freeAt }) => freeAt.length > 1)[0]!;
    const { shown } = await askLot(cardsOf([person]));
    const place = person.places[0];
    const vendors = new Set(
      truth(person.identifier, zoneOf({ cp: place.town.postalCode }), Date.now())
        .filter((one) => one.place.line === place.line)
        .map(({ vendor }) => vendor),
    );
    expect(vendors.size).toBeGreaterThan(1);
    expect(expectTruth(person, shown)).toBeGreaterThan(0);
    const hosts = shown.flatMap(({ slots }) =>
      slots.map(({ link }) => (link === '' ? '' : new URL(link).host)),
    );
    expect(new Set(hosts.filter((host) => host !== '')).size).toBe(vendors.size);
  });
});

describe('slots', () => {
  it.each([['Indian/Reunion'], ['America/Cayenne']])(
    'AC-14 AC-15 at a card in %s land on its own days',
    async (zone) => {
      const some = people(({ places }) => places[0].town.zone === zone);
      expect(some.length).toBeGreaterThan(0);
      const { shown } = await askLot(cardsOf(some));
      const count = some.reduce((sum, person) => sum + expectTruth(person, shown), 0);
      expect(count).toBeGreaterThan(0);
      const columns = new Set(shown.flatMap(({ slots }) => slots.map(({ column }) => column)));
      expect(columns.size).toBeGreaterThan(1);
    },
  );

  it('AC-16 lead to the vendor’s page, which opens without token or referrer', async () => {
    const { shown } = await askLot(cardsOf(PERSONS.slice(0, 12)));
    const links = new Set(
      shown.flatMap(({ slots }) => slots.map(({ link }) => link)).filter((link) => link !== ''),
    );
    const agent = new Agent({ ca: await readFile(system.pki.caFile, 'utf8') });
    for (const link of [...links].slice(0, 10)) {
      expect(new URL(link).searchParams.getAll('origin')).toEqual(['sas']);
      const landed = await get(link, agent);
      expect(landed.status).toBe(200);
    }
    agent.destroy();
    expect(links.size).toBeGreaterThan(5);
  });

  it('AC-19 are those of a card with an ADELI number only', async () => {
    const some = people(({ identifier }) => identifier.startsWith('0'));
    const { shown } = await askLot(cardsOf(some.slice(0, 5)));
    const count = some.slice(0, 5).reduce((sum, person) => sum + expectTruth(person, shown), 0);
    expect(count).toBeGreaterThan(0);
  });

  it('AC-19 of a CPTS are ordinary ones of its practitioners, each vendor asked once', async () => {
    const members = people(({ communities }) => communities.length > 0).slice(0, 10);
    const { shown } = await askLot(cardsOf(members));
    for (const person of members) expectTruth(person, shown);
    const urls = system.vendors.flatMap((vendor) => vendor.state().requests.map(({ url }) => url));
    expect(urls).toHaveLength(system.vendors.length);
    for (const url of urls) expect(url).toContain('_include=Slot:service-type-reference');
    // Some of them would not be seen without it.
    const hidden = members.flatMap(({ identifier }) =>
      system.vendors.flatMap(({ practice }) => {
        const known = practice.directory.practitioners.find((one) => one.person.identifier === identifier);
        const within = { fromMs: Date.now() + MARGIN_MS, toMs: Date.now() + DAY_MS };
        return (known?.roles ?? []).flatMap((role) => practice.list(role, within, true));
      }),
    );
    expect(
      hidden.some(({ state, kinds }) => state === 'free' && kinds.every((kind) => kind === 'CPTS')),
    ).toBe(true);
  });

  it('AC-18 of two places of one SOS association go to their own cards; other SIRET are asked of nobody', async () => {
    const admin = await signToken(system.state, 'admin');
    const isKnown = (siret: string): boolean =>
      system.vendors.some(({ practice }) => practice.directory.findAssociation(siret) !== undefined);
    const rank = ASSOCIATIONS.findIndex(({ points, siret }) => points.length > 1 && isKnown(siret));
    const { siret, points } = ASSOCIATIONS[rank]!;
    await system.fetch('/admin/front/sos', {
      method: 'PUT',
      headers: { Authorization: `Bearer ${admin}` },
      body: JSON.stringify({ associations: [{ siret: siret.slice(1), name: 'SOS' }] }),
    });
    const cards: FrontCards = {
      ...Object.fromEntries(points.map((_, order) => [String(900 + order), associationCard(rank, order)])),
      990: { siret: '99900000900017', cp: '76000' },
      991: { ...cardOf(people(() => true)[0]!), siret: '99900000900025' },
    };
    const { shown, entries } = await askLot(cards);
    const nowMs = Date.now();
    for (const [order, { place }] of points.entries()) {
      const zone = zoneOf({ cp: place.town.postalCode });
      const held = truth(siret, zone, nowMs).filter((one) => one.place.line === place.line);
      const starts = held.flatMap((one) => one.starts);
      expect(shownStarts(shown, String(900 + order), nowMs)).toEqual(later(starts, nowMs));
      expect(held.length).toBeGreaterThan(0);
      expect(entries[String(900 + order)]).toMatchObject({
        action: 'update',
        practitioner: { lastname: '' },
      });
    }
    const asked = system.vendors.flatMap((vendor) =>
      vendor
        .state()
        .requests.flatMap(({ url }) =>
          url.startsWith('/fhir/Schedule') ? (url.match(/%7C3\d{14}/g) ?? []) : [],
        ),
    );
    expect(new Set(asked)).toEqual(new Set([`%7C${siret}`]));
  });
});

interface Dashboard {
  readonly nationalId: string;
  readonly locations: readonly {
    readonly rppsRang: string | null;
    readonly siret: string | null;
    readonly finess: string | null;
    readonly line: string;
    readonly phones: readonly string[];
    readonly schedule: {
      readonly days: readonly {
        readonly day: string;
        readonly slots: readonly {
          start: string;
          end: string;
          consultationTypes: readonly string[];
          reservationLink: string;
        }[];
      }[];
    };
  }[];
}

describe('getSlots', () => {
  const dashboard = async (cards: unknown[]): Promise<Dashboard[]> => {
    const body = { searchZone: '', searchCounties: [], searchType: 'filtered', practitionerCards: cards };
    const reply = await inTime(() =>
      front.asBrowser('/v1/dashboard/getSlots', token, { method: 'POST', body }),
    );
    expect(reply.status).toBe(200);
    return jsonOf<Dashboard[]>(reply);
  };
  const addressOf = (person: Person, order: number): unknown => {
    const { cp, address, rpps_rang, ...card } = cardOf(person, order);
    return {
      nid: cardId(PERSONS.indexOf(person), order),
      zipcode: cp,
      line: address ?? '',
      rppsRang: rpps_rang,
      ...card,
      latitude: null,
      longitude: null,
    };
  };

  it('AC-21 gives one location per vendor and place, with what the agendas hold', async () => {
    const person = people(
      ({ places, identifier }, { freeAt }) =>
        places.length > 1 && freeAt.length > 1 && identifier.startsWith('8'),
    )[0]!;
    const [first, ...others] = await dashboard(person.places.map((_, order) => addressOf(person, order)));
    expect(others).toEqual([]);
    expect(first?.nationalId).toBe(person.identifier);
    const nowMs = Date.now();
    const held = person.places.flatMap((place) =>
      truth(person.identifier, zoneOf({ cp: place.town.postalCode }), nowMs)
        .filter((one) => one.place.line === place.line && later(one.starts, nowMs).length > 0)
        .map(({ starts }) => [place.line, later(starts, nowMs)]),
    );
    const told = first?.locations.map(({ line, schedule }) => [
      line,
      later(
        schedule.days.flatMap(({ slots }) => slots.map(({ start }) => start)),
        nowMs,
      ),
    ]);
    const sorted = (list: unknown): string[] => (list as unknown[]).map((one) => JSON.stringify(one)).sort();
    expect(sorted(told)).toEqual(sorted(held));
    for (const { schedule, rppsRang, siret, finess, phones } of first?.locations ?? []) {
      expect([rppsRang, siret, finess].filter((id) => id !== null)).toHaveLength(1);
      expect(Array.isArray(phones)).toBe(true);
      for (const { day, slots } of schedule.days) {
        expect(day).toMatch(/^\d\d\/\d\d\/\d{4}$/);
        for (const one of slots) {
          expect(one).toMatchObject({
            start: expect.any(String),
            end: expect.any(String),
            consultationTypes: expect.any(Array),
          });
        }
      }
    }
  });

  it('AC-21 gives [] for cards without national id, for an unknown practitioner and when vendors are down', async () => {
    const person = people(({ identifier }) => identifier.startsWith('8'))[0]!;
    expect(await dashboard([])).toEqual([]);
    expect(
      await dashboard([{ nid: '1', rpps: '', adeli: '', zipcode: '76000', line: '', phone: [] }]),
    ).toEqual([]);
    expect(await dashboard([{ nid: '1', rpps: '99900999999' }])).toEqual([]);
    for (const vendor of system.vendors) vendor.setFaults('status-500');
    expect(await dashboard([addressOf(person, 0)])).toEqual([]);
  });

  it('refuses a body without practitionerCards with code and message', async () => {
    const reply = await front.asBrowser('/v1/dashboard/getSlots', token, { method: 'POST', body: {} });
    expect(reply.status).toBe(400);
    expect(jsonOf(reply)).toEqual({ code: 400, message: 'practitionerCards attend une liste.' });
  });
});
