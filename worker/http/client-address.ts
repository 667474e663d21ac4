// Whence a request comes, as far as it can be believed: a header counts only when the operator says who writes it
// (CLIENT_ADDRESS_HEADER; wrangler.toml names Cloudflare's), as anybody may send any. Without one all callers stand in one
// place.

import { isAddress } from '../base/callers/address.ts';
import type { ClientAddressSettings } from '../base/client-address-settings.ts';

/** The caller's address, or empty: no header is believed, or it names none. */
export function clientAddress({ headers }: Request, { header, isProxy }: ClientAddressSettings): string {
  if (header === undefined) return '';
  // Each proxy adds to the right whom it hears; what the caller wrote stands left of that.
  const named = (headers.get(header) ?? '').split(',').map((item) => item.trim());
  const nearest = named.findLast((item) => !isProxy(item)) ?? '';
  return isAddress(nearest) ? nearest : '';
}
