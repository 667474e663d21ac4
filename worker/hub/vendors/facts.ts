// What a hub remembers of one vendor, for operators: its breaker, its last calls, since when no relay serves it.

import type { Breakers } from './breakers.ts';
import type { VendorHealth } from './health.ts';
import type { Presence } from './presence.ts';
import type { VendorFacts } from './state.ts';

/** Where it is remembered. */
interface VendorMemory {
  readonly breakers: Breakers;
  readonly health: VendorHealth;
  readonly presence: Presence;
}

/** Fields of which nothing is known are absent. */
export function factsOf(vendor: string, { breakers, health, presence }: VendorMemory): VendorFacts {
  const record = health.recordOf(vendor);
  const absentSinceMs = presence.absentSinceMs(vendor);
  const switchedMs = health.switchedMs(vendor);
  return {
    ...breakers.describeOne(vendor),
    ...(record && { record }),
    ...(absentSinceMs !== undefined && { absentSinceMs }),
    ...(switchedMs !== undefined && { switchedMs }),
  };
}
