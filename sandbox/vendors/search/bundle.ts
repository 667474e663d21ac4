// Writes the searchset. Entries are kept as JSON text and joined: under load the vendor must cost less than the
// gateway it serves. Faults that alter the content read the text back into objects (`parseBundle`).

import type { Bundle, BundleEntry, FhirResource } from 'fhir/r4';

export type FhirBundle = Bundle<FhirResource>;
export type FhirEntry = BundleEntry<FhirResource>;
export type SearchMode = 'match' | 'include';

export interface SearchResult {
  readonly profile: string;
  /** The address asked, as the answer repeats it. */
  readonly self: string;
  /** Number of slots, in every flow. */
  readonly total: number;
  /** JSON of each entry, in order. */
  readonly entries: readonly string[];
}

/** Collects entries, each resource once. */
export class EntryList {
  readonly #seen = new Set<string>();
  readonly entries: string[] = [];

  /** `make` is called the first time only. */
  add(type: FhirResource['resourceType'], id: string, make: () => string): void {
    const key = `${type}/${id}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.entries.push(make());
  }
}

export function writeEntry(base: string, resource: FhirResource, mode: SearchMode): string {
  const entry: FhirEntry = {
    fullUrl: `${base}/${resource.resourceType}/${resource.id ?? ''}`,
    resource,
    search: { mode },
  };
  return JSON.stringify(entry);
}

/** The empty answer has no `entry` at all, as the guide's questions and answers ask. */
export function writeBundle(result: SearchResult): string {
  const head = JSON.stringify({
    resourceType: 'Bundle',
    meta: { profile: [result.profile] },
    type: 'searchset',
    total: result.total,
    link: [{ relation: 'self', url: result.self }],
  });
  return result.entries.length === 0 ? head : `${head.slice(0, -1)},"entry":[${result.entries.join(',')}]}`;
}

/** A copy that may be altered freely. */
export function parseBundle(result: SearchResult): FhirBundle {
  return JSON.parse(writeBundle(result));
}
