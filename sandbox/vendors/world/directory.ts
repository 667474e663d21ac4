// What one vendor knows of the invented world: a pure function of its seed. Two vendors know some of the same
// practitioners and number them from 1 each on its own, so their resource ids collide on purpose.

import { draw } from './random.ts';
import {
  ASSOCIATIONS,
  type Association,
  COMMUNITIES,
  type Community,
  inventAnyone,
  PERSONS,
  type Person,
  type Place,
} from './world.ts';

const PERSON_SHARE = 0.55;
const SECOND_PLACE_SHARE = 0.8;
const FULL_SHARE = 0.08;
const ASSOCIATION_SHARE = 0.6;
const ANYONE_ENTRIES_MAX = 2_000;

/** A calendar: a practitioner at a place, or a consultation point of an association. */
export interface Diary {
  readonly scheduleId: string;
  readonly place: Place;
  /** What tells its slots' numbers from those of other calendars; undefined for practitioners invented on call. */
  readonly ordinal: number | undefined;
  readonly key: string;
  /** Nothing free, ever: its owner is known and answers "none". */
  readonly full: boolean;
}

export interface KnownRole extends Diary {
  readonly roleId: string;
  readonly locationId: string;
}

export interface KnownPractitioner {
  readonly id: string;
  readonly person: Person;
  readonly roles: readonly KnownRole[];
  readonly communities: readonly KnownCommunity[];
}

export interface KnownCommunity {
  readonly serviceId: string;
  readonly organizationId: string;
  readonly community: Community;
}

export interface KnownPoint extends Diary {
  readonly locationId: string;
  readonly name: string;
  readonly everyDay: boolean;
}

export interface KnownAssociation {
  readonly organizationId: string;
  readonly association: Association;
  readonly points: readonly KnownPoint[];
}

export class Directory {
  readonly seed: number;
  readonly practitioners: readonly KnownPractitioner[];
  readonly associations: readonly KnownAssociation[];
  readonly #byIdentifier: ReadonlyMap<string, KnownPractitioner>;
  readonly #bySiret: ReadonlyMap<string, KnownAssociation>;
  readonly #anyone = new Map<string, KnownPractitioner>();

  constructor(seed: number) {
    this.seed = seed;
    const known = PERSONS.filter((person) => draw(seed, 'person', person.identifier) < PERSON_SHARE);
    this.practitioners = numberPractitioners(seed, known);
    const diaries = this.practitioners.reduce((count, practitioner) => count + practitioner.roles.length, 0);
    const associations = ASSOCIATIONS.filter(({ siret }) => draw(seed, 'sos', siret) < ASSOCIATION_SHARE);
    // A vendor that speaks the SOS flow knows at least one association.
    const kept = associations.length > 0 ? associations : ASSOCIATIONS.slice(seed % 6, (seed % 6) + 1);
    this.associations = numberAssociations(kept, diaries);
    this.#byIdentifier = new Map(this.practitioners.map((known) => [known.person.identifier, known]));
    this.#bySiret = new Map(this.associations.map((known) => [known.association.siret, known]));
  }

  /** Matches a number with or without its prefix. */
  findPractitioner(value: string, anyone: boolean): KnownPractitioner | undefined {
    const prefixed = value.length === 11 ? `8${value}` : value.length === 9 ? `0${value}` : value;
    const known = this.#byIdentifier.get(prefixed);
    if (known !== undefined || !anyone || !/^(8\d{11}|0[0-9AB]{9})$/.test(prefixed)) return known;
    return this.#findAnyone(prefixed);
  }

  findAssociation(value: string): KnownAssociation | undefined {
    return this.#bySiret.get(value.length === 14 ? `3${value}` : value);
  }

  #findAnyone(identifier: string): KnownPractitioner {
    const known = this.#anyone.get(identifier);
    if (known !== undefined) return known;
    const person = inventAnyone(identifier);
    const role = {
      roleId: `role-${identifier}`,
      scheduleId: `schedule-${identifier}`,
      locationId: `lieu-${identifier}`,
      key: identifier,
      ordinal: undefined,
      place: person.places[0],
      full: false,
    };
    const made = { id: `ps-${identifier}`, person, roles: [role], communities: [] };
    if (this.#anyone.size >= ANYONE_ENTRIES_MAX) this.#anyone.clear();
    this.#anyone.set(identifier, made);
    return made;
  }
}

function numberPractitioners(seed: number, persons: readonly Person[]): readonly KnownPractitioner[] {
  let ordinal = 0;
  return persons.map((person, rank) => {
    const places = person.places.filter(
      (_, order) => order === 0 || draw(seed, 'place', person.identifier, order) < SECOND_PLACE_SHARE,
    );
    const full = draw(seed, 'full', person.identifier) < FULL_SHARE;
    const roles = places.map((place): KnownRole => {
      const number = ordinal + 1;
      const role = {
        roleId: `role-${number}`,
        scheduleId: `schedule-${number}`,
        locationId: `lieu-${number}`,
        key: String(ordinal),
        ordinal,
        place,
        full,
      };
      ordinal += 1;
      return role;
    });
    return { id: `ps-${rank + 1}`, person, roles, communities: person.communities.flatMap(numberCommunity) };
  });
}

function numberCommunity(rank: number): readonly KnownCommunity[] {
  const community = COMMUNITIES[rank];
  if (community === undefined) return [];
  return [{ serviceId: `service-${rank + 1}`, organizationId: `org-${rank + 1}`, community }];
}

function numberAssociations(
  associations: readonly Association[],
  firstOrdinal: number,
): readonly KnownAssociation[] {
  let ordinal = firstOrdinal;
  let location = 0;
  return associations.map((association, rank) => ({
    organizationId: `org-${COMMUNITIES.length + rank + 1}`,
    association,
    points: association.points.map(({ name, place, everyDay }): KnownPoint => {
      location += 1;
      ordinal += 1;
      return {
        locationId: `loc-${location}`,
        scheduleId: `schedule-${ordinal}`,
        key: String(ordinal - 1),
        ordinal: ordinal - 1,
        name,
        place,
        everyDay,
        full: false,
      };
    }),
  }));
}
