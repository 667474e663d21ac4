// Whose agenda it is and where, for the second reader: all that a Schedule names is one person or association at one
// place, or it is told that it is not.

import { numbersOf } from './facts.ts';
import type { Item } from './pages.ts';
import type { References } from './references.ts';
import { isObj, listOf, type Obj } from './text.ts';

export interface Holder {
  /** Undefined: it may be anybody's. */
  readonly subjects: readonly string[] | undefined;
  /** Whose it surely is. */
  readonly sure: string | undefined;
  /** Practitioner, role, place, structure, as far as they can be told. */
  readonly around: readonly Item[];
  readonly isPlaced: boolean;
}

export class Holders {
  readonly #references: References;
  readonly #subjects: readonly string[];
  readonly #isSos: boolean;

  constructor(references: References, subjects: readonly string[], isSos: boolean) {
    this.#references = references;
    this.#subjects = subjects;
    this.#isSos = isSos;
  }

  of(schedule: Item): Holder {
    return this.#isSos ? this.#association(schedule) : this.#practitioner(schedule);
  }

  #association(schedule: Item): Holder {
    const places = this.#actors(schedule, 'Location')?.found;
    const owners = places?.map((place) =>
      this.#references.one(place, place.resource.managingOrganization, 'Organization'),
    );
    if (places === undefined || owners?.length !== 1 || owners[0] === undefined)
      return { subjects: undefined, sure: undefined, around: places ?? [], isPlaced: false };
    return this.#held(owners as Item[], [...places, owners[0]], true);
  }

  #practitioner(schedule: Item): Holder {
    const actors = this.#actors(schedule, 'Practitioner', 'PractitionerRole');
    const ofType = (type: string): Item[] =>
      (actors?.found ?? []).filter(({ resource }) => resource.resourceType === type);
    const roles = ofType('PractitionerRole');
    const own = ofType('Practitioner');
    const byRole = roles.flatMap((role) =>
      listOf(role.resource.practitioner).map((one) => this.#references.one(role, one, 'Practitioner')),
    );
    // Whom a role names in vain, the agenda tells.
    const people = [...new Set([...own, ...byRole])].filter((one) => one !== undefined);
    if (people.length === 0 || (own.length === 0 && byRole.includes(undefined)))
      return { subjects: undefined, sure: undefined, around: [], isPlaced: false };
    const [role] = roles;
    if (role === undefined || roles.length > 1 || actors?.isWhole !== true)
      return this.#held(people, [], false);
    const place = this.#placeOf(role);
    const structure = this.#references.one(role, role.resource.organization, 'Organization');
    const around = [role, place, structure].filter((one) => one !== undefined);
    return this.#held(people, around, place !== undefined);
  }

  /** The one place that a role names; if it names none, the only one that it contains. */
  #placeOf(role: Item): Item | undefined {
    const { location, contained } = role.resource;
    const named = listOf(location);
    const refers = named.some((one) => isObj(one) && ('reference' in one || 'identifier' in one));
    const inside = listOf(contained)
      .filter(isObj)
      .filter(({ resourceType }) => resourceType === 'Location');
    if (!refers) return inside.length === 1 ? { ...role, resource: inside[0] as Obj, root: role } : undefined;
    const [place, ...others] = named.map((one) => this.#references.one(role, one, 'Location'));
    const isOne = others.every((other) => other && place && sameAddress(other, place));
    return isOne ? place : undefined;
  }

  /** Undefined: one of them cannot be told. A name alone says of nobody known that the agenda is his. */
  #actors(
    schedule: Item,
    ...types: string[]
  ): { readonly found: Item[]; readonly isWhole: boolean } | undefined {
    const actors = new Set<Item>();
    let isWhole = true;
    for (const actor of listOf(schedule.resource.actor)) {
      if (actor === null) continue;
      if (isObj(actor) && listOf(actor.reference).length + listOf(actor.identifier).length === 0) continue;
      const led = this.#references.one(schedule, actor, ...types);
      if (led !== undefined) actors.add(led);
      // A role that is lost leaves the agenda without its place, not without its practitioner.
      else if (!this.#references.isElsewhere(schedule, actor, ['Practitioner', 'Location'])) return undefined;
      else isWhole = false;
    }
    return actors.size > 0 ? { found: [...actors], isWhole } : undefined;
  }

  #held(holders: readonly Item[], places: readonly Item[], isPlaced: boolean): Holder {
    const all = holders.map(({ resource }) => numbersOf(resource, this.#isSos));
    if (all.some(({ sure }) => sure.size === 0))
      return { subjects: undefined, sure: undefined, around: places, isPlaced };
    const mayBe = this.#subjects.filter((subject) =>
      all.some(({ sure, near }) => {
        const isRuledOut = [...sure].some((number) => number[0] === subject[0]) && !sure.has(subject);
        return !isRuledOut || near.some((digits) => digits.includes(subject.slice(1)));
      }),
    );
    const isOne = all.every(({ sure }) => [...sure].some((number) => all[0]?.sure.has(number)));
    const certain = this.#subjects.filter((subject) => all.some(({ sure }) => sure.has(subject)));
    const people = this.#isSos ? [] : holders;
    return {
      subjects: mayBe,
      sure: isOne ? certain[0] : undefined,
      around: [...people, ...places],
      isPlaced,
    };
  }
}

function sameAddress(one: Item, other: Item): boolean {
  return JSON.stringify(one.resource.address) === JSON.stringify(other.resource.address);
}
