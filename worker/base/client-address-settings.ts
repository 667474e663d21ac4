// Which header tells a caller's address, and who writes it: settings CLIENT_ADDRESS_HEADER and TRUSTED_PROXIES, part of the
// one schema in worker/base/settings.ts. Used by worker/http/client-address.ts.

import * as v from 'valibot';
import { parseRange } from './callers/address.ts';

/** Both settings. */
export interface ClientAddressSettings {
  /** Undefined: no header is believed. */
  readonly header: string | undefined;
  /** True of an address that is a proxy's, and no caller's. */
  readonly isProxy: (address: string) => boolean;
}

/** The schema's part. */
export const clientAddressEntries = {
  CLIENT_ADDRESS_HEADER: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z][A-Za-z0-9-]*$/, 'is not the name of a header')),
  ),
  TRUSTED_PROXIES: v.pipe(
    v.optional(v.string(), ''),
    v.transform((text) => text.split(/[\s,]+/).filter((item) => item !== '')),
    v.everyItem((item) => parseRange(item) !== undefined, 'is not a list of addresses and ranges'),
  ),
};
const schema = v.object(clientAddressEntries);

/** From what the schema gave. */
export function clientAddressSettings(settings: v.InferOutput<typeof schema>): ClientAddressSettings {
  const ranges = settings.TRUSTED_PROXIES.flatMap((item) => parseRange(item) ?? []);
  return {
    header: settings.CLIENT_ADDRESS_HEADER,
    isProxy: (address) => ranges.some((isIn) => isIn(address)),
  };
}
