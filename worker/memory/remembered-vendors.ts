// The vendors as this isolate was last told them by the hub, for what is no search: links to booking pages, and by which
// flows the front's cards are searched. While the hub cannot be reached the last list is used.

import type { Env } from '../base/env.ts';
import { askAny } from '../hub/reach/hub-of.ts';
import type { VendorRow } from '../store/editors.ts';
import { type Limits, type Reader, type Remembered, remember } from '../store/remembered.ts';

const registries = new WeakMap<Env, Remembered<readonly VendorRow[], Env>>();

function registryOf(env: Env): Remembered<readonly VendorRow[], Env> {
  const known =
    registries.get(env) ?? remember<readonly VendorRow[], Env>((one) => askAny(one, (hub) => hub.vendors()));
  registries.set(env, known);
  return known;
}

/** However long ago; undefined when they were never told. */
export function lastVendors(env: Env): readonly VendorRow[] | undefined {
  return registryOf(env).last()?.value;
}

/** Told anew when they are older than the caller likes. @throws GatewayError storage-unavailable, when they never were. */
export function knownVendors(reader: Reader<Env>, limits: Limits): Promise<readonly VendorRow[]> {
  return registryOf(reader.env).read(reader, limits);
}

/** An operator has changed a vendor: the next reader of this isolate is told. */
export function refreshVendors(env: Env): void {
  registryOf(env).forget();
}
