// Faults that real servers were reported for: lists in another shape, ids that hold for one practice only, agendas
// out of use, answers that say themselves that they are not whole. Each keeps the rest of the Bundle sound.

import type { OperationOutcome } from 'fhir/r4';
import type { FhirBundle, FhirEntry } from '../search/bundle.ts';
import { copyEntry, mapReferences, resourcesOf, schedulesOf, slotsOf, walk } from '../search/bundle-edit.ts';
import { IDNPS_SYSTEM } from '../search/codes.ts';
import type { ContentContext } from './content-context.ts';
import type { TakenFault } from './faults.ts';

const CONFIDENTIALITY = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' };

/** Parameter `form`: `entry` as an object, one entry without list, a list in the list, a Bundle in the Bundle, none. */
export function reshapeEntries(bundle: FhirBundle, _context: ContentContext, fault: TakenFault): void {
  const entries = bundle.entry ?? [];
  const forms: Readonly<Record<string, () => unknown>> = {
    // Keys with gaps: what PHP makes of a filtered array.
    object: () => Object.fromEntries(entries.map((entry, rank) => [String(rank * 2), entry])),
    single: () => entries[0],
    nested: () => [entries],
    bundles: () => [{ resource: { resourceType: 'Bundle', type: 'searchset', entry: entries } }],
    absent: () => undefined,
  };
  Object.assign(bundle, { entry: forms[fault.text('form')]?.() });
}

/**
 * Each agenda as a practice of its own, all practices with the same ids. Parameter `fullUrls`: `own` tells them apart
 * by the base of `fullUrl`; `same` does not, so that an id stands for two contents.
 */
export function mixBases(bundle: FhirBundle, { practice }: ContentContext, fault: TakenFault): void {
  const own = fault.text('fullUrls') === 'own';
  const mixed: FhirEntry[] = [];
  schedulesOf(bundle).forEach((schedule, rank) => {
    const base = own ? `https://cabinet-${rank + 1}.${practice.id}.sandbox.test/fhir` : practice.base;
    const names = new Map<string, string>();
    const counts = new Map<string, number>();
    const members = membersOf(bundle, `Schedule/${schedule.id}`);
    for (const { resource } of members) {
      if (resource === undefined) continue;
      const { resourceType: type, id } = resource;
      const count = (counts.get(type) ?? 0) + 1;
      counts.set(type, count);
      names.set(`${type}/${id}`, `${type}/${count}`);
    }
    for (const entry of structuredClone(members)) {
      const name = names.get(`${entry.resource?.resourceType}/${entry.resource?.id}`) ?? '';
      if (entry.resource !== undefined) entry.resource.id = name.split('/')[1] ?? '';
      entry.fullUrl = `${base}/${name}`;
      mapReferences(entry, (reference) => names.get(reference) ?? reference);
      mixed.push(entry);
    }
  });
  if (bundle.entry !== undefined) bundle.entry = mixed;
}

/** A schedule, its slots, and all that they lead to. */
function membersOf(bundle: FhirBundle, schedule: string): readonly FhirEntry[] {
  const entries = bundle.entry ?? [];
  const named = new Map(
    entries.map((entry) => [`${entry.resource?.resourceType}/${entry.resource?.id}`, entry]),
  );
  const members = new Set(
    entries.filter(
      ({ resource }) => resource?.resourceType === 'Slot' && resource.schedule.reference === schedule,
    ),
  );
  const own = named.get(schedule);
  if (own !== undefined) members.add(own);
  // A Set gives what is added to it while it is read.
  for (const entry of members) {
    walk(entry, ({ reference }) => {
      const next = typeof reference === 'string' ? named.get(reference) : undefined;
      if (next !== undefined) members.add(next);
    });
  }
  return [...members];
}

/** Parameter `what`: `schedule`, `role` and `location` are out of use; `modifier` changes the sense of the slots. */
export function putOutOfUse(bundle: FhirBundle, _context: ContentContext, fault: TakenFault): void {
  const modifierExtension = [{ url: 'https://editeur.sandbox.test/fhir/sens-inverse', valueBoolean: true }];
  const marks: Readonly<Record<string, readonly [string, object]>> = {
    schedule: ['Schedule', { active: false }],
    role: ['PractitionerRole', { active: false }],
    location: ['Location', { status: 'suspended' }],
    modifier: ['Slot', { modifierExtension }],
  };
  const [type, mark] = marks[fault.text('what')] ?? [];
  walk(bundle.entry, (object) => {
    if (object.resourceType === type) Object.assign(object, mark);
  });
}

/** Every second slot is left out, and an OperationOutcome says that the answer is not whole. */
export function sayIncomplete(bundle: FhirBundle): void {
  const left = new Set<unknown>(slotsOf(bundle).filter((_slot, rank) => rank % 2 === 1));
  const resource: OperationOutcome = {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code: 'incomplete', diagnostics: 'un cabinet n’a pas répondu' }],
  };
  bundle.entry = [
    ...(bundle.entry ?? []).filter((entry) => !left.has(entry.resource)),
    { resource, search: { mode: 'outcome' } },
  ];
  if (bundle.total !== undefined) bundle.total -= left.size;
}

/** Every second slot is left out, `total` says how many there are, and no `next` leads to the others. */
export function cutShort(bundle: FhirBundle): void {
  const left = new Set<unknown>(slotsOf(bundle).filter((_slot, rank) => rank % 2 === 1));
  bundle.entry = bundle.entry?.filter(({ resource }) => !left.has(resource));
}

/** Each Schedule also names somebody else of the practice, as an agenda kept for two does. */
export function shareSchedules(bundle: FhirBundle, { practice }: ContentContext): void {
  const practitioners = resourcesOf(bundle).filter((resource) => resource.resourceType === 'Practitioner');
  const [first] = practitioners;
  if (first === undefined) return;
  let others = practitioners.map(({ id }) => `Practitioner/${id}`);
  if (others.length === 1) {
    const known = first.identifier?.[0]?.value;
    const other = practice.directory.practitioners.find(({ person }) => person.identifier !== known);
    const entry = copyEntry(bundle, first, 'associe');
    walk(entry, (object) => {
      if (object.system === IDNPS_SYSTEM) object.value = other?.person.identifier;
    });
    bundle.entry?.push(entry);
    others = [...others, 'Practitioner/associe'];
  }
  for (const schedule of schedulesOf(bundle)) {
    const named = schedule.actor.map(({ reference }) => reference);
    const reference = others.find((name) => !named.includes(name));
    if (reference !== undefined) schedule.actor.push({ reference });
  }
}

/** The slots lose their kind and carry a label of another system. */
export function labelOtherwise(bundle: FhirBundle): void {
  for (const slot of slotsOf(bundle)) slot.meta = { ...slot.meta, security: [CONFIDENTIALITY] };
}

export function versionReferences(bundle: FhirBundle): void {
  mapReferences(bundle.entry, (reference) => `${reference}/_history/1`);
  for (const resource of resourcesOf(bundle)) resource.meta = { ...resource.meta, versionId: '1' };
}
