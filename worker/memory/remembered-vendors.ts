// The vendors as this isolate last read them. They change seldom, and reading them is a third of what a search reads:
// for two seconds a search goes by what it knows. While D1 is unavailable the last known list is used.

import { listVendors, type VendorRow } from '../store/editors.ts';
import { type Limits, type Reader, type Remembered, remember } from '../store/remembered.ts';

const FRESH_MS = 2_000;

const registries = new WeakMap<D1Database, Remembered<readonly VendorRow[]>>();

function registryOf(db: D1Database): Remembered<readonly VendorRow[]> {
  const known = registries.get(db) ?? remember<readonly VendorRow[]>(listVendors);
  registries.set(db, known);
  return known;
}

/** Takes a list that was read on the way. `readMs`: when. */
export function rememberVendors(db: D1Database, vendors: readonly VendorRow[], readMs: number): void {
  registryOf(db).keep(vendors, readMs);
}

/** However long ago; undefined when they were never read. */
export function lastVendors(db: D1Database): readonly VendorRow[] | undefined {
  return registryOf(db).last()?.value;
}

/** Undefined when they are to be read again; that none is announced is never taken for granted. */
export function freshVendors(db: D1Database, nowMs: number): readonly VendorRow[] | undefined {
  const known = registryOf(db).last();
  return known !== undefined && known.value.length > 0 && nowMs - known.atMs < FRESH_MS
    ? known.value
    : undefined;
}

/** Read when they are older than the caller likes. @throws GatewayError storage-unavailable, when they never were. */
export function knownVendors(reader: Reader, limits: Limits): Promise<readonly VendorRow[]> {
  return registryOf(reader.env.DB).read(reader, limits);
}

/** An operator has changed a vendor: the next search of this isolate reads them. */
export function refreshVendors(db: D1Database): void {
  registryOf(db).forget();
}
