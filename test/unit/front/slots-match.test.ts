// Which card a vendor's place is, and what becomes of places and cards: the rules of docs/guide.md G-917.
import { describe, expect, it } from 'vitest';
import { chooseActions } from '../../../worker/front/slots/actions.ts';
import { type Card, readLot } from '../../../worker/front/slots/cards.ts';
import { matchCard, structureField, toMatchCard } from '../../../worker/front/slots/match.ts';
import { placeId } from '../../../worker/front/slots/place-id.ts';
import type { FrontPlace } from '../../../worker/front/slots/places.ts';
import { foldStreet } from '../../../worker/front/slots/street.ts';
import { voiceOf } from '../../../worker/front/slots/voice.ts';
import { type FrontCards, serverLot } from '../../support/doubles/front-client.ts';

const cards = (sent: FrontCards): readonly Card[] => readLot(serverLot(sent)).cards;
const HERE = { cp: '42000', address: '2 Place du Marché', phone: ['04 77 00 00 01'] };
const NEXT = { cp: '42300', address: '70 Rue Jean Jaurès', phone: ['04 77 00 00 02'] };

function place(over: Partial<FrontPlace> = {}): FrontPlace {
  const line = over.line ?? '9 rue Ailleurs';
  const postalCode = over.postalCode ?? '42000';
  return {
    offer: { vendor: 'agenda-a' } as FrontPlace['offer'],
    holder: { lastname: 'Fictive', firstname: 'Ada', phones: [] },
    city: 'Saint-Étienne',
    country: undefined,
    position: undefined,
    phones: [],
    structure: undefined,
    ...over,
    line,
    postalCode,
    street: foldStreet(line, postalCode),
  };
}

const OTHERS = { vendor: 'agenda-b' } as FrontPlace['offer'];

const matched = (one: FrontPlace, sent: FrontCards): string | undefined =>
  matchCard(one, cards(sent).map(toMatchCard))?.card.id;

describe('a street', () => {
  it.each([
    ['2 place du Marché', '2, PLACE DU MARCHE'],
    ['2 Place du Marché, 42000 Saint-Étienne', '2 pl. du marché'],
    ['12bis av. du Gal de Gaulle', '12 bis Avenue du Général de Gaulle'],
    ['3 bd St-Michel', '3, boulevard Saint Michel'],
    ['n° 4 allée des Cœurs', '4 All. des coeurs'],
    ["8 rue de l'Horloge", '8 R. de l’horloge'],
  ])('%s is %s', (one, other) => {
    expect(foldStreet(one, '42000')).toBe(foldStreet(other, '42000'));
  });

  it.each([
    ['2 place du Marché', '3 place du Marché'],
    ['2 place du Marché', '2 rue du Marché'],
    ['2 bis place du Marché', '2 place du Marché'],
  ])('%s is not %s', (one, other) => {
    expect(foldStreet(one, '42000')).not.toBe(foldStreet(other, '42000'));
  });
});

describe('a place is the card', () => {
  it.each([
    ['of its FINESS', { structure: '1420000999' }, { finess: '420000999' }],
    ['of its SIRET', { structure: '399900000100071' }, { siret: '99900000100071' }],
    ['of its rank', { structure: '499900000017001' }, { rpps_rang: '99900000017001' }],
    ['of the number its vendor wrote', { structure: '9000000101' }, { rpps_rang: '9000000101' }],
    [
      'of a ten-digit number that looks like a prefixed one',
      { structure: '1000000101' },
      { rpps_rang: '1000000101' },
    ],
    [
      'within ten metres',
      { position: { latitude: 45.4397, longitude: 4.38718 } },
      { latitude: '45.43975', longitude: '4.38722' },
    ],
    [
      'with its street, written otherwise',
      { line: '2, PL DU MARCHE' },
      { address: HERE.address, cp: '42000' },
    ],
    [
      'with its full address',
      { line: '2 place du Marché' },
      { address: '2 Place du Marché, 42000 Saint-Étienne', cp: '42000' },
    ],
    ['with its phone', { phones: ['+33477000001'] }, { phone: '04.77.00.00.01', cp: '42000' }],
  ])('%s', (_, one, card) => {
    expect(matched(place(one), { 1: NEXT, 2: card })).toBe('2');
  });

  it.each([
    [
      'eleven metres away',
      { position: { latitude: 45.4397, longitude: 4.38718 } },
      { latitude: '45.4398', longitude: '4.38718' },
    ],
    [
      'with the street in another town',
      { line: '2 Place du Marché' },
      { address: HERE.address, cp: '42300' },
    ],
    ['with the phone in another town', { phones: ['+33477000001'] }, { phone: ['0477000001'], cp: '42300' }],
    ['without a street, at a place without one', { line: '-' }, { address: '-', cp: '42000' }],
    ['without identifiers, at a place without', { structure: '' }, {}],
    ['of another structure', { structure: '1420000998' }, { finess: '420000999' }],
  ])('not %s', (_, one, card) => {
    expect(matched(place(one), { 1: card })).toBeUndefined();
  });

  it('on which the strongest rule holds, whatever the order', () => {
    const one = place({ structure: '1420000999', line: HERE.address, phones: ['+33477000001'] });
    expect(matched(one, { 1: HERE, 2: { finess: '420000999', cp: '69000' } })).toBe('2');
    // Two cards of one structure: the next rule decides.
    expect(matched(one, { 1: { finess: '420000999' }, 2: { ...HERE, finess: '420000999' } })).toBe('2');
  });

  it('tells which identifier it was', () => {
    const [card] = cards({ 1: { siret: '99900000100071' } });
    expect(structureField(place({ structure: '399900000100071' }), card!)).toBe('siret');
    expect(structureField(place(), card!)).toBeUndefined();
  });
});

describe('the actions', () => {
  const choose = (
    places: readonly FrontPlace[],
    sent: FrontCards,
    counties: readonly string[] = [],
    isEmpty: (places: readonly FrontPlace[], card: Card) => boolean = () => false,
  ): string[] =>
    chooseActions(places, {
      subject: '899900000017',
      cards: cards(sent),
      counties: new Set(counties),
      slotsOf: (own, card) => (isEmpty(own, card) ? undefined : own.map(({ line }) => line).join(' + ')),
      voiceOf: (own) => voiceOf(own, []),
      agree: () => true,
    }).map(
      (action) => `${action.kind} ${action.card.id}${action.kind === 'delete' ? '' : `: ${action.slots}`}`,
    );

  it('update each card with all of its places, of whichever vendor', () => {
    const found = [
      place({ line: HERE.address }),
      place({ line: NEXT.address, postalCode: '42300' }),
      place({ line: '2 PL DU MARCHE' }),
    ];
    expect(choose(found, { 1: HERE, 2: NEXT })).toEqual([
      'update 1: 2 Place du Marché + 2 PL DU MARCHE',
      'update 2: 70 Rue Jean Jaurès',
    ]);
  });

  it('create a place the directory lacks beside an updated card, hiding nothing', () => {
    const found = [place(), place({ line: NEXT.address, postalCode: '42300' })];
    expect(choose(found, { 1: HERE, 2: NEXT })).toEqual([
      'update 2: 70 Rue Jean Jaurès',
      'create 2: 9 rue Ailleurs',
    ]);
  });

  it('create it in place of the card with its postal code, else of the first', () => {
    expect(choose([place()], { 1: NEXT, 2: HERE })).toEqual(['create 2: 9 rue Ailleurs', 'delete 2']);
    expect(choose([place({ postalCode: '69000' })], { 1: NEXT, 2: HERE })).toEqual([
      'create 1: 9 rue Ailleurs',
      'delete 1',
    ]);
  });

  it('delete a card once for several places that take its place', () => {
    expect(choose([place(), place({ line: '10 rue Ailleurs' })], { 1: HERE })).toEqual([
      'create 1: 9 rue Ailleurs',
      'create 1: 10 rue Ailleurs',
      'delete 1',
    ]);
  });

  it('make one place of two vendors’ that the directory lacks, when they say the same of it', () => {
    const other = { offer: OTHERS, line: '9, R. AILLEURS' };
    expect(choose([place(), place(other)], { 1: HERE })).toEqual([
      'create 1: 9 rue Ailleurs + 9, R. AILLEURS',
      'delete 1',
    ]);
    for (const over of [
      { phones: ['+33477000009'] },
      { city: 'Ailleurs' },
      { line: '9 rue Ailleurs, 42000 appelez-nous' },
      { structure: '1420000999' },
      { holder: { lastname: 'Autre', firstname: 'Ada', phones: [] } },
    ]) {
      expect(choose([place(), place({ ...other, ...over })], { 1: HERE })).toHaveLength(3);
    }
  });

  it('give the card to the vendor that fits it best, whichever comes first, and the other one its own', () => {
    const fit = place({ line: HERE.address, phones: ['+33477000001'], offer: OTHERS });
    const claimed = place({ line: '2 PL DU MARCHE', phones: ['+33477000009'] });
    for (const found of [
      [fit, claimed],
      [claimed, fit],
    ]) {
      expect(choose(found, { 1: HERE })).toEqual(['update 1: 2 Place du Marché', 'create 1: 2 PL DU MARCHE']);
    }
  });

  it('leave out a place in another département, when the search has one', () => {
    const away = place({ postalCode: '69003' });
    expect(choose([away], { 1: HERE }, ['42'])).toEqual([]);
    expect(choose([away], { 1: HERE }, ['42', '69'])).toEqual(['create 1: 9 rue Ailleurs', 'delete 1']);
    expect(choose([place({ postalCode: '20167' })], { 1: HERE }, ['2A'])).toHaveLength(2);
    expect(choose([place({ postalCode: '97400' })], { 1: HERE }, ['974'])).toHaveLength(2);
    // A place that is a card is shown wherever it is.
    expect(
      choose([place({ ...away, structure: '1420000999' })], { 1: { ...HERE, finess: '420000999' } }, ['42']),
    ).toEqual(['update 1: 9 rue Ailleurs']);
  });

  it('say nothing of a place without a slot that its card would show', () => {
    const found = [place({ line: HERE.address }), place()];
    expect(choose(found, { 1: HERE }, [], ([one]) => one?.line === HERE.address)).toEqual([
      'create 1: 9 rue Ailleurs',
      'delete 1',
    ]);
    expect(choose(found, { 1: HERE }, [], ([one]) => one?.line !== HERE.address)).toEqual([
      'update 1: 2 Place du Marché',
    ]);
    expect(choose([place()], { 1: HERE }, [], () => true)).toEqual([]);
    expect(choose([], { 1: HERE })).toEqual([]);
  });
});

describe('the id of a place', () => {
  it('is a positive 31-bit number, the same each time and distinct for neighbours', () => {
    const ids = Array.from({ length: 20_000 }, (_, rank) => placeId(String(810_000 + rank)));
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id > 0 && id < 2 ** 31 && Number.isInteger(id)).toBe(true);
    expect(placeId('810001')).toBe(ids[1]);
    expect(placeId('a', 'bc')).not.toBe(placeId('ab', 'c'));
  });
});
