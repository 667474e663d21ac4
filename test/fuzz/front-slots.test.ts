// Whatever vendors answer and cards ask, the answer of PractitionerSlots never breaks the front's lot: AC-07 to AC-12,
// AC-15 and AC-16 hold, nobody disappears, and no slot that may be shown is lost. Replay with FUZZ_SEED=n.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writePractitioners } from '../../worker/front/slots/dashboard-locations.ts';
import { slotLister } from '../../worker/front/slots/slot-list.ts';
import {
  breachesOf,
  browserLot,
  dayIn,
  type FrontCard,
  type FrontCards,
  type FrontEntries,
  mergeLot,
  serverLot,
  zoneOf,
} from '../support/doubles/front-client.ts';
import { DIRECT_LINKS, entriesOf, foundOf } from '../support/oracles/front-found.ts';
import {
  bundle,
  contained,
  type Json,
  NOW,
  practitioner,
  role,
  SIRET,
  schedule,
  slot,
  sosAnswer,
} from '../support/samples/vendor-bundle.ts';
import { drawn, SEED } from '../support/seed.ts';

const RUNS = drawn(600);
const RPPS = ['899900000017', '899900000025', '0990000012'] as const;
const HOUR_MS = 3_600_000;

const lines = fc.constantFrom(
  '2 Place du Marché',
  '2, PL DU MARCHE',
  '70 rue Jean Jaurès',
  '1 rue Imaginaire',
  '-',
);
const codes = fc.constantFrom('42000', '42300', '69003', '97400', '97300', '20167', '98800');
const phones = fc.constantFrom('04 77 00 00 01', '+33477000001', '05 61 00 00 09', '15', '');
const structures = fc.constantFrom(
  '1420000999',
  '420000999',
  '399900000100071',
  '9000000101',
  'interne-7',
  '',
);

const times = fc
  .tuple(fc.integer({ min: -2, max: 100 * 4 }), fc.constantFrom(15, 20, 60, 24 * 60))
  .map(([quarter, minutes]) => {
    const startMs = NOW + quarter * (HOUR_MS / 4);
    return {
      start: new Date(startMs).toISOString(),
      end: new Date(startMs + minutes * 60_000).toISOString(),
    };
  });
const comments = fc.constantFrom<string | undefined>(
  'https://agenda.example/rdv/1',
  'https://agenda.example/rdv?origin=x&a=1#b',
  'javascript:alert(1)',
  'pas un lien',
  undefined,
);
const serviceTypes = fc.constantFrom<unknown>(
  [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' }] }],
  [{ coding: [{ code: 'vr' }, { code: 'HH' }], text: 'Suivi' }],
  [{ text: 'Vaccination' }],
  [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: null }] }],
  [],
  null,
);

interface VendorPlace {
  readonly who: number;
  readonly line: string;
  readonly cp: string;
  readonly phone: string;
  readonly structure: string;
  readonly slots: readonly Json[];
}
const vendorPlace = fc.record({
  who: fc.nat(2),
  line: lines,
  cp: codes,
  phone: phones,
  structure: structures,
  slots: fc.array(
    fc
      .record({ times, comment: comments, serviceType: serviceTypes })
      .map(({ times: own, ...rest }) => ({ ...own, ...rest })),
    { maxLength: 8 },
  ),
});
const page = fc
  .array(vendorPlace, { maxLength: 5 })
  .map((places) => bundle(places.flatMap((place, rank) => resourcesOf(place, rank))));

function resourcesOf({ who, line, cp, phone, structure, slots }: VendorPlace, rank: number): Json[] {
  const schedules = { reference: `Schedule/s-${rank}` };
  return [
    ...slots.map((one, order) => slot({ id: `slot-${rank}-${order}`, schedule: schedules, ...one })),
    schedule({
      id: `s-${rank}`,
      actor: [{ reference: `Practitioner/p-${who}` }, { reference: `PractitionerRole/r-${rank}` }],
    }),
    practitioner({
      id: `p-${who}`,
      identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.1', value: RPPS[who] }],
    }),
    role({
      id: `r-${rank}`,
      contained: [contained({ address: { line: [line], city: 'Ville', postalCode: cp } })],
      organization: { identifier: { value: structure } },
      telecom: [{ system: 'phone', value: phone }],
    }),
  ];
}

const card = fc.record(
  {
    rpps: fc.constantFrom('99900000017', '99900000025', '899900000017', '99900999999', 'x', ''),
    adeli: fc.constantFrom('990000012', ''),
    finess: fc.constantFrom('420000999', ''),
    siret: fc.constantFrom('99900000100071', ''),
    rpps_rang: fc.constantFrom('9000000101', ''),
    cp: fc.oneof(codes, fc.constant('')),
    address: lines,
    phone: fc.oneof(fc.array(phones, { maxLength: 2 }), phones),
    latitude: fc.constantFrom('45.439695', '', 'x'),
    longitude: fc.constantFrom('4.387178', '', 'x'),
  },
  { requiredKeys: [] },
);
const cards: fc.Arbitrary<FrontCards> = fc
  .array(
    fc.tuple(
      fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 1, max: 9_999_999 }).map(String) },
        { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', '', '007') },
      ),
      card,
    ),
    { maxLength: 25 },
  )
  .map((list) => Object.fromEntries(list) as Record<string, FrontCard>);
const zones = fc.constantFrom('', '', '42', '974', '2A');

/** Every node of a JSON tree as the holder and key under which it stands. */
function nodesOf(value: unknown, found: [Json, string][] = []): [Json, string][] {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push([value as Json, key]);
    nodesOf((value as Json)[key], found);
  }
  return found;
}
const hostile = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    '',
    '\ud800',
    '__proto__',
    'a'.repeat(5_000),
    1e308,
    [],
    {},
    [[]],
    [null],
    null,
    'x\u0000y',
    '2026-02-30T00:00:00.000+01:00',
  ),
);
const changes = fc.array(fc.tuple(fc.nat(), hostile), { maxLength: 4 });

function disturb(sound: Json, changed: readonly (readonly [number, unknown])[]): Json {
  const page = structuredClone(sound);
  for (const [at, value] of changed) {
    const nodes = nodesOf(page);
    const [holder, key] = nodes[at % Math.max(1, nodes.length)] ?? [];
    if (holder !== undefined && key !== undefined) holder[key] = structuredClone(value);
  }
  return page;
}

/** As JSON carries it. */
const sentAs = (answer: unknown): unknown => JSON.parse(JSON.stringify(answer)) as unknown;

/** What the front would show, after every check. */
function expectSound(sent: FrontCards, lot: unknown, answer: unknown): number {
  expect(breachesOf(sent, answer, NOW)).toEqual([]);
  const shown = mergeLot(sent, answer, NOW);
  const left = new Set(shown.map((one) => one.card));
  const whoIs = ({ rpps = '', adeli = '' }: FrontCard): string => rpps.replace(/^8/, '') || adeli;
  const people = new Set([...left].map((id) => whoIs(sent[id] ?? {})));
  for (const [id, own] of Object.entries(sent)) {
    if (!left.has(id)) expect(people, `AC-11 ${JSON.stringify(lot)}`).toContain(whoIs(own));
  }
  return shown.reduce((sum, { slots }) => sum + slots.length, 0);
}

describe(`with seed ${SEED}`, () => {
  it('answers nothing that breaks the lot, whatever the cards and the vendors', () => {
    let shown = 0;
    fc.assert(
      fc.property(
        cards,
        zones,
        fc.boolean(),
        fc.array(fc.tuple(page, changes), { maxLength: 3 }),
        (sent, zone, isServer, vendors) => {
          const lot = isServer ? serverLot(sent) : browserLot(sent, zone);
          const pages = Object.fromEntries(
            vendors.map(([sound, changed], rank) => [`agenda-${rank}`, disturb(sound, changed)]),
          );
          shown += expectSound(sent, lot, sentAs(entriesOf(pages, lot)));
          const dashboard = writePractitioners(foundOf(pages, lot), new Set(), slotLister(DIRECT_LINKS, NOW));
          expect(JSON.stringify(dashboard)).not.toMatch(/undefined|"days":null/);
        },
      ),
      { seed: SEED, numRuns: RUNS },
    );
    expect(shown).toBeGreaterThan(100);
  });

  it('loses no slot of the three days when no département limits the search', () => {
    let expected = 0;
    fc.assert(
      fc.property(cards, fc.array(page, { minLength: 1, maxLength: 3 }), (sent, vendors) => {
        const pages = Object.fromEntries(vendors.map((one, rank) => [`agenda-${rank}`, one]));
        const lot = serverLot(sent);
        const answer = sentAs(entriesOf(pages, lot)) as FrontEntries;
        for (const { cards: own, places } of foundOf(pages, lot)) {
          // What every card of this practitioner would show.
          const ids = new Set(own.map(({ id }) => id));
          const starts = places.flatMap(({ offer }) => offer.slots.map(([, , start]) => Date.parse(start)));
          const inAll = starts.filter((startMs) =>
            own.every(({ postalCode }) => isInThreeDays(postalCode, startMs)),
          );
          const there = new Set(
            Object.entries(answer)
              .filter(([key, { nid }]) => ids.has(key) || ids.has(String(nid)))
              .flatMap(([, { slot: days }]) => Object.values(days).flat())
              .map(({ start }) => Date.parse(start)),
          );
          expected += inAll.length;
          for (const startMs of inAll) expect(there).toContain(startMs);
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(expected).toBeGreaterThan(100);
  });

  it('answers for associations as it does for practitioners', () => {
    let shown = 0;
    const sos = fc
      .tuple(fc.array(times, { maxLength: 6 }), lines, codes, changes)
      .map(([slots, line, cp, changed]) =>
        disturb(
          sosAnswer(
            slots.map((own, order) => slot({ id: `slot-${order}`, ...own })),
            { location: { address: { line: [line], city: 'Ville', postalCode: cp } } },
          ),
          changed,
        ),
      );
    const points = fc
      .array(
        fc.tuple(
          fc.integer({ min: 1, max: 9_999 }).map(String),
          fc.record({
            siret: fc.constantFrom(SIRET.slice(1), '99900000100089'),
            cp: codes,
            address: lines,
            phone: phones,
          }),
        ),
        { minLength: 1, maxLength: 6 },
      )
      .map((list) => Object.fromEntries(list) as Record<string, FrontCard>);
    fc.assert(
      fc.property(points, zones, fc.array(sos, { minLength: 1, maxLength: 2 }), (sent, zone, vendors) => {
        const lot = browserLot(sent, zone);
        const pages = Object.fromEntries(vendors.map((one, rank) => [`agenda-${rank}`, one]));
        const answer = sentAs(entriesOf(pages, lot, { flow: 'SOS', sos: [SIRET] }));
        expect(breachesOf(sent, answer, NOW)).toEqual([]);
        shown += mergeLot(sent, answer, NOW).reduce((sum, { slots }) => sum + slots.length, 0);
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(shown).toBeGreaterThan(100);
  });
});

function isInThreeDays(cp: string, startMs: number): boolean {
  const zone = zoneOf({ cp });
  const days = [0, 1, 2].map((ahead) => dayIn(zone, NOW + ahead * 24 * HOUR_MS).date);
  return days.includes(dayIn(zone, startMs).date);
}
