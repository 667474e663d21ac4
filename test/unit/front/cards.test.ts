// The bodies of PractitionerSlots and getSlots as cards: both shapes, and everything that reads as unknown.
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../shared/error.ts';
import { cardsBySubject } from '../../../worker/front/slots/card-search.ts';
import { type Card, readDashboard, readLot } from '../../../worker/front/slots/cards.ts';
import { browserLot, type FrontCards, serverLot } from '../../support/doubles/front-client.ts';

const CARDS: FrontCards = {
  810001: {
    rpps: '99900000017',
    adeli: '',
    finess: '420000999',
    siret: '',
    rpps_rang: '9000000101',
    cp: '42000',
    address: '2 Place du Marché',
    phone: ['04 77 00 00 01'],
    latitude: '45.439695',
    longitude: '4.387178',
  },
  810002: {
    rpps: '',
    adeli: '',
    finess: '',
    siret: '99900000100071',
    rpps_rang: '',
    cp: '97300',
    phone: [''],
  },
};

function reasonOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (cause) {
    return cause instanceof GatewayError ? cause.reason : String(cause);
  }
}

describe('PractitionerSlots', () => {
  it('reads the browser’s list and the server’s one object alike', () => {
    const lot = readLot(browserLot(CARDS, '42'));
    expect(lot.cards).toEqual(readLot(serverLot(CARDS)).cards);
    expect(lot.cards).toEqual([
      {
        id: '810001',
        rpps: '99900000017',
        adeli: '',
        finess: '420000999',
        siret: '',
        rppsRang: '9000000101',
        postalCode: '42000',
        address: '2 Place du Marché',
        phones: ['04 77 00 00 01'],
        position: { latitude: 45.439695, longitude: 4.387178 },
        zone: 'Europe/Paris',
      },
      {
        id: '810002',
        rpps: '',
        adeli: '',
        finess: '',
        siret: '99900000100071',
        rppsRang: '',
        postalCode: '97300',
        address: '',
        phones: [],
        position: undefined,
        zone: 'America/Cayenne',
      },
    ]);
    expect(lot).toMatchObject({ counties: new Set(['42']), searchType: 'filtered' });
  });

  it.each([[[]], [[[]]], [browserLot({})], [[null, 7, 'x', { 810001: null }, { 810002: [] }]]])(
    'reads no card in %j',
    (body) => {
      expect(readLot(body).cards).toEqual([]);
    },
  );

  it.each([
    [{ phone: '04 77 00 00 01' }, { phones: ['04 77 00 00 01'] }],
    [{ phone: ['', ' ', null, 7, '04 77 00 00 01'] }, { phones: ['7', '04 77 00 00 01'] }],
    [{ latitude: '', longitude: '' }, { position: undefined }],
    [{ latitude: '0', longitude: '0.0' }, { position: undefined }],
    [{ latitude: 45.4, longitude: 4.3 }, { position: { latitude: 45.4, longitude: 4.3 } }],
    [{ latitude: '91', longitude: '4.3' }, { position: undefined }],
    [{ latitude: 'NaN', longitude: '4.3' }, { position: undefined }],
    [
      { rpps: 99900000017, cp: 42000 },
      { rpps: '99900000017', postalCode: '42000' },
    ],
    [
      { rpps: null, unknown: { deep: [] } },
      { rpps: '', address: '' },
    ],
  ])('reads %j tolerantly', (sent, read) => {
    expect(readLot([{ 1: sent }]).cards[0]).toMatchObject(read);
  });

  it.each([
    ['42', '', ['42']],
    ['2a', '', ['2A']],
    ['974', '', ['974']],
    ['1', '', ['01']],
    ['042', '', ['42']],
    ['', '', []],
    ['Loire', '', []],
    ['', ['69', '42'], ['69', '42']],
  ])('takes search_zone %j with county_ids %j as %j', (search_zone, county_ids, counties) => {
    expect(readLot([{ search_parameter: { search_zone, county_ids } }]).counties).toEqual(new Set(counties));
  });

  it('takes the zone of the search for a card without postal code', () => {
    expect(readLot(browserLot({ 1: { rpps: '99900000017' } }, '974')).cards[0]?.zone).toBe('Indian/Reunion');
  });

  it('accepts 500 cards and refuses one more', () => {
    const many = (count: number): FrontCards =>
      Object.fromEntries(
        Array.from({ length: count }, (_, rank) => [810_000 + rank, { rpps: '99900000017' }]),
      );
    expect(readLot(browserLot(many(500))).cards).toHaveLength(500);
    expect(reasonOf(() => readLot(browserLot(many(501))))).toBe('too-many-subjects');
  });

  it.each([[null], [{}], ['[]'], [7], [{ 810001: {} }]])('refuses %j', (body) => {
    expect(reasonOf(() => readLot(body))).toBe('body-malformed');
  });
});

describe('getSlots', () => {
  it('reads the addresses of one practitioner', () => {
    const { cards } = readDashboard({
      searchZone: '',
      searchCounties: [],
      searchType: 'filtered',
      practitionerCards: [
        {
          nid: '810001',
          line: '2 Place du Marché',
          zipcode: '42000',
          phone: [],
          latitude: null,
          longitude: '',
          siret: '',
          finess: '420000999',
          rppsRang: '9000000101',
          rpps: '99900000017',
          adeli: '',
        },
        'odd',
        { rpps: '99900000017' },
      ],
    });
    expect(cards).toMatchObject([
      {
        id: '810001',
        address: '2 Place du Marché',
        postalCode: '42000',
        rppsRang: '9000000101',
        finess: '420000999',
      },
      { id: 'card-2', rpps: '99900000017', position: undefined },
    ]);
  });

  it.each([
    [null, 'body-malformed'],
    [[], 'body-malformed'],
    [{}, 'parameter-invalid'],
    [{ practitionerCards: {} }, 'parameter-invalid'],
  ])('refuses %j', (body, reason) => {
    expect(reasonOf(() => readDashboard(body))).toBe(reason);
  });
});

describe('who is searched', () => {
  const subjectsOf = (cards: FrontCards, known: readonly string[] = []): [string, string[]][] =>
    [...cardsBySubject(readLot(serverLot(cards)).cards, new Set(known))].map(([subject, own]) => [
      subject,
      own.map(({ id }: Card) => id),
    ]);

  it('is the RPPS, else the ADELI, once for several cards', () => {
    const cards = {
      1: { rpps: '99900000017', adeli: '990000012' },
      2: { rpps: '', adeli: '990000012' },
      3: { rpps: '99900000017', siret: '99900000100071' },
    };
    expect(subjectsOf(cards, ['399900000100071'])).toEqual([
      ['899900000017', ['1', '3']],
      ['0990000012', ['2']],
    ]);
  });

  it('is a SIRET only when it is a known association’s', () => {
    const cards = {
      1: { siret: '99900000100071' },
      2: { siret: '99900000100089' },
      3: { finess: '420000999' },
    };
    expect(subjectsOf(cards, ['399900000100071'])).toEqual([['399900000100071', ['1']]]);
    expect(subjectsOf(cards)).toEqual([]);
  });

  it('is nobody for numbers that are none', () => {
    expect(subjectsOf({ 1: { rpps: 'x' }, 2: { rpps: '123' }, 3: {} })).toEqual([]);
    expect(subjectsOf({ 1: { rpps: 'x', adeli: '2A0000012' } })).toEqual([['02A0000012', ['1']]]);
  });
});
