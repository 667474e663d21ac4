// Reading a vendor's Bundle by type and profile, as ANS's kit does, with the path of each resource for messages.
// Tolerates anything: what is not there is simply not found.

import { asList, asObject, type JsonObject, objectsOf } from '../shared/fhir/json.ts';

export interface Found {
  readonly resource: JsonObject;
  /** FHIRPath, e.g. `Bundle.entry[3].resource`. */
  readonly path: string;
}

export class BundleView {
  readonly bundle: JsonObject;
  readonly resources: readonly Found[];

  constructor(bundle: JsonObject) {
    this.bundle = bundle;
    this.resources = asList(bundle.entry).flatMap((entry, index) => {
      const resource = asObject(asObject(entry)?.resource);
      return resource === undefined ? [] : [{ resource, path: `Bundle.entry[${index}].resource` }];
    });
  }

  of(type: string): readonly Found[] {
    return this.resources.filter(({ resource }) => resource.resourceType === type);
  }

  /** Those whose only profile is that one: how the kit tells resources apart. */
  under(type: string, ...profiles: readonly string[]): readonly Found[] {
    return this.of(type).filter(({ resource }) => {
      const declared = asList(asObject(resource.meta)?.profile);
      return declared.length === 1 && profiles.includes(String(declared[0]));
    });
  }
}

/** Why nothing is judged when a type did not come: A10 and A6 say whether it should have. */
export function none(type: string): string {
  return `aucun ${type} n’est reçu`;
}

/** What a check says of each resource of a type; `none` of it when there is none. */
export function forEach<T>(
  view: BundleView,
  type: string,
  check: (found: Found) => readonly T[],
): readonly T[] | string {
  const found = view.of(type);
  return found.length === 0 ? none(type) : found.flatMap(check);
}

export function idOf({ resource }: Found): string {
  return String(resource.id ?? '');
}

export function referenceOf(value: unknown): string | undefined {
  const reference = asObject(value)?.reference;
  return typeof reference === 'string' ? reference : undefined;
}

/** Codes of a CodeableConcept or of a list of them. */
export function codesOf(value: unknown): readonly string[] {
  const concepts = Array.isArray(value) ? objectsOf(value) : objectsOf([value]);
  return concepts.flatMap(({ coding }) =>
    objectsOf(coding).flatMap(({ code }) => (typeof code === 'string' ? [code] : [])),
  );
}

/** Slot kinds of a slot. */
export function kindsOf(slot: JsonObject): readonly string[] {
  return objectsOf(asObject(slot.meta)?.security).flatMap(({ code }) =>
    typeof code === 'string' ? [code] : [],
  );
}

export function firstValue(identifiers: unknown): string | undefined {
  const value = objectsOf(identifiers)[0]?.value;
  return typeof value === 'string' ? value : undefined;
}
