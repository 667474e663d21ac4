// One vendor's state as operators read it: of everything that may be wrong with it, what an operator sees to first. Pure.

import type { HealthRecord } from './health.ts';

/** What the hub remembers of a vendor. Times in milliseconds. */
export interface VendorFacts {
  readonly record?: HealthRecord;
  /** No connected relay can be asked for it. */
  readonly absentSinceMs?: number;
  /** Its breaker lets no call pass but a probe. */
  readonly heldSinceMs?: number;
  /** `closed`, `open`, `half-open`; absent: it was not called. */
  readonly breaker?: string;
  /** When the operator last switched it on or off. */
  readonly switchedMs?: number;
}

type VendorState = 'off' | 'absent' | 'held-back' | 'failing' | 'well' | 'untried';

/** Times in ISO 8601; what the hub does not remember is left out. */
export interface VendorHealthReport {
  readonly state: VendorState;
  readonly since?: string;
  readonly lastSuccess?: string;
  readonly lastFailure?: { readonly at: string; readonly reason: string; readonly status?: number };
  readonly breaker?: string;
}

/** What operators read of one vendor. `facts`: as the hub remembers them; without any it is `untried`. */
export function reportHealth(isEnabled: boolean, facts: VendorFacts = {}): VendorHealthReport {
  const { record, breaker } = facts;
  const { state, sinceMs } = stateOf(isEnabled, facts);
  const failure = record?.lastFailure;
  return {
    state,
    ...(sinceMs !== undefined && { since: instant(sinceMs) }),
    ...(record?.lastSuccessMs !== undefined && { lastSuccess: instant(record.lastSuccessMs) }),
    ...(failure && {
      lastFailure: {
        at: instant(failure.atMs),
        reason: failure.reason,
        ...(failure.status !== undefined && { status: failure.status }),
      },
    }),
    ...(breaker !== undefined && { breaker }),
  };
}

function stateOf(
  isEnabled: boolean,
  { record, absentSinceMs, heldSinceMs, switchedMs }: VendorFacts,
): { readonly state: VendorState; readonly sinceMs: number | undefined } {
  if (!isEnabled) return { state: 'off', sinceMs: switchedMs };
  if (absentSinceMs !== undefined) return { state: 'absent', sinceMs: absentSinceMs };
  if (heldSinceMs !== undefined) return { state: 'held-back', sinceMs: heldSinceMs };
  if (record === undefined) return { state: 'untried', sinceMs: undefined };
  return { state: record.isWell ? 'well' : 'failing', sinceMs: record.sinceMs };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
