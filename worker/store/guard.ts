// What every store call shares: a bound on the wait, one error when D1 does not do its part, and another try where that is
// safe. D1 tries reads again by itself, twice, and no write. Whether a statement may run twice is known where it is called,
// and said there by the name of the guard.
// https://developers.cloudflare.com/d1/best-practices/retry-queries/

import { rejectLate, within } from '../../shared/deadline.ts';
import { GatewayError } from '../../shared/error.ts';
import { log } from '../base/log.ts';
import { faultIn } from '../gate/stores.ts';

/** Below the seven seconds that a vendor waits, with room for the way back. */
const STORE_MS = 6_000;

/** As D1's own example. */
const ATTEMPTS_MAX = 5;
/** A pause is drawn between nothing and this, doubled with each attempt: who failed together does not come back together. */
const PAUSE_MS = 50;
const PAUSE_MS_MAX = 1_000;

/**
 * Runs once, whatever becomes of it: a statement that would do something else, or tell something else, the second time
 * (counters, what is taken and returned). After an error nobody knows whether it was done.
 * @throws GatewayError storage-unavailable, or what D1 says of itself (storage-full, -read-only, -damaged), after `waitMs` at the latest.
 */
export async function guardStore<T>(call: () => Promise<T>, waitMs = STORE_MS): Promise<T> {
  try {
    return await within(call(), waitMs, rejectLate);
  } catch (cause) {
    const fault = faultIn(describe(cause));
    throw new GatewayError({
      reason: fault === undefined ? 'storage-unavailable' : `storage-${fault}`,
      text: "L'enregistrement est momentanément impossible ; recommencer est sans risque.",
      detail: describe(cause),
      cause,
    });
  }
}

/**
 * Runs again, within `waitMs`, when D1 fails in passing. For reads, and for writes that do and tell the same when they have
 * been done already: an error does not say that nothing was done. `call` hears which attempt it is, from 1.
 * @throws GatewayError storage-unavailable, or what D1 says of itself (storage-full, -read-only, -damaged), after `waitMs` at the latest.
 */
export function guardIdempotent<T>(call: (attempt: number) => Promise<T>, waitMs = STORE_MS): Promise<T> {
  return guardStore(() => tryUntil(call, Date.now() + waitMs), waitMs);
}

async function tryUntil<T>(call: (attempt: number) => Promise<T>, endMs: number): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call(attempt);
    } catch (cause) {
      const ceilingMs = Math.min(PAUSE_MS * 2 ** (attempt - 1), PAUSE_MS_MAX);
      const delayMs = Math.round(Math.random() * ceilingMs);
      if (attempt === ATTEMPTS_MAX || !isPassing(cause) || Date.now() + delayMs >= endMs) throw cause;
      log('warn', 'store-tried-again', { attempt, delayMs, detail: describe(cause) });
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
}

/**
 * What D1 tells to try again (https://developers.cloudflare.com/d1/observability/debug-d1/): its object starts anew, or could
 * not be reached. Not when it is overloaded, or a statement took too long: that only grows with another try.
 */
const PASSING =
  /Network connection lost|storage caused object to be reset|reset because its code was updated|due to transient issue on remote node|client disconnected|internal error; reference =/;

function isPassing(cause: unknown): boolean {
  return cause instanceof Error && PASSING.test(cause.message);
}

/** SQLite's own words (constraint, busy, I/O): they name tables and columns, never values. */
function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message.slice(0, 200) : typeof cause;
}
