// The three days that the front shows, and what a slot looks like in both calls: clock passed in.
import { describe, expect, it } from 'vitest';
import { zoneOfCounty } from '../../../worker/base/calendar/zones.ts';
import { windowOf } from '../../../worker/front/slots/card-search.ts';
import { type Card, readLot } from '../../../worker/front/slots/cards.ts';
import { countyOfPostalCode, lastDayEnds } from '../../../worker/front/slots/county.ts';
import { writePractitioners } from '../../../worker/front/slots/dashboard-locations.ts';
import type { FoundSubject } from '../../../worker/front/slots/places.ts';
import { slotLister } from '../../../worker/front/slots/slot-list.ts';
import {
  breachesOf,
  type FrontCards,
  type FrontEntries,
  serverLot,
} from '../../support/doubles/front-client.ts';
import { DIRECT_LINKS, entriesOf, foundOf, type Pages } from '../../support/oracles/front-found.ts';
import {
  answer,
  bundle,
  contained,
  type Json,
  NOW,
  practitioner,
  RPPS,
  role,
  schedule,
  slot,
} from '../../support/samples/vendor-bundle.ts';

const iso = (ms: number): string => new Date(ms).toISOString();
const cards = (sent: FrontCards): readonly Card[] => readLot(serverLot(sent)).cards;

describe('the last of the three days', () => {
  it.each([
    ['Europe/Paris', '2026-11-24T08:00:00Z', '2026-11-26T22:59:59.999Z'],
    ['Europe/Paris', '2026-11-24T22:59:59Z', '2026-11-26T22:59:59.999Z'],
    ['Europe/Paris', '2026-11-24T23:00:00Z', '2026-11-27T22:59:59.999Z'],
    // The night of 25 October 2026 has 25 hours, that of 28 March 2027 has 23.
    ['Europe/Paris', '2026-10-23T12:00:00Z', '2026-10-25T22:59:59.999Z'],
    ['Europe/Paris', '2026-10-24T21:59:59Z', '2026-10-26T22:59:59.999Z'],
    ['Europe/Paris', '2027-03-26T12:00:00Z', '2027-03-28T21:59:59.999Z'],
    ['Indian/Reunion', '2026-11-24T19:59:59Z', '2026-11-26T19:59:59.999Z'],
    ['Indian/Reunion', '2026-11-24T20:00:00Z', '2026-11-27T19:59:59.999Z'],
    ['America/Cayenne', '2026-11-25T02:00:00Z', '2026-11-27T02:59:59.999Z'],
    ['Pacific/Noumea', '2026-11-24T13:00:00Z', '2026-11-27T12:59:59.999Z'],
    ['Pacific/Tahiti', '2026-11-24T13:00:00Z', '2026-11-27T09:59:59.999Z'],
    ['America/Miquelon', '2026-07-24T13:00:00Z', '2026-07-27T01:59:59.999Z'],
  ])('in %s at %s ends at %s', (zone, now, end) => {
    expect(iso(lastDayEnds(Date.parse(now))(zone))).toBe(end);
  });
});

describe('a postal code', () => {
  it.each([
    ['42000', '42', 'Europe/Paris'],
    ['20000', '2A', 'Europe/Paris'],
    ['20167', '2A', 'Europe/Paris'],
    ['20200', '2B', 'Europe/Paris'],
    ['20600', '2B', 'Europe/Paris'],
    ['01000', '01', 'Europe/Paris'],
    ['97139', '971', 'America/Guadeloupe'],
    ['97400', '974', 'Indian/Reunion'],
    ['97500', '975', 'America/Miquelon'],
    ['97600', '976', 'Indian/Mayotte'],
    ['98600', '986', 'Pacific/Wallis'],
    ['98714', '987', 'Pacific/Tahiti'],
    ['98800', '988', 'Pacific/Noumea'],
    ['', '', 'Europe/Paris'],
    ['2A000', '', 'Europe/Paris'],
  ])('%s is of %s, by the clock of %s', (postalCode, county, zone) => {
    expect(countyOfPostalCode(postalCode)).toBe(county);
    expect(zoneOfCounty(county)).toBe(zone);
  });
});

describe('the window', () => {
  it('goes from now to the end of the day after next where that comes last, at most 72 hours', () => {
    const nowMs = Date.parse('2026-11-24T08:00:00Z');
    expect(windowOf(cards({ 1: { cp: '42000' } }), nowMs)).toEqual({
      fromMs: nowMs,
      toMs: Date.parse('2026-11-26T22:59:59.999Z'),
    });
    const far = cards({ 1: { cp: '42000' }, 2: { cp: '97400' }, 3: { cp: '97300' } });
    expect(iso(windowOf(far, nowMs).toMs)).toBe('2026-11-27T02:59:59.999Z');
    const night = Date.parse('2026-10-24T22:30:00Z');
    expect(iso(windowOf(cards({ 1: { cp: '42000' } }), night).toMs)).toBe('2026-10-27T22:30:00.000Z');
    expect(windowOf([], nowMs)).toEqual({ fromMs: nowMs, toMs: nowMs });
  });
});

const CARD = { rpps: RPPS.slice(1), cp: '81000', address: '1 RUE IMAGINAIRE', phone: ['05 61 00 00 09'] };
const LOT = serverLot({ 810001: CARD });

const entries = (pages: Pages, lot: unknown = LOT, nowMs = NOW): FrontEntries =>
  entriesOf(pages, lot, { nowMs }) as FrontEntries;
const startsOf = (all: FrontEntries): string[] =>
  Object.values(all).flatMap(({ slot: days }) =>
    Object.entries(days).flatMap(([day, list]) => list.map(({ start }) => `${day} ${start}`)),
  );
const at = (start: string, minutes = 20, over: Json = {}): Json =>
  slot({
    id: `slot-${start}`,
    start,
    end: new Date(Date.parse(start) + minutes * 60_000).toISOString(),
    ...over,
  });

describe('an entry', () => {
  it('is what the front reads, and nothing else', () => {
    const all = entries({ 'agenda-a': answer([slot()]) });
    expect(all).toEqual({
      810001: {
        action: 'update',
        id: expect.any(Number) as number,
        id_structure: { rpps: RPPS, adeli: '', finess: '1990000999', siret: '', rpps_rang: '' },
        address: { line: '1 rue Imaginaire', cp: '81000', city: 'Albi', country: 'FRA' },
        practitioner: {
          profession: '',
          lastname: 'Fictive',
          firstname: 'Ada',
          phone: '+33561000001',
          specialities: [],
        },
        slot: {
          '24-11': [
            {
              slot_status: 'free',
              start: '2026-11-24T09:00:00.000+00:00',
              end: '2026-11-24T09:20:00.000+00:00',
              consultation_type: ['AMB'],
              slot_reservation_link: 'https://agenda.example/rdv/1?origin=sas',
            },
          ],
        },
      },
    });
    expect(breachesOf({ 810001: CARD }, all, NOW)).toEqual([]);
  });

  it('AC-14 puts a slot at 23:45Z under its UTC day, with an offset', () => {
    expect(startsOf(entries({ 'agenda-a': answer([at('2026-11-25T00:45:00.000+01:00')]) }))).toEqual([
      '24-11 2026-11-24T23:45:00.000+00:00',
    ]);
  });

  it('AC-14 tells the two 02:30 of the night of the clock change apart, in order', () => {
    const nowMs = Date.parse('2026-10-24T20:00:00Z');
    const page = answer([at('2026-10-25T02:30:00.000+01:00'), at('2026-10-25T02:30:00.000+02:00')]);
    expect(startsOf(entries({ 'agenda-a': page }, LOT, nowMs))).toEqual([
      '25-10 2026-10-25T00:30:00.000+00:00',
      '25-10 2026-10-25T01:30:00.000+00:00',
    ]);
  });

  it.each([
    ['42000', ['2026-11-26T22:45:00.000+00:00'], '2026-11-26T23:00:00.000+00:00'],
    ['97400', ['2026-11-26T19:45:00.000+00:00'], '2026-11-26T20:00:00.000+00:00'],
    ['97300', ['2026-11-27T02:45:00.000+00:00'], '2026-11-27T03:00:00.000+00:00'],
  ])('AC-14 AC-15 shows a card at %s its own third day to the end, and no more', (cp, last, first) => {
    const place = role({
      contained: [contained({ address: { line: ['1 rue Imaginaire'], city: 'Là', postalCode: cp } })],
    });
    const page = bundle([...[...last, first].map((start) => at(start)), schedule(), practitioner(), place]);
    expect(
      startsOf(entries({ 'agenda-a': page }, serverLot({ 810001: { ...CARD, cp } }))).map((text) =>
        text.slice(6),
      ),
    ).toEqual(last);
  });

  it('AC-15 merges two vendors at one place, and shows no slot twice', () => {
    const same = answer([
      slot(),
      slot({ id: 'slot-2', start: '2026-11-24T11:00:00.000+01:00', end: '2026-11-24T11:20:00.000+01:00' }),
    ]);
    const other = answer([
      slot({ comment: undefined }),
      slot({ id: 'b', start: '2026-11-24T11:00:00.000+01:00', end: '2026-11-24T11:20:00.000+01:00' }),
      slot({ id: 'c', start: '2026-11-24T10:10:00.000+01:00', end: '2026-11-24T10:30:00.000+01:00' }),
    ]);
    const all = entries({ 'agenda-a': same, 'agenda-b': other });
    expect(Object.keys(all)).toEqual(['810001']);
    expect(
      all['810001']?.slot['24-11']?.map((one) => `${one.start.slice(11, 16)} ${one.slot_reservation_link}`),
    ).toEqual([
      '09:00 https://agenda.example/rdv/1?origin=sas',
      '09:00 ',
      '09:10 https://agenda.example/rdv/1?origin=sas',
      '10:00 https://agenda.example/rdv/1?origin=sas',
    ]);
  });

  it('joins the consultations of one hour that a vendor sends twice', () => {
    const types = (code: string): Json => ({
      serviceType: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code }] }],
    });
    const all = entries({ 'agenda-a': answer([slot(types('VR')), slot({ id: 'b', ...types('AMB') })]) });
    expect(all['810001']?.slot['24-11']?.map((one) => one.consultation_type)).toEqual([['VR', 'AMB']]);
  });

  it('names specialties by display or text, and leaves out bare codes and what is no consultation', () => {
    const page = answer([
      slot({
        serviceType: [{ text: 'Vaccination' }],
        specialty: [
          { coding: [{ code: 'SM54', display: 'Qualifié en médecine générale' }] },
          { coding: [{ code: 'SM05' }], text: 'Chirurgie' },
          { coding: [{ code: 'SM40' }] },
          { text: 'Acupuncture' },
        ],
      }),
    ]);
    const entry = entries({ 'agenda-a': page })['810001'];
    expect([...(entry?.practitioner.specialities ?? [])].sort()).toEqual([
      'Acupuncture',
      'Chirurgie',
      'Qualifié en médecine générale',
    ]);
    expect(entry?.slot['24-11']?.[0]?.consultation_type).toEqual([]);
  });

  it('gives no link to a slot one walks into', () => {
    const walkIn = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0276', code: 'WALKIN' }] };
    const all = entries({ 'agenda-a': answer([slot({ appointmentType: walkIn })]) });
    expect(all['810001']?.slot['24-11']?.[0]?.slot_reservation_link).toBe('');
  });

  it('AC-09 keeps the card’s number when no vendor has one', () => {
    const silent = bundle([slot(), schedule(), practitioner(), role({ telecom: [] })]);
    expect(entries({ 'agenda-a': silent })['810001']?.practitioner.phone).toBe('05 61 00 00 09');
    const known = bundle([
      slot(),
      schedule(),
      practitioner({ telecom: [{ system: 'phone', value: '0561000003' }] }),
      role({ telecom: [] }),
    ]);
    expect(entries({ 'agenda-a': known })['810001']?.practitioner.phone).toBe('+33561000003');
    const all = entries({ 'agenda-a': silent }, serverLot({ 810001: { rpps: CARD.rpps, cp: '42000' } }));
    expect(Object.values(all).map(({ practitioner: { phone } }) => phone)).toEqual(['', '']);
  });

  it('AC-12 has one id whichever vendors answered', () => {
    const sent = serverLot({ 810001: { rpps: CARD.rpps, cp: '42000' } });
    const one = answer([slot()]);
    const a = entries({ 'agenda-a': one }, sent);
    const both = entries({ 'agenda-b': one, 'agenda-a': one }, sent);
    expect(Object.entries(both).map(([key, { id }]) => [key, id])).toEqual(
      Object.entries(a).map(([key, { id }]) => [key, id]),
    );
    expect(Object.keys(a)).toEqual(['810001', expect.stringMatching(/^c-810001-[0-9a-z]+$/)]);
  });
});

describe('a practitioner of the dashboard', () => {
  const practitioners = (own: FoundSubject[]): unknown[] =>
    writePractitioners(own, new Set(), slotLister(DIRECT_LINKS, NOW));
  const locations = (own: FoundSubject[]): Json[] =>
    (practitioners(own) as { locations: Json[] }[]).flatMap((one) => one.locations);

  it('AC-21 has one location per vendor, with ids null unless an address has the same', () => {
    const page = answer([slot()]);
    const own = foundOf({ 'agenda-a': page, 'agenda-b': page }, LOT);
    expect(practitioners(own)).toMatchObject([
      { nationalId: RPPS, firstname: 'Ada', lastname: 'Fictive', isRegistered: true },
    ]);
    expect(locations(own)).toHaveLength(2);
    expect(locations(own)[0]).toEqual({
      rppsRang: null,
      siret: null,
      finess: null,
      latitude: null,
      longitude: null,
      line: '1 rue Imaginaire',
      zipCode: '81000',
      city: 'Albi',
      country: 'France',
      phones: ['+33561000001'],
      schedule: {
        days: [
          {
            day: '24/11/2026',
            slots: [
              {
                slotStatus: 'free',
                start: '2026-11-24T09:00:00.000+00:00',
                end: '2026-11-24T09:20:00.000+00:00',
                consultationType: ['AMB'],
                consultationTypes: ['AMB'],
                specialties: [],
                reservationLink: 'https://agenda.example/rdv/1?origin=sas',
              },
            ],
          },
        ],
      },
    });
    const sent = { 1: { rpps: CARD.rpps, finess: '990000998' }, 2: { rpps: CARD.rpps, finess: '990000999' } };
    const known = foundOf({ 'agenda-a': page }, serverLot(sent));
    expect(locations(known)[0]).toMatchObject({ finess: '990000999', siret: null, rppsRang: null });
  });

  it('AC-21 is matched by the number that its vendor made up, when the address has it', () => {
    const own = role({ organization: { identifier: { value: '9000000101' } } });
    const page = bundle([slot(), schedule(), practitioner(), own]);
    const sent = { 1: { rpps: CARD.rpps, rpps_rang: '9000000101' } };
    expect(locations(foundOf({ 'agenda-a': page }, serverLot(sent)))[0]).toMatchObject({
      rppsRang: '9000000101',
      finess: null,
    });
  });
});
