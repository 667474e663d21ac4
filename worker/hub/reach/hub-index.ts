// Which of several hubs has which vendor (setting HUBS). Pure.

import type { HubShare } from '../memory/routing/table.ts';

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * The number of the hub, from 0 on: FNV-1a of the vendor's id, modulo how many there are. Another rule, or another count,
 * moves vendors to hubs that must learn them.
 */
export function hubIndexOf(vendor: string, hubs: number): number {
  if (hubs === 1) return 0;
  let hash = FNV_OFFSET;
  for (const byte of new TextEncoder().encode(vendor)) hash = Math.imul(hash ^ byte, FNV_PRIME) >>> 0;
  return hash % hubs;
}

/** True of a vendor that this hub has; without a share it has all. */
export function isOurs(vendor: string, share: HubShare | undefined): boolean {
  return share === undefined || hubIndexOf(vendor, share.of) === share.index;
}
