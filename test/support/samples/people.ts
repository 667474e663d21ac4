// Who the simulated vendors know, for choosing whom to ask.

import type { Vendor } from '../../../sandbox/vendors/vendor.ts';

export interface KnownPerson {
  readonly identifier: string;
  /** Vendors that know him, and those of them where he has a free slot. */
  readonly vendors: readonly string[];
  readonly freeAt: readonly string[];
  readonly full: boolean;
  /** Most places with free slots that one vendor has of him. */
  readonly places: number;
  readonly communities: readonly string[];
  readonly zones: readonly string[];
}

export function peopleOf(vendors: readonly Vendor[]): KnownPerson[] {
  const people = new Map<
    string,
    {
      vendors: string[];
      freeAt: string[];
      full: boolean;
      places: number;
      communities: string[];
      zones: string[];
    }
  >();
  for (const { id, practice } of vendors) {
    for (const { person, roles, communities } of practice.directory.practitioners) {
      const known = people.get(person.identifier) ?? {
        vendors: [],
        freeAt: [],
        full: true,
        places: 0,
        communities: [],
        zones: [],
      };
      people.set(person.identifier, known);
      known.vendors.push(id);
      if (roles.some((role) => !role.full)) known.freeAt.push(id);
      known.full &&= roles.every((role) => role.full);
      known.places = Math.max(known.places, roles.filter((role) => !role.full).length);
      known.communities.push(...communities.map(({ community }) => community.finess));
      known.zones.push(...roles.map(({ place }) => place.town.zone));
    }
  }
  return [...people].map(([identifier, person]) => ({ identifier, ...person }));
}

export function associationsOf(
  vendors: readonly Vendor[],
): { siret: string; vendors: string[]; points: number }[] {
  const found = new Map<string, { vendors: string[]; points: number }>();
  for (const { id, practice } of vendors) {
    for (const { association, points } of practice.directory.associations) {
      const known = found.get(association.siret) ?? { vendors: [], points: 0 };
      found.set(association.siret, known);
      known.vendors.push(id);
      known.points = Math.max(known.points, points.length);
    }
  }
  return [...found].map(([siret, rest]) => ({ siret, ...rest }));
}
