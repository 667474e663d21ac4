// Everything a running vendor is made of, what it says of itself, and its return to the beginning.

import type { Accounts } from './accounts.ts';
import type { Appointments } from './appointments/appointments.ts';
import type { SasClient } from './appointments/sas-client.ts';
import type { FaultSet } from './faults/faults.ts';
import type { Journal } from './journal.ts';
import type { Override } from './override.ts';
import type { Pages } from './search/pages.ts';
import type { Practice } from './search/practice.ts';
import type { OpenSockets } from './sockets.ts';

export interface VendorInside {
  readonly practice: Practice;
  readonly faults: FaultSet;
  readonly pages: Pages;
  readonly accounts: Accounts;
  readonly appointments: Appointments;
  readonly client: SasClient;
  readonly journal: Journal;
  readonly override: Override;
  readonly sockets: OpenSockets;
}

export function describeState(inside: VendorInside) {
  const { practice, faults, journal, override, sockets } = inside;
  return {
    id: practice.id,
    seed: practice.seed,
    url: practice.base,
    now: new Date(practice.nowMs()).toISOString(),
    settings: practice.settings,
    faults: faults.list(),
    override: override.isSet(),
    openSockets: sockets.count,
    ...journal.read(),
  };
}

/** Settings as at the start; no fault, no given answer, no page, no appointment, an empty journal. */
export function resetVendor(inside: VendorInside): void {
  inside.practice.reset();
  inside.faults.replace([]);
  inside.override.clear();
  inside.pages.clear();
  inside.accounts.clear();
  inside.appointments.clear();
  inside.journal.reset();
}
