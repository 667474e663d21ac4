// The directory's cards of people whom the simulated vendors know, as the published SAS front would send them.

import type { Vendor } from '../../../sandbox/vendors/vendor.ts';
import { ASSOCIATIONS, PERSONS, type Person, type Place } from '../../../sandbox/vendors/world/world.ts';
import type { FrontCard, FrontCards } from '../doubles/front-client.ts';

/** A card's id: made of who it is and which of his places, as the directory numbers its sheets. */
export function cardId(rank: number, order = 0): string {
  return String(810_000 + rank * 10 + order);
}

/** `by`: what the directory knows of the place that can be compared. */
export type Known = 'structure' | 'address' | 'phone' | 'nothing';

export function cardOf(person: Person, order = 0, by: Known = 'structure'): FrontCard {
  const place = person.places[order] ?? person.places[0];
  const { identifier } = person;
  const isRpps = identifier.startsWith('8');
  return {
    rpps: isRpps ? identifier.slice(1) : '',
    adeli: isRpps ? '' : identifier.slice(1),
    ...placeFields(place, by),
  };
}

export function associationCard(rank: number, order: number): FrontCard {
  const association = ASSOCIATIONS[rank];
  const point = association?.points[order];
  if (association === undefined || point === undefined) throw new Error('no such point');
  return {
    rpps: '',
    adeli: '',
    ...placeFields(point.place, 'address'),
    siret: association.siret.slice(1),
  };
}

function placeFields(place: Place, by: Known): FrontCard {
  const { structure } = place;
  const isStructure = (prefix: string): boolean => by === 'structure' && structure.startsWith(prefix);
  return {
    finess: isStructure('1') ? structure.slice(1) : '',
    siret: isStructure('3') ? structure.slice(1) : '',
    rpps_rang: isStructure('4') ? structure.slice(1) : '',
    cp: place.town.postalCode,
    ...(by === 'address' ? { address: place.line } : {}),
    phone: [by === 'phone' ? (place.phone ?? '') : ''],
    latitude: '',
    longitude: '',
  };
}

/** Where each vendor says free slots of a person are, and how many until then. */
export interface TrueSlots {
  readonly vendor: string;
  readonly place: Place;
  readonly starts: readonly string[];
}

/** What the vendors' agendas hold, read past the edge. */
export function trueSlots(
  vendors: readonly Vendor[],
  identifier: string,
  fromMs: number,
  toMs: number,
): TrueSlots[] {
  return vendors.flatMap(({ id, practice }) => {
    const person = practice.directory.practitioners.find((known) => known.person.identifier === identifier);
    const association = practice.directory.associations.find(
      (known) => known.association.siret === identifier,
    );
    const diaries = [...(person?.roles ?? []), ...(association?.points ?? [])];
    const communities = (person?.communities.length ?? 0) > 0;
    return diaries.flatMap((diary) => {
      const starts = practice
        .list(diary, { fromMs, toMs }, communities)
        .filter(
          ({ state, kinds }) =>
            state === 'free' &&
            (association === undefined || kinds.some((kind) => kind === 'PUBLIC' || kind === 'SNP')),
        )
        .map(({ startMs }) => new Date(startMs).toISOString().replace('Z', '+00:00'));
      return starts.length === 0 ? [] : [{ vendor: id, place: diary.place, starts }];
    });
  });
}

/** One card per place of these people. */
export function cardsOf(people: readonly Person[], by: Known = 'structure'): FrontCards {
  return Object.fromEntries(
    people.flatMap((person) =>
      person.places.map((_, order) => [cardId(PERSONS.indexOf(person), order), cardOf(person, order, by)]),
    ),
  );
}
