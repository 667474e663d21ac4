// The one way from the rest of the Worker to the gate.

import type { Env } from '../base/env.ts';
import type { KeyStore } from '../base/issuer-keys.ts';
import { objectOf } from '../base/objects.ts';
import type { Brakes } from './brakes.ts';
import type { StoreMemory } from './stores.ts';

/** A copy of what /v1/samulrms goes by, for isolates that begin while D1 is away. JSON of worker/front/data/samulrms.ts. */
interface SamuLrmCopy {
  keepSamuLrms(text: string): Promise<void>;
  keptSamuLrms(): Promise<string | undefined>;
}

/** The gate as the Worker calls it. Every call rejects when the gate cannot be reached. */
export type GateCalls = KeyStore & Brakes & StoreMemory & SamuLrmCopy;

/** The one gate's stub; it serves one request. */
export function gateOf(env: Env): GateCalls {
  // The class implements GateCalls; naming it here would have every caller of the gate import it.
  return objectOf(env, env.GATE, 'gate') as unknown as GateCalls;
}
