// From a vendor's Schedule to the place it stands for: holder, site and one Schedule per site, whichever number
// of Schedules the vendor cut it into. docs/guide.md G-207. What leads to several people or places that differ is
// shown for none of them; what is out of use is not shown (docs/divergences.md).

import type { Found, Led } from '../../fhir/bundle-page.ts';
import { asObject, type JsonObject, objectsOf } from '../../fhir/json.ts';
import { hasUnknownModifier, useOf } from '../../fhir/modifiers.ts';
import { PROFILE } from '../canonical.ts';
import { type Concern, type Doubts, NOBODY, type Refusal, refuse } from './doubts.ts';
import { type BundleIndex, type FoundAll, vendorId } from './elements/bundle-index.ts';
import type { Holder } from './elements/holder.ts';
import type { ReadRuleId } from './elements/rules.ts';
import { locationOf, readRole, readSosLocation, type Site, type SiteFailure } from './elements/site.ts';
import { type HolderQuestion, HolderRegister } from './holder-register.ts';
import type { ReadPlace } from './place-rows.ts';
import type { KnownSite } from './reader-memory.ts';
import type { Tally } from './tally.ts';

interface PlaceQuestion extends HolderQuestion {
  readonly editor: string;
}

/** Characters of a place's hash that its slots' ids begin with. */
const ID_HEAD_LENGTH = 13;

const OUT_OF_USE: Readonly<Record<string, ReadRuleId>> = {
  Schedule: 'schedule-out-of-use',
  Practitioner: 'practitioner-out-of-use',
  PractitionerRole: 'role-out-of-use',
  Location: 'location-out-of-use',
  Organization: 'organization-out-of-use',
};

/** One of an answer; each Schedule is read once. */
export class PlaceReader {
  readonly #question: PlaceQuestion;
  readonly #index: BundleIndex;
  readonly #repaired: Tally;
  readonly #bySchedule = new Map<Found, ReadPlace | Refusal>();
  readonly #bySite = new Map<string, ReadPlace>();
  readonly #holders: HolderRegister;
  readonly #places = new Map<string, ReadPlace[]>();

  constructor(question: PlaceQuestion, index: BundleIndex, repaired: Tally, doubts: Doubts) {
    this.#question = question;
    this.#index = index;
    this.#repaired = repaired;
    this.#holders = new HolderRegister(question, repaired, doubts);
  }

  read(schedule: Found): ReadPlace | Refusal {
    let place = this.#bySchedule.get(schedule);
    if (place === undefined) {
      place = this.#question.flow === 'SOS' ? this.#readSos(schedule) : this.#readIndividual(schedule);
      this.#bySchedule.set(schedule, place);
    }
    return place;
  }

  holderOf(subject: string): Holder | undefined {
    return this.#holders.of(subject);
  }

  /** Places of a subject that have something to show. */
  placesOf(subject: string): ReadPlace[] {
    return (this.#places.get(subject) ?? []).filter((place) => place.rows.length > 0);
  }

  #readIndividual(schedule: Found): ReadPlace | Refusal {
    const unused = outOfUse([schedule]);
    if (unused !== undefined) return unused;
    const { actor } = schedule.resource;
    const roles = this.#index.resolveAll(actor, 'PractitionerRole', schedule);
    const people = this.#peopleOf(this.#index.resolveAll(actor, 'Practitioner', schedule), roles);
    const holder = this.#holders.only(people);
    if ('rule' in holder) return holder;
    const mine = [holder.subject];
    const refusal = outOfUse(people.found) ?? onlyOne(roles, 'slot-site-unresolved', mine);
    if (refusal !== undefined) return refusal;
    const [role] = roles.found as readonly [Found];
    const location = locationOf(role, this.#index);
    const organization = this.#index.resolve(asObject(role.resource.organization), 'Organization', role);
    const site = this.#checked([schedule, ...people.found, role], [location, organization], mine);
    if (site !== undefined) return site;
    if (!isFound(location)) return refuse(siteFault(location), mine);
    const { id } = holder.resource;
    const actors = `{"reference":"Practitioner/${id}"},`;
    return this.#place(role.resource, location.resource, holder, PROFILE.schedule, actors, (idOf) =>
      readRole(role.resource, location.resource, id, { editor: this.#question.editor, idOf }),
    );
  }

  #readSos(schedule: Found): ReadPlace | Refusal {
    const unused = outOfUse([schedule]);
    if (unused !== undefined) return unused;
    const locations = this.#index.resolveAll(schedule.resource.actor, 'Location', schedule);
    const unclear = onlyOne(locations, 'slot-site-unresolved', 'anybody');
    if (unclear !== undefined) return unclear;
    const [location] = locations.found as readonly [Found];
    const { managingOrganization } = location.resource;
    const organizations = this.#index.resolveAll(managingOrganization, 'Organization', location);
    const holder = this.#holders.only(organizations);
    if ('rule' in holder) return holder;
    const mine = [holder.subject];
    const refusal = this.#checked([schedule, ...organizations.found, location], [], mine);
    if (refusal !== undefined) return refusal;
    const association = {
      id: holder.resource.id,
      ...(holder.name === undefined ? {} : { name: holder.name }),
    };
    const { resource } = location;
    return this.#place(resource, resource, holder, PROFILE.scheduleSos, '', (idOf) =>
      readSosLocation(resource, association, { editor: this.#question.editor, idOf }),
    );
  }

  /** The practitioners that an agenda names, by itself and by its roles. Whom a role names in vain, the agenda tells. */
  #peopleOf(named: FoundAll, roles: FoundAll): FoundAll {
    const byRole = roles.found.map((role) =>
      this.#index.resolveAll(role.resource.practitioner, 'Practitioner', role),
    );
    const isAmbiguous = [named, roles, ...byRole].some((all) => all.isAmbiguous);
    return { ...named, found: [...new Set([named, ...byRole].flatMap(({ found }) => found))], isAmbiguous };
  }

  /** Out of use comes first: that much is understood. */
  #checked(certain: readonly Found[], led: readonly Led[], mine: Concern): Refusal | undefined {
    const all = [...certain, ...led.filter(isFound)];
    const unused = outOfUse(all);
    if (unused !== undefined) return unused;
    const isUnclear = all.some(
      ({ resource }) => useOf(resource) === 'unclear' || hasUnknownModifier(resource),
    );
    return isUnclear ? refuse('slot-modifier-unknown', mine) : undefined;
  }

  /** One Schedule per site: its id comes from the site's, so that a vendor's several Schedules fall together. */
  #place(
    resource: JsonObject,
    location: JsonObject,
    holder: Holder,
    profile: string,
    /** JSON of the actors before the site, with their comma. */
    holderActor: string,
    readSite: (idOf: (content: string) => string) => Site | SiteFailure,
  ): ReadPlace | Refusal {
    const { editor, hash, memory } = this.#question;
    let known = memory.sites.get(resource);
    if (known?.holder !== holder || known.location !== location) {
      const site = readSite((content) => `${editor}-${hash(`${editor}|${holder.subject}|${content}`)}`);
      known = { holder, location, site, schedule: undefined, names: namesOf(resource, location) };
      if (typeof site !== 'string') {
        // One id for the place's Schedule and for its site: ids are told apart by type.
        const { id } = site;
        const text = `{"resourceType":"Schedule","id":"${id}","meta":{"profile":["${profile}"]},"actor":[${holderActor}{"reference":"${resource.resourceType}/${id}"}]}`;
        known = { ...known, schedule: { type: 'Schedule', id, text } };
      }
      memory.sites.set(resource, known);
    }
    return this.#keepPlace(known);
  }

  #keepPlace({ holder: { subject }, schedule, site, names }: KnownSite): ReadPlace | Refusal {
    if (typeof site === 'string' || schedule === undefined)
      return refuse(typeof site === 'string' ? site : 'slot-site-unresolved', [subject]);
    const shown = this.#bySite.get(site.id);
    if (shown !== undefined) {
      this.#repaired.add('schedule-merged');
      for (const name of names) if (!shown.names.includes(name)) shown.names.push(name);
      return shown;
    }
    this.#repaired.addAll(site.repairs);
    const place: ReadPlace = {
      subject,
      schedule,
      site: site.resource,
      ...(site.vendorStructure === undefined ? {} : { vendorStructure: site.vendorStructure }),
      names: [...names],
      rows: [],
      idHead: schedule.id.slice(0, this.#question.editor.length + 1 + ID_HEAD_LENGTH),
      contents: undefined,
    };
    this.#bySite.set(site.id, place);
    const places = this.#places.get(subject);
    if (places === undefined) this.#places.set(subject, [place]);
    else places.push(place);
    return place;
  }
}

function isFound(led: Led): led is Found {
  return led !== undefined && led !== 'ambiguous';
}

function siteFault(led: 'ambiguous' | undefined): ReadRuleId {
  return led === undefined ? 'slot-site-unresolved' : 'slot-reference-ambiguous';
}

function outOfUse(all: readonly Found[]): Refusal | undefined {
  const unused = all.find(({ resource }) => useOf(resource) === 'out-of-use');
  const rule = unused && OUT_OF_USE[String(unused.resource.resourceType)];
  return rule && refuse(rule, NOBODY);
}

/** Why not exactly one was found. */
function onlyOne(
  { found, lost, isAmbiguous }: FoundAll,
  none: ReadRuleId,
  concern: Concern,
): Refusal | undefined {
  if (isAmbiguous || found.length + lost > 1) return refuse('slot-reference-ambiguous', concern);
  return found.length === 1 ? undefined : refuse(none, concern);
}

const NAME_LENGTH_MAX = 200;

/** What an appointment's participants may call the place: role and Location by reference, an SOS Location by identifier. */
function namesOf(site: JsonObject, location: JsonObject | undefined): string[] {
  const names = new Set<string>();
  for (const resource of [site, ...(location === undefined ? [] : [location])]) {
    const id = vendorId(resource);
    if (id !== undefined) names.add(`${String(resource.resourceType)}/${id}`);
  }
  if (site === location) {
    for (const { system, value } of objectsOf(site.identifier)) {
      if (typeof system === 'string' && typeof value === 'string') names.add(`${system}|${value}`);
    }
  }
  return [...names].filter((name) => name.length <= NAME_LENGTH_MAX);
}
