// What vendors' servers make of the resources around a slot: people, agendas, places that are confused, out of use or
// referred to otherwise.

import type { Json } from '../vendor-bundle.ts';
import type { Random } from './random.ts';
import { anyOne, entriesOf, HOSTILE, isObj, type Mutation, one, resourcesOf, set } from './reach.ts';
import { PEOPLE } from './sound.ts';

const modifier = { modifierExtension: [{ url: 'https://vendor.example/annule', valueBoolean: true }] };

export const RESOURCE_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'two practitioners on an agenda': one('Schedule', (schedule, answer) => {
    const others = resourcesOf(answer, 'Schedule').flatMap(({ actor }) =>
      Array.isArray(actor) ? actor : [],
    );
    schedule.actor = [
      ...(Array.isArray(schedule.actor) ? schedule.actor : []),
      answer.random.pick([...others, {}]),
    ];
  }),
  'an agenda of another': one('Slot', (slot, answer) => {
    slot.schedule = answer.random.pick(resourcesOf(answer, 'Slot')).schedule;
  }),
  'a role of another': one('PractitionerRole', (role, answer) => {
    role.practitioner = answer.random.pick(resourcesOf(answer, 'PractitionerRole')).practitioner;
  }),
  'actors in words only': set('Schedule', (random) => ({
    actor: random.pick<unknown>([
      [{ display: 'Dr Hélène' }],
      [{ identifier: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: PEOPLE[0] } }],
      [],
    ]),
  })),
  'numbers of two': one('Practitioner', (person, { random }) => {
    const value = random.pick([...PEOPLE, '0759900017', 'RPPS']);
    const more = { system: 'urn:oid:1.2.250.1.71.4.2.1', value, ...(random.often(0.3) && { use: 'old' }) };
    person.identifier = random.shuffled([
      ...(Array.isArray(person.identifier) ? person.identifier : []),
      more,
    ]);
  }),
  'a number of another system': one('Practitioner', (person, { random }) => {
    person.identifier = [
      { system: random.pick(['https://vendor.example/ids', '', null]), value: random.pick(PEOPLE) },
    ];
  }),
  'an id with two contents': anyOne((resource, { pages, random }) => {
    const [key] = random.shuffled(
      Object.keys(resource).filter((name) => name !== 'id' && name !== 'resourceType'),
    );
    const copy: Json = structuredClone(resource);
    if (key !== undefined) copy[key] = random.pick(HOSTILE);
    const bundle = random.pick(pages);
    const entry = entriesOf(bundle).find((one) => one?.resource === resource);
    entriesOf(bundle).push({ ...entry, resource: copy });
  }),
  'out of use': anyOne((resource, { random }) => {
    if (resource.resourceType === 'Location')
      resource.status = random.pick(['suspended', 'inactive', 'fermé', 'Active']);
    else resource.active = random.pick<unknown>([false, false, 'false', true, null]);
  }),
  'a place out of use': one('PractitionerRole', (role, { random }) => {
    for (const place of Array.isArray(role.contained) ? (role.contained as Json[]) : [])
      if (isObj(place))
        Object.assign(place, random.pick([{ status: 'suspended' }, { status: 'x' }, modifier]));
  }),
  'a modifier': anyOne(
    (resource, { random }) =>
      void Object.assign(
        resource,
        random.pick<Json>([modifier, { implicitRules: 'https://vendor.example/r' }]),
      ),
  ),
  'an old telephone or address': anyOne((resource) => {
    for (const list of [resource.telecom, resource.address, resource.name].flat())
      if (isObj(list)) list.use = 'old';
  }),
  'another reference': anyOne((resource, answer) => {
    const key = elementThatRefers(resource, answer.random);
    if (key === undefined) return;
    const name = answer.random.pick([
      'Schedule/a1',
      'schedule/a1',
      'a1',
      '#lieu',
      'https://b.example/fhir/Schedule/a1',
      'urn:uuid:x',
      '/Practitioner/p2',
      'Practitioner/p1?x=1',
    ]);
    resource[key] = answer.random.pick<unknown>([
      { reference: name },
      name,
      [{ reference: name }],
      { identifier: { value: PEOPLE[0] } },
      { display: 'x' },
    ]);
  }),
  'a type in another case': anyOne((resource, { random }) => {
    const type = String(resource.resourceType);
    resource.resourceType = random.pick([
      type.toLowerCase(),
      type.toUpperCase(),
      ` ${type}`,
      'Creneau',
      undefined,
      null,
      [type],
    ]);
  }),
};

/** An element of it that refers. */
function elementThatRefers(resource: Json, random: Random): string | undefined {
  const keys = ['schedule', 'actor', 'practitioner', 'location', 'managingOrganization', 'providedBy'].filter(
    (key) => key in resource,
  );
  return keys.length === 0 ? undefined : random.pick(keys);
}
