// One hub's part of a search's plan: with several hubs each plans for the vendors that are its own, and names the others.
// Pure.

import type { VendorRow } from '../store/editors.ts';
import type { BookedSlot } from './memory/booked-slots-table.ts';
import { concernedVendors } from './memory/plan.ts';
import type { HubMemory, HubPlan, RememberedQuestion } from './memory/search-memory.ts';
import type { HubSearch } from './reach/calls.ts';
import { isOurs } from './reach/hub-index.ts';

/**
 * Stands for the vendors that a hub which never read D1 may not know: no relay serves it, so that nobody is "none" for want
 * of their word.
 */
export const UNREAD: VendorRow = {
  id: 'registre-non-lu',
  name: 'Éditeurs encore inconnus (registre non lu)',
  flows: ['INT_R01', 'INT_R04', 'SOS'],
  lostFlows: [],
  redirectHosts: [],
  certificateNotAfter: '',
  enabled: true,
  announced: false,
  deadlineMs: undefined,
  cacheTtlS: undefined,
};

/** `vendors`: all that are known, with `UNREAD` when some may not be. */
export function planShare(memory: HubMemory, search: HubSearch, vendors: readonly VendorRow[]): HubPlan {
  const { share } = search;
  if (share === undefined) return memory.plan(search, vendors, Date.now());
  const ours = vendors.filter((vendor) => vendor === UNREAD || isOurs(vendor.id, share));
  const plan = memory.plan(search, ours, Date.now());
  return {
    ...plan,
    booked: ofShare(plan.booked, share),
    elsewhere: concernedVendors(
      search,
      vendors.filter((vendor) => vendor !== UNREAD && !isOurs(vendor.id, share)),
    ),
  };
}

/** All that is taken near a search's window, as its plan would say it now. */
export function bookedNow(memory: HubMemory, { query, share }: RememberedQuestion): readonly BookedSlot[] {
  return ofShare(memory.bookedFor(query, Date.now()), share);
}

function ofShare(booked: readonly BookedSlot[], share: RememberedQuestion['share']): readonly BookedSlot[] {
  return share === undefined ? booked : booked.filter(({ vendor }) => isOurs(vendor, share));
}
