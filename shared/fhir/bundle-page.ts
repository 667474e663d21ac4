// The resources of one Bundle by all that a reference in it may call them (R4 bundle.html#references). Pure.

import type { JsonObject } from './json.ts';
import { type ParsedReference, parseReference } from './reference.ts';

/** A resource where it stands: its references are resolved from there. One per entry, so it may serve as a key. */
export interface Found {
  readonly resource: JsonObject;
  readonly scope: Scope;
  /** What contains it, when it is contained. */
  readonly container?: Found;
}

/** Where ids hold: one base on one page. */
export interface Scope {
  readonly page: BundlePage;
  /** Empty where the entry does not tell it. */
  readonly base: string;
  /** Where references of this scope led, by their text. */
  readonly followed: Map<string, Led>;
}

/** Where a reference leads: to one resource, to several that differ, or nowhere. */
export type Led = Found | 'ambiguous' | undefined;

/** Marks of keys, so that no two kinds of them are one. */
const EXACT = '=';
const BARE = '.';
const ANY = '*';

/** The base that an entry tells, by entry: told once of those that come again. */
export type KnownBases = WeakMap<JsonObject, string>;

/** One page, filled entry by entry, then asked for references. */
export class BundlePage {
  readonly #bases: KnownBases;
  readonly #byKey = new Map<string, Found | 'ambiguous'>();
  readonly #scopes = new Map<string, Scope>();
  /** Of the last entry: its fullUrl up to type and id. */
  #last: { readonly prefix: string; readonly scope: Scope } | undefined;

  constructor(bases: KnownBases) {
    this.#bases = bases;
  }

  scopeOf(entry: JsonObject, resource: JsonObject): Scope {
    const base = this.#bases.get(entry);
    if (base !== undefined) return this.#scope(base);
    const scope = this.#newScopeOf(entry, resource);
    this.#bases.set(entry, scope.base);
    return scope;
  }

  /** Slots by the thousand have one base: it is recognised before anything is taken apart. */
  #newScopeOf({ fullUrl }: JsonObject, { resourceType, id }: JsonObject): Scope {
    if (typeof fullUrl !== 'string' || typeof resourceType !== 'string') return this.#scope('');
    if (this.#last !== undefined && typeof id === 'string') {
      const { prefix, scope } = this.#last;
      const isSame =
        fullUrl.length === prefix.length + resourceType.length + 1 + id.length &&
        fullUrl.startsWith(prefix) &&
        fullUrl.startsWith(resourceType, prefix.length) &&
        fullUrl[prefix.length + resourceType.length] === '/' &&
        fullUrl.endsWith(id);
      if (isSame) return scope;
    }
    const { base, tail } = parseReference(fullUrl);
    if (base === undefined || tail?.startsWith(`${resourceType}/`) !== true) return this.#scope('');
    const scope = this.#scope(base);
    if (fullUrl.endsWith(`/${tail}`)) this.#last = { prefix: fullUrl.slice(0, -tail.length), scope };
    return scope;
  }

  #scope(base: string): Scope {
    let scope = this.#scopes.get(base);
    if (scope === undefined) {
      scope = { page: this, base, followed: new Map() };
      this.#scopes.set(base, scope);
    }
    return scope;
  }

  /**
   * Keeps it under its fullUrl and under its id; what has another content there already makes it ambiguous.
   * @returns the keys by which it is known in its own scope
   */
  keep({ fullUrl }: JsonObject, found: Found): string[] {
    const { resourceType, id } = found.resource;
    if (typeof resourceType !== 'string') return [];
    const { base } = found.scope;
    const tail = typeof id === 'string' ? `${resourceType}/${id}` : undefined;
    const own = tail === undefined ? [] : [ownKey(base, tail)];
    if (tail !== undefined) this.#keep(ANY + tail, found);
    if (typeof fullUrl === 'string' && !(base !== '' && tail !== undefined && fullUrl.endsWith(tail))) {
      const { tail: other, exact } = parseReference(fullUrl);
      if (exact.startsWith('urn:')) own.push(EXACT + exact);
      else this.#keep(EXACT + exact, found);
      if (other !== tail && other?.startsWith(`${resourceType}/`) === true) {
        own.push(ownKey(base, other));
        this.#keep(ANY + other, found);
      }
    }
    for (const key of own) this.#keep(key, found);
    return own;
  }

  #keep(key: string, found: Found): void {
    const before = this.#byKey.get(key);
    if (before === undefined) this.#byKey.set(key, found);
    else if (before !== 'ambiguous' && !isSame(before, found)) this.#byKey.set(key, 'ambiguous');
  }

  get(key: string): Led {
    return this.#byKey.get(key);
  }

  /** `from`: base of the entry that refers, empty where it is not told. */
  find({ base, tail, exact }: ParsedReference, from: string): Led {
    if (tail === undefined) return this.#byKey.get(EXACT + exact);
    if (base === undefined && from === '') return this.#byKey.get(ANY + tail);
    return (
      this.#byKey.get(`${base ?? from}/${tail}`) ??
      this.#byKey.get(EXACT + exact) ??
      // A resource that does not tell its base may be of any.
      this.#byKey.get(BARE + tail)
    );
  }
}

function ownKey(base: string, tail: string): string {
  return base === '' ? BARE + tail : `${base}/${tail}`;
}

/** One content in one base, whatever its version says. */
export function isSame(one: Found, other: Found): boolean {
  if (one.scope.base !== other.scope.base) return false;
  return one.resource === other.resource || contentOf(one.resource) === contentOf(other.resource);
}

function contentOf({ meta: _meta, ...content }: JsonObject): string {
  return JSON.stringify(content);
}
