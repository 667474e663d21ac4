// Finds resources by the references a vendor writes: relative, absolute, contained, urn:uuid, with or without a version.
// An id holds where it was written (R4 bundle.html#references): a relative reference is resolved against the base of its
// own entry's fullUrl, and in its own page first. Two contents under one id in one such scope are ambiguous: a reference
// to them leads nowhere, never to the other one.

import { isAnything, itemsOf, visitEntries } from '../../../fhir/bundle-entries.ts';
import {
  BundlePage,
  type Found,
  isSame,
  type KnownBases,
  type Led,
  type Scope,
} from '../../../fhir/bundle-page.ts';
import { asObject, asText, type JsonObject, objectsOf } from '../../../fhir/json.ts';
import { type ParsedReference, parseReference } from '../../../fhir/reference.ts';
import { RESOURCE_TYPES } from '../../../fhir/resource-types.ts';

/** Several references of one element, followed. */
export interface FoundAll {
  /** Each resource once. */
  readonly found: readonly Found[];
  /** How many are of that type by their text, and lead nowhere. */
  readonly lost: number;
  readonly isAmbiguous: boolean;
}

/** The resources of one answer, all its pages together. */
export class BundleIndex {
  readonly #bases: KnownBases;
  readonly slots: Found[] = [];
  readonly #pages: BundlePage[] = [];
  readonly #contained = new Map<Found, Map<string, Found | 'ambiguous'>>();
  /** Some id has another content on another page: ids hold for one page only. */
  #idsConflict = false;
  entries = 0;
  /** Items of entry lists that could not be read. */
  unread = 0;

  constructor(bases: KnownBases) {
    this.#bases = bases;
  }

  /**
   * Takes the entries of one page. Called before anything is resolved.
   * @param hear gets each resource that is no Slot
   * @param look gets what stands in an entry beside its resource: an outcome (R4 Bundle.entry.response), who knows
   */
  add(bundle: JsonObject, hear: (resource: JsonObject) => void, look: (beside: object) => void): void {
    const page = new BundlePage(this.#bases);
    this.#pages.push(page);
    const unread = visitEntries(bundle.entry, (entry, resource) => {
      this.entries += 1;
      const found = { resource, scope: page.scopeOf(entry, resource) };
      for (const name in entry) if (!isUsual(name)) look([entry[name]]);
      if (resource.resourceType === 'Slot') this.slots.push(found);
      else {
        this.#remember(page, entry, found);
        hear(resource);
      }
    });
    // After the visit: a Bundle within it counts its own meanwhile.
    this.unread += unread;
  }

  #remember(page: BundlePage, entry: JsonObject, found: Found): void {
    for (const key of page.keep(entry, found)) {
      for (const other of this.#pages) {
        const before = other === page ? undefined : other.get(key);
        if (before !== undefined && (before === 'ambiguous' || !isSame(before, found)))
          this.#idsConflict = true;
      }
    }
  }

  /** The resource of that type that a Reference of `from` leads to. */
  resolve(reference: JsonObject | undefined, type: string, from: Found): Led {
    const led = this.#lead(reference, from);
    return led === 'ambiguous' || led?.resource.resourceType === type ? led : undefined;
  }

  #lead(reference: JsonObject | undefined, from: Found): Led {
    const text = reference?.reference;
    if (typeof text !== 'string') return undefined;
    return text.startsWith('#') ? this.#own(text.slice(1), from) : this.#follow(text, from.scope);
  }

  /** All resources of that type among references, written as a list or as one. */
  resolveAll(references: unknown, type: string, from: Found): FoundAll {
    const found = new Set<Found>();
    let lost = 0;
    let isAmbiguous = false;
    for (const item of itemsOf(references) ?? []) {
      if (item === undefined || item === null) continue;
      const reference = asObject(item);
      const led = this.#lead(reference, from);
      if (led === 'ambiguous') isAmbiguous = true;
      else if (led !== undefined) {
        if (led.resource.resourceType === type) found.add(led);
      } else if (mayBeOf(reference, type)) lost += 1;
    }
    return { found: [...found], lost, isAmbiguous };
  }

  #follow(text: string, scope: Scope): Led {
    const { followed } = scope;
    let led = followed.get(text);
    if (led === undefined && !followed.has(text)) {
      led = this.#lookUp(text, scope);
      followed.set(text, led);
    }
    return led;
  }

  #lookUp(text: string, { page, base }: Scope): Led {
    const reference = parseReference(text);
    const own = page.find(reference, base);
    if (own !== undefined) return own === 'ambiguous' ? own : this.#firstOf(own, reference);
    let found: Found | undefined;
    for (const other of this.#pages) {
      const led = other === page ? undefined : other.find(reference, base);
      if (led === undefined) continue;
      // Where ids hold for one page only, another page's is somebody else's.
      if (led === 'ambiguous' || this.#idsConflict || (found !== undefined && !isSame(found, led)))
        return 'ambiguous';
      found ??= led;
    }
    return found;
  }

  /** Pages repeat what their slots share: then it is the first page's. */
  #firstOf(own: Found, reference: ParsedReference): Found {
    if (this.#idsConflict) return own;
    for (const page of this.#pages) {
      if (page === own.scope.page) break;
      const led = page.find(reference, own.scope.base);
      if (led !== undefined && led !== 'ambiguous' && isSame(led, own)) return led;
    }
    return own;
  }

  /** In `contained` of the resource, or of what contains it. */
  #own(id: string, from: Found): Led {
    const container = from.container ?? from;
    let contained = this.#contained.get(container);
    if (contained === undefined) {
      contained = new Map();
      for (const resource of objectsOf(container.resource.contained)) {
        const name = asText(resource.id)?.replace(/^#/, '');
        if (name === undefined) continue;
        const found = { resource, scope: container.scope, container };
        contained.set(name, contained.has(name) ? 'ambiguous' : found);
      }
      this.#contained.set(container, contained);
    }
    return contained.get(id);
  }
}

/** Of an entry of a search's answer. Compared by hand: it is asked of three names an entry. */
function isUsual(name: string): boolean {
  return name === 'resource' || name === 'fullUrl' || name === 'search';
}

/** What leads nowhere may be of that type, unless it says another; a name alone refers to nothing. */
function mayBeOf(reference: JsonObject | undefined, type: string): boolean {
  if (reference === undefined) return true;
  const { reference: text, identifier, type: said } = reference;
  if (typeof said === 'string') return said === type;
  if (!isAnything(text) && !isAnything(identifier)) return false;
  const named = typeof text === 'string' ? text.split(/[/?]/).filter((part) => RESOURCE_TYPES.has(part)) : [];
  return named.length === 0 || named.includes(type);
}

/** The vendor's own id, for counting. */
export function vendorId(resource: JsonObject): string | undefined {
  return asText(resource.id);
}
