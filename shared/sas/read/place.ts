// From a vendor's Schedule to the place it stands for: holder, site and one Schedule per site, whichever number
// of Schedules the vendor cut it into. FAQ F6, F15; flows.md § 3.3.

import { asObject, type JsonObject, objectsOf } from '../../fhir/json.ts';
import type { ResourceText } from '../../link/relay.ts';
import { PROFILE } from '../canonical.ts';
import type { Flow } from '../query.ts';
import { type BundleIndex, vendorId } from './bundle-index.ts';
import { type Holder, readAssociation, readPractitioner } from './holder.ts';
import type { KnownSite, ReaderMemory } from './reader-memory.ts';
import { locationOf, readRole, readSosLocation, type Site, type SiteFailure } from './site.ts';
import type { Tally } from './tally.ts';

export interface ReadSlot {
  readonly shape: number;
  readonly id: string;
  readonly start: string;
  readonly end: string;
  readonly comment: string | undefined;
  readonly key: string;
}

export interface ReadPlace {
  readonly schedule: ResourceText;
  readonly site: ResourceText;
  readonly vendorStructure?: string;
  readonly names: readonly string[];
  readonly rows: ReadSlot[];
  /** Head of its slots' ids: vendor and first 13 characters of the place's own. */
  readonly idHead: string;
  /** What is already shown here; made once two slots have one id. */
  contents: Set<string> | undefined;
}

export type PlaceFailure =
  | SiteFailure
  | 'slot-schedule-unresolved'
  | 'slot-holder-unresolved'
  | 'slot-of-someone-else';

interface PlaceQuestion {
  readonly editor: string;
  readonly flow: Flow;
  readonly subjects: readonly string[];
  readonly hash: (text: string) => string;
  readonly memory: ReaderMemory;
}

/** Characters of a place's hash that its slots' ids begin with. */
const ID_HEAD_LENGTH = 13;

export class PlaceReader {
  readonly #question: PlaceQuestion;
  readonly #index: BundleIndex;
  readonly #repaired: Tally;
  readonly #asked: ReadonlySet<string>;
  readonly #bySchedule = new Map<JsonObject, ReadPlace | PlaceFailure>();
  readonly #bySite = new Map<string, ReadPlace>();
  readonly #holderByResource = new Map<JsonObject, Holder | undefined>();
  readonly #holders = new Map<string, Holder>();
  readonly #places = new Map<string, ReadPlace[]>();

  constructor(question: PlaceQuestion, index: BundleIndex, repaired: Tally) {
    this.#question = question;
    this.#index = index;
    this.#repaired = repaired;
    this.#asked = new Set(question.subjects);
  }

  read(schedule: JsonObject): ReadPlace | PlaceFailure {
    let place = this.#bySchedule.get(schedule);
    if (place === undefined) {
      place = this.#question.flow === 'SOS' ? this.#readSos(schedule) : this.#readIndividual(schedule);
      this.#bySchedule.set(schedule, place);
    }
    return place;
  }

  holderOf(subject: string): Holder | undefined {
    return this.#holders.get(subject);
  }

  /** Places of a subject that have something to show. */
  placesOf(subject: string): ReadPlace[] {
    return (this.#places.get(subject) ?? []).filter((place) => place.rows.length > 0);
  }

  #readIndividual(schedule: JsonObject): ReadPlace | PlaceFailure {
    const role = this.#index.resolveFirst(schedule.actor, 'PractitionerRole');
    const practitioner =
      this.#index.resolveFirst(schedule.actor, 'Practitioner') ??
      this.#index.resolve(asObject(role?.practitioner), 'Practitioner');
    const holder = this.#holder(practitioner);
    if (holder === undefined) return 'slot-holder-unresolved';
    if (!this.#asked.has(holder.subject)) return 'slot-of-someone-else';
    if (role === undefined) return 'slot-site-unresolved';
    const location = locationOf(role, this.#index);
    const actor = `{"reference":"Practitioner/${holder.resource.id}"},`;
    return this.#place(role, location, holder, PROFILE.schedule, actor, (id) =>
      readRole(role, location, id, holder.resource.id, this.#siteContext()),
    );
  }

  #readSos(schedule: JsonObject): ReadPlace | PlaceFailure {
    const location = this.#index.resolveFirst(schedule.actor, 'Location');
    if (location === undefined) return 'slot-site-unresolved';
    const organization = this.#index.resolve(asObject(location.managingOrganization), 'Organization');
    const holder = this.#holder(organization);
    if (holder === undefined) return 'slot-holder-unresolved';
    if (!this.#asked.has(holder.subject)) return 'slot-of-someone-else';
    const association = {
      id: holder.resource.id,
      ...(holder.name === undefined ? {} : { name: holder.name }),
    };
    return this.#place(location, location, holder, PROFILE.scheduleSos, '', (id) =>
      readSosLocation(location, id, association, this.#siteContext()),
    );
  }

  #siteContext(): { editor: string; index: BundleIndex } {
    return { editor: this.#question.editor, index: this.#index };
  }

  #holder(resource: JsonObject | undefined): Holder | undefined {
    if (resource === undefined) return undefined;
    if (this.#holderByResource.has(resource)) return this.#holderByResource.get(resource);
    const { hash, memory } = this.#question;
    const context = { asked: this.#asked, hash, known: memory.holders };
    const holder =
      this.#question.flow === 'SOS'
        ? readAssociation(resource, context)
        : readPractitioner(resource, context);
    this.#holderByResource.set(resource, holder);
    if (holder !== undefined && this.#asked.has(holder.subject)) this.#keep(holder);
    return holder;
  }

  #keep(holder: Holder): void {
    this.#repaired.addAll(holder.repairs);
    const known = this.#holders.get(holder.subject);
    if (known !== undefined) this.#repaired.add('practitioner-merged');
    if (known === undefined || holder.rank > known.rank) this.#holders.set(holder.subject, holder);
  }

  /** One Schedule per site: its id comes from the site's, so that a vendor's several Schedules fall together. */
  #place(
    resource: JsonObject,
    location: JsonObject | undefined,
    holder: Holder,
    profile: string,
    /** JSON of the actors before the site, with their comma. */
    holderActor: string,
    readSite: (id: string) => Site | SiteFailure,
  ): ReadPlace | PlaceFailure {
    const key = `${holder.subject}|${this.#index.keyOf(resource)}`;
    const shown = this.#bySite.get(key);
    if (shown !== undefined) {
      this.#repaired.add('schedule-merged');
      return shown;
    }
    const { editor, hash, memory } = this.#question;
    let known = memory.sites.get(resource);
    if (known?.key !== key || known.holder !== holder || known.location !== location) {
      // One id for the place's Schedule and for its site: ids are told apart by type.
      const id = `${editor}-${hash(`${editor}|${key}`)}`;
      const text = `{"resourceType":"Schedule","id":"${id}","meta":{"profile":["${profile}"]},"actor":[${holderActor}{"reference":"${resource.resourceType}/${id}"}]}`;
      const names = namesOf(resource, location);
      known = { key, holder, location, names, schedule: { type: 'Schedule', id, text }, site: readSite(id) };
      memory.sites.set(resource, known);
    }
    return this.#keepPlace(known);
  }

  #keepPlace({ key, holder, schedule, site, names }: KnownSite): ReadPlace | PlaceFailure {
    if (typeof site === 'string') return site;
    this.#repaired.addAll(site.repairs);
    const place: ReadPlace = {
      schedule,
      site: site.resource,
      ...(site.vendorStructure === undefined ? {} : { vendorStructure: site.vendorStructure }),
      names,
      rows: [],
      idHead: schedule.id.slice(0, this.#question.editor.length + 1 + ID_HEAD_LENGTH),
      contents: undefined,
    };
    this.#bySite.set(key, place);
    const places = this.#places.get(holder.subject);
    if (places === undefined) this.#places.set(holder.subject, [place]);
    else places.push(place);
    return place;
  }
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
