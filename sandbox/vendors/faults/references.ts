// Faults in the way resources are named and refer to each other. References still resolve inside the Bundle.

import { createHash } from 'node:crypto';
import type { FhirBundle, FhirEntry } from '../search/bundle.ts';
import {
  appendEntries,
  copyEntry,
  mapReferences,
  resourcesOf,
  schedulesOf,
  slotsOf,
} from '../search/bundle-edit.ts';
import type { ContentContext } from './content-context.ts';
import type { TakenFault } from './faults.ts';

export function lengthenIds(bundle: FhirBundle, _context: ContentContext, fault: TakenFault): void {
  const length = fault.number('length');
  const lengthen = (name: string) => (name.length >= length ? name : `${name}-`.padEnd(length, 'x'));
  for (const entry of bundle.entry ?? []) {
    if (entry.resource?.id === undefined) continue;
    const id = lengthen(entry.resource.id);
    entry.fullUrl = entry.fullUrl?.replace(/[^/]+$/, id) ?? id;
    entry.resource.id = id;
  }
  mapReferences(bundle.entry, (reference) => {
    const [type, id = ''] = reference.split('/');
    return `${type}/${lengthen(id)}`;
  });
}

export function writeAbsolute(bundle: FhirBundle, { practice }: ContentContext): void {
  mapReferences(bundle.entry, (reference) => `${practice.base}/${reference}`);
}

export function writeUrns(bundle: FhirBundle): void {
  for (const entry of bundle.entry ?? []) {
    if (entry.resource !== undefined)
      entry.fullUrl = nameUrn(`${entry.resource.resourceType}/${entry.resource.id}`);
  }
  mapReferences(bundle.entry, nameUrn);
}

/** A Schedule for each local day that has slots, the first keeping its id. */
export function splitSchedulesByDay(bundle: FhirBundle): void {
  const added: FhirEntry[] = [];
  for (const schedule of schedulesOf(bundle)) {
    const slots = slotsOf(bundle).filter((slot) => slot.schedule.reference === `Schedule/${schedule.id}`);
    const days = [...new Set(slots.map(({ start }) => start.slice(0, 10)))].slice(1);
    for (const day of days) {
      const id = `${schedule.id}-${day}`;
      added.push(copyEntry(bundle, schedule, id));
      for (const slot of slots) {
        if (slot.start.startsWith(day)) slot.schedule.reference = `Schedule/${id}`;
      }
    }
  }
  appendEntries(bundle, added);
}

/** Every practitioner has a twin (with its own role and schedule) that holds every second slot. */
export function doublePractitioners(bundle: FhirBundle): void {
  const rename = new Map<string, string>();
  const copies: FhirEntry[] = [];
  const schedules = schedulesOf(bundle).map(({ id }) => `Schedule/${id}`);
  for (const resource of resourcesOf(bundle)) {
    if (!['Practitioner', 'PractitionerRole', 'Schedule'].includes(resource.resourceType)) continue;
    const twin = `${resource.id}-bis`;
    rename.set(`${resource.resourceType}/${resource.id}`, `${resource.resourceType}/${twin}`);
    copies.push(copyEntry(bundle, resource, twin));
  }
  mapReferences(copies, (reference) => rename.get(reference) ?? reference);
  for (const schedule of schedules) {
    const slots = slotsOf(bundle).filter((slot) => slot.schedule.reference === schedule);
    slots.forEach((slot, rank) => {
      if (rank % 2 === 1) slot.schedule.reference = rename.get(schedule) ?? schedule;
    });
  }
  appendEntries(bundle, copies);
}

/** The same name for the same resource, in every answer. */
function nameUrn(reference: string): string {
  const hex = createHash('sha256').update(reference).digest('hex');
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
