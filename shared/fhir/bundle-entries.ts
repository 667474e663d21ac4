// The entries of a Bundle in whatever form of list they were written: as FHIR wants it; as an object with numbers for
// keys (PHP, of a list with holes); one entry without its list; lists in the list; resources without their entry.
// What is none of these is counted, for it may have held anything. Pure.

import { asObject, type JsonObject } from './json.ts';

export type EntryVisitor = (entry: JsonObject, resource: JsonObject) => void;

const BARE: JsonObject = {};

/** @returns how many items are no entry with a resource. A list that is absent or null has none. */
export function visitEntries(written: unknown, visit: EntryVisitor): number {
  if (written === undefined || written === null) return 0;
  if (Array.isArray(written)) {
    let unread = 0;
    for (const item of written as unknown[]) {
      if (item === null || (Array.isArray(item) && item.length === 0)) unread += 1;
      else if (!isVisited(item, visit)) unread += visitEntries(item, visit);
    }
    return unread;
  }
  const entry = asObject(written);
  if (entry === undefined) return 1;
  if (isVisited(entry, visit)) return 0;
  if (typeof entry.resourceType === 'string' && entry.resource === undefined) {
    visit(BARE, entry);
    return 0;
  }
  return isNumbered(entry) ? visitEntries(Object.values(entry), visit) : 1;
}

/** The usual entry: an object with a resource, and nothing that would change it in a way we do not know. */
function isVisited(item: unknown, visit: EntryVisitor): boolean {
  const entry = item as JsonObject;
  const { resource, modifierExtension } = entry;
  if (typeof resource !== 'object' || resource === null || Array.isArray(resource)) return false;
  if (modifierExtension !== undefined && isAnything(modifierExtension)) return false;
  visit(entry, resource as JsonObject);
  return true;
}

/** How many items there are in it at least, in any of these forms: what must be known before they are read. */
export function countEntries(written: unknown): number {
  if (Array.isArray(written)) {
    let count = 0;
    for (const item of written as unknown[]) count += Array.isArray(item) ? countEntries(item) : 1;
    return count;
  }
  const entry = asObject(written);
  return entry !== undefined && isNumbered(entry) ? Object.keys(entry).length : 0;
}

/** The items of an element that repeats, also when it was written as one object or numbered; undefined: as none of these. */
export function itemsOf(written: unknown): readonly unknown[] | undefined {
  if (written === undefined || written === null) return [];
  if (Array.isArray(written)) return written;
  const object = asObject(written);
  if (object === undefined) return undefined;
  return isNumbered(object) ? Object.values(object) : [object];
}

/** Neither absent nor null nor empty. */
export function isAnything(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}

function isNumbered(object: JsonObject): boolean {
  const keys = Object.keys(object);
  return keys.length > 0 && keys.every((key) => /^\d+$/.test(key));
}
