// Reading and editing a Bundle held as objects, for the faults that alter content.

import type { FhirResource, Schedule, Slot } from 'fhir/r4';
import type { FhirBundle, FhirEntry } from './bundle.ts';

export function slotsOf(bundle: FhirBundle): readonly Slot[] {
  return resourcesOf(bundle).filter((resource) => resource.resourceType === 'Slot');
}

export function schedulesOf(bundle: FhirBundle): readonly Schedule[] {
  return resourcesOf(bundle).filter((resource) => resource.resourceType === 'Schedule');
}

export function resourcesOf(bundle: FhirBundle): readonly FhirResource[] {
  return (bundle.entry ?? []).flatMap((entry) => entry.resource ?? []);
}

function entryOf(bundle: FhirBundle, resource: FhirResource): FhirEntry | undefined {
  return bundle.entry?.find((entry) => entry.resource === resource);
}

/** Adds entries whose `fullUrl` is not there yet, and counts the new slots. */
export function appendEntries(bundle: FhirBundle, entries: readonly FhirEntry[]): void {
  const present = new Set(bundle.entry?.map(({ fullUrl }) => fullUrl));
  const added = entries.filter(({ fullUrl }) => !present.has(fullUrl));
  if (added.length === 0) return;
  bundle.entry = [...(bundle.entry ?? []), ...added];
  const slots = added.filter(({ resource }) => resource?.resourceType === 'Slot').length;
  if (bundle.total !== undefined) bundle.total += slots;
}

/** A copy of a resource's entry under another id. */
export function copyEntry(bundle: FhirBundle, resource: FhirResource, id: string): FhirEntry {
  const entry = entryOf(bundle, resource);
  if (entry === undefined) throw new Error('ressource absente du Bundle');
  const copy = structuredClone(entry);
  copy.fullUrl = entry.fullUrl?.replace(/[^/]+$/, id) ?? id;
  if (copy.resource !== undefined) copy.resource.id = id;
  return copy;
}

/** Calls `visit` on every object inside a value, itself included. */
export function walk(value: unknown, visit: (object: Record<string, unknown>) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit);
  } else if (isObject(value)) {
    visit(value);
    for (const item of Object.values(value)) walk(item, visit);
  }
}

/** Replaces every reference to another resource of the Bundle (not `#contained`). */
export function mapReferences(value: unknown, change: (reference: string) => string): void {
  walk(value, (object) => {
    if (typeof object.reference === 'string' && !object.reference.startsWith('#')) {
      object.reference = change(object.reference);
    }
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
