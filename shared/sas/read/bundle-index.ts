// Finds resources by the references a vendor writes: relative, absolute, urn:uuid, with or without a version.

import { asList, asObject, asText, type JsonObject, objectsOf } from '../../fhir/json.ts';

export class BundleIndex {
  readonly #byReference = new Map<string, JsonObject>();
  readonly #keys = new Map<JsonObject, string>();
  readonly slots: JsonObject[] = [];
  entries = 0;

  /** Takes the entries of one page; a resource met again (overlapping pages) keeps its first version. */
  add(bundle: JsonObject): void {
    for (const item of asList(bundle.entry)) {
      this.entries += 1;
      const entry = asObject(item);
      const resource = entry === undefined ? undefined : asObject(entry.resource);
      if (entry === undefined || resource === undefined) continue;
      if (resource.resourceType === 'Slot') this.slots.push(resource);
      else this.#remember(entry, resource);
    }
  }

  #remember(entry: JsonObject, resource: JsonObject): void {
    const { resourceType, id } = resource;
    if (typeof resourceType !== 'string') return;
    const key = asText(id) ?? asText(entry.fullUrl);
    if (key !== undefined) this.#keys.set(resource, key);
    if (typeof id === 'string') this.#keep(`${resourceType}/${id}`, resource);
    if (typeof entry.fullUrl === 'string') this.#keep(entry.fullUrl, resource);
  }

  #keep(key: string, resource: JsonObject): void {
    if (!this.#byReference.has(key)) this.#byReference.set(key, resource);
  }

  /** What the vendor calls this resource: its id, else its fullUrl, else nothing. */
  keyOf(resource: JsonObject): string {
    return this.#keys.get(resource) ?? '';
  }

  /** The resource of that type that a Reference leads to. */
  resolve(reference: JsonObject | undefined, type: string): JsonObject | undefined {
    const text = reference?.reference;
    if (typeof text !== 'string') return undefined;
    const found = this.#byReference.get(text) ?? this.#byReference.get(relativeForm(text));
    return found?.resourceType === type ? found : undefined;
  }

  /** The first resource of that type among several references. */
  resolveFirst(references: unknown, type: string): JsonObject | undefined {
    for (const reference of objectsOf(references)) {
      const found = this.resolve(reference, type);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** `Type/id` out of `https://host/base/Type/id/_history/2`. */
function relativeForm(reference: string): string {
  const path = reference
    .trim()
    .replace(/\/_history\/[^/]*$/, '')
    .replace(/\/$/, '');
  const last = path.lastIndexOf('/');
  return path.slice(path.lastIndexOf('/', last - 1) + 1);
}

/** The vendor's own id, for counting. */
export function vendorId(resource: JsonObject): string | undefined {
  return asText(resource.id);
}
