// PractitionerSlots at the two host names of docs/guide.md G-935, as a search page and the directory page behind a
// card's link ask it: AC-08, AC-12 to AC-14 of docs/guide.md § 10. The night of the clock change is in
// test/unit/front/slots-days.test.ts alone: the edge's clock is the runtime's own, and cannot be set from here as the
// vendors' can.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PERSONS } from '../../../sandbox/vendors/world/world.ts';
import { FrontCaller, type FrontReply, inTime, jsonOf } from '../../support/doubles/front-caller.ts';
import {
  breachesOf,
  browserLot,
  columnsOf,
  dayIn,
  type FrontCards,
  type FrontEntries,
  mergeLot,
  openPage,
  serverLot,
  zoneOf,
} from '../../support/doubles/front-client.ts';
import { cardId, cardOf, cardsOf } from '../../support/samples/front-cards.ts';
import { peopleOf } from '../../support/samples/people.ts';
import {
  bundle,
  contained,
  practitioner,
  role,
  schedule,
  slot,
} from '../../support/samples/vendor-bundle.ts';
import { System } from '../../support/scenes/system.ts';
import { untilHourLasts } from '../../support/wait/hour.ts';

const PATH = '/v1/PractitionerSlots';
const BROWSERS = { Host: 'front.example' };
const SERVER = { Host: 'server.example' };
let system: System;
let front: FrontCaller;
let token: string;

beforeAll(async () => {
  system = await System.start({
    settings: { FRONT_BROWSER_HOSTS: BROWSERS.Host, FRONT_SERVER_HOSTS: `${SERVER.Host} 127.0.0.1` },
  });
  front = new FrontCaller(() => system.url);
  token = await front.token();
});
afterAll(() => system?.stop());
beforeEach(async () => {
  for (const vendor of system.vendors) vendor.reset();
  await untilHourLasts();
});

const atBrowsers = (body: unknown): Promise<FrontReply> =>
  front.asBrowser(PATH, token, { method: 'POST', body, headers: BROWSERS });
const atServer = (body: unknown): Promise<FrontReply> =>
  front.asServer(PATH, { method: 'POST', body, headers: SERVER });

async function askLot(cards: FrontCards): Promise<FrontEntries> {
  const reply = await inTime(() => atBrowsers(browserLot(cards)));
  expect(reply.status).toBe(200);
  const entries = jsonOf<FrontEntries>(reply);
  expect(breachesOf(cards, entries, Date.now())).toEqual([]);
  return entries;
}

/** As the directory page sends them: the whole address in one line. */
function pageCards(cards: FrontCards): FrontCards {
  return Object.fromEntries(
    Object.entries(cards).map(([id, { latitude: _, longitude: __, ...card }]) => {
      const [person, order] = [PERSONS[Math.floor((Number(id) - 810_000) / 10)], (Number(id) - 810_000) % 10];
      const place = person?.places[order];
      const address = `${place?.line}, ${place?.town.postalCode} ${place?.town.city}`;
      return [id, { ...card, address }];
    }),
  );
}

it('has two doors', async () => {
  const exist = (headers: Record<string, string>) =>
    front.asServer('/v1/practitioner/123456789/exist', { headers });
  expect([(await exist(BROWSERS)).status, (await exist(SERVER)).status]).toEqual([404, 200]);
});

describe('AC-12 a place', () => {
  const known = () => peopleOf(system.vendors).filter(({ full, freeAt }) => !full && freeAt.length > 0);

  it('that the search shows is first on the page behind its link, whichever of them it is', async () => {
    const people = known()
      .map(({ identifier }) => PERSONS.find((one) => one.identifier === identifier)!)
      .filter(({ places }) => places.length > 1)
      .slice(0, 8);
    let opened = 0;
    let moved = 0;
    for (const person of people) {
      const cards = cardsOf([person]);
      const searched = await askLot(cards);
      const page = jsonOf<FrontEntries>(await atServer(serverLot(pageCards(cards))));
      for (const [key, { id, address, slot: days }] of Object.entries(searched)) {
        if (Object.keys(days).length === 0) continue;
        const [[firstKey, first] = []] = openPage(page, id);
        expect([firstKey, first?.id]).toEqual([key, id]);
        expect(first?.address).toEqual(address);
        expect(first?.slot).toEqual(days);
        opened += 1;
        if (openPage(page)[0]?.[0] !== key) moved += 1;
      }
    }
    expect(opened).toBeGreaterThan(people.length);
    expect(moved).toBeGreaterThan(0);
  });

  it('that the directory lacks has one id at both doors, and is first when its link is opened', async () => {
    const person = known()
      .map(({ identifier }) => PERSONS.find((one) => one.identifier === identifier)!)
      .find(({ places }) => places.length === 1)!;
    const id = cardId(PERSONS.indexOf(person));
    const lost = { ...cardOf(person, 0, 'nothing'), cp: '13001', address: '1 rue Perdue' };
    const searched = await askLot({ [id]: lost });
    const page = jsonOf<FrontEntries>(
      await atServer(serverLot({ [id]: { ...lost, address: '1 rue Perdue, 13001 Marseille' } })),
    );
    const created = Object.entries(searched).filter(([, { action }]) => action === 'create');
    expect(created.length).toBeGreaterThan(0);
    for (const [key, entry] of created) expect(openPage(page, entry.id)[0]).toEqual([key, entry]);
  });
});

it('AC-08 nothing is null under slot, days and kinds are lists, whatever vendors send', async () => {
  const faults = ['empty-elements', 'bad-dates', 'missing-includes'];
  let slots = 0;
  for (const shift of [0, 1, 2, 3]) {
    for (const [rank, vendor] of system.vendors.entries()) {
      // In the last round all of them are well.
      vendor.setFaults(shift === 3 ? [] : (faults[(rank + shift) % faults.length] ?? ''));
    }
    for (const from of [0, 25]) {
      const entries = await askLot(cardsOf(PERSONS.slice(from + shift, from + shift + 20)));
      for (const { slot: days } of Object.values(entries)) {
        expect(JSON.stringify(days)).not.toContain('null');
        for (const day of Object.values(days)) {
          expect(Array.isArray(day)).toBe(true);
          for (const { consultation_type: types } of day) {
            expect(Array.isArray(types) && types.every((type) => typeof type === 'string')).toBe(true);
            slots += 1;
          }
        }
      }
    }
  }
  expect(slots).toBeGreaterThan(500);
});

it('AC-13 a pharmacy, a hospital and a laboratory have no entry, and are asked of no vendor', async () => {
  const blank = { rpps: '', adeli: '', finess: '', siret: '', rpps_rang: '', cp: '76000', phone: [''] };
  const cards = {
    7001: { ...blank, finess: '990000017', siret: '99900000900017', address: '1 rue des Simples' },
    7002: { ...blank, finess: '990000025' },
    7003: { ...blank, siret: '99900000900033' },
  };
  expect(await askLot(cards)).toEqual({});
  for (const vendor of system.vendors) expect(vendor.state().requests).toEqual([]);
});

describe('AC-14 a slot at 23:45Z', () => {
  const DAY_MS = 24 * 3_600_000;

  it.each([
    ['76000', 'Europe/Paris', 1],
    ['97400', 'Indian/Reunion', 1],
    ['97300', 'America/Cayenne', 0],
  ])('of a card at %s, in %s, stands under its day there', async (cp, zone, ahead) => {
    // The next one that is five minutes away; a day later where the local day is the same.
    const next = (Math.floor((Date.now() + 20 * 60_000) / DAY_MS) + 1) * DAY_MS - 15 * 60_000;
    const startMs = next + (ahead === 0 ? DAY_MS : 0);
    const at = (ms: number): string => new Date(ms).toISOString().replace('Z', '+00:00');
    const identifier = `8999000${cp}`.padEnd(12, '7');
    const page = bundle([
      slot({ start: at(startMs), end: at(startMs + 20 * 60_000) }),
      schedule(),
      practitioner({ identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.1', value: identifier }] }),
      role({
        contained: [contained({ address: { line: ['1 rue Imaginaire'], city: 'Là', postalCode: cp } })],
      }),
    ]);
    system.vendor('agenda-a').serve({ body: page });
    const card = { rpps: identifier.slice(1), cp, address: '1 rue Imaginaire', phone: [''] };
    expect(zoneOf(card)).toBe(zone);
    const nowMs = Date.now();
    const entries = await askLot({ 1: card });
    const utcDay = new Date(startMs).toISOString();
    expect(Object.entries(entries[1]?.slot ?? {}).map(([key, [one]]) => [key, one?.start])).toEqual([
      [`${utcDay.slice(8, 10)}-${utcDay.slice(5, 7)}`, at(startMs)],
    ]);
    const local = dayIn(zone, startMs);
    expect(local.date).toBe(new Date(startMs + ahead * DAY_MS).toISOString().slice(0, 10));
    const column = columnsOf(nowMs).findIndex(({ date }) => date === local.date);
    expect(mergeLot({ 1: card }, entries, nowMs)[0]?.slots.map((one) => one.column)).toEqual([column]);
    expect(column).toBeGreaterThanOrEqual(0);
  });
});
