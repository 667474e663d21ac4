// What every store call shares: a bound on the wait, and one error when D1 does not do its part.

import { rejectLate, within } from '../../shared/deadline.ts';
import { GatewayError } from '../../shared/error.ts';

/** Below the seven seconds that a vendor waits, with room for the way back. */
const STORE_MS = 6_000;

/** @throws GatewayError storage-unavailable, after `waitMs` at the latest. */
export async function guardStore<T>(call: () => Promise<T>, waitMs = STORE_MS): Promise<T> {
  try {
    return await within(call(), waitMs, rejectLate);
  } catch (cause) {
    throw new GatewayError({
      reason: 'storage-unavailable',
      text: "L'enregistrement est momentanément impossible ; recommencer est sans risque.",
      detail: describe(cause),
      cause,
    });
  }
}

/** SQLite's own words (constraint, busy, I/O): they name tables and columns, never values. */
function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message.slice(0, 200) : typeof cause;
}
