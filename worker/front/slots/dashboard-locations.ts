// The answer of dashboard/getSlots: a practitioner's places at each vendor with their slots. Here it is
// the front that matches places with addresses. docs/guide.md G-909.

import { zoneOfCounty } from '../../base/calendar/zones.ts';
import type { Lot } from './cards.ts';
import { countyOfPostalCode } from './county.ts';
import { matchCard, structureField, toMatchCard } from './match.ts';
import type { FoundSubject, FrontPlace } from './places.ts';
import type { FrontSlot, SlotLister } from './slot-list.ts';

/** One per practitioner, in the order of the cards; the front reads the first. */
export function writePractitioners(
  found: readonly FoundSubject[],
  counties: Lot['counties'],
  slotsOf: SlotLister,
): unknown[] {
  return found.flatMap((subject) => {
    const locations = writeLocations(subject, counties, slotsOf);
    if (locations.length === 0) return [];
    return [{ ...nameOf(subject), isRegistered: true, nationalId: subject.subject, locations }];
  });
}

/** The name that every vendor gives, none where they differ: it stands over the places of all. The front does not read it. */
function nameOf({ places }: FoundSubject): Record<'firstname' | 'lastname', string> {
  const names = places.map(({ holder: { firstname, lastname } }) => ({ firstname, lastname }));
  const [first] = names;
  const isSame = names.every((name) => JSON.stringify(name) === JSON.stringify(first));
  return first !== undefined && isSame ? first : { firstname: '', lastname: '' };
}

/** One per vendor and place: two of one address make two calendars. */
function writeLocations(
  { cards, places }: FoundSubject,
  counties: Lot['counties'],
  slotsOf: SlotLister,
): unknown[] {
  const known = cards.map(toMatchCard);
  return places.flatMap((place) => {
    const card = matchCard(place, known)?.card;
    const county = countyOfPostalCode(place.postalCode);
    if (card === undefined && counties.size > 0 && !counties.has(county)) return [];
    const slots = slotsOf([place], card?.zone ?? zoneOfCounty(county));
    if (slots.length === 0) return [];
    return [
      {
        ...structureOf(place, cards),
        latitude: place.position?.latitude ?? null,
        longitude: place.position?.longitude ?? null,
        line: place.line,
        zipCode: place.postalCode,
        city: place.city,
        country: place.country ?? 'France',
        phones: place.phones.length > 0 ? place.phones : place.holder.phones,
        schedule: { days: byDay(slots) },
      },
    ];
  });
}

/**
 * Without prefix, and null unless a card has the same: the front compares the three without looking whether they are
 * empty, so an id that no card has would join two places that have nothing in common.
 */
function structureOf(
  place: FrontPlace,
  cards: FoundSubject['cards'],
): Record<'rppsRang' | 'siret' | 'finess', string | null> {
  const ids = { rppsRang: null, siret: null, finess: null };
  for (const card of cards) {
    const field = structureField(place, card);
    if (field !== undefined) return { ...ids, [field]: card[field] };
  }
  return ids;
}

function byDay(slots: readonly FrontSlot[]): unknown[] {
  const days = new Map<string, unknown[]>();
  for (const { start, end, consultations, specialties, link } of slots) {
    const day = `${start.slice(8, 10)}/${start.slice(5, 7)}/${start.slice(0, 4)}`;
    const written = {
      slotStatus: 'free',
      start,
      end,
      // The mocks' spelling, and the one that is read.
      consultationType: consultations,
      consultationTypes: consultations,
      specialties,
      reservationLink: link,
    };
    const known = days.get(day);
    if (known === undefined) days.set(day, [written]);
    else known.push(written);
  }
  return [...days].map(([day, written]) => ({ day, slots: written }));
}
