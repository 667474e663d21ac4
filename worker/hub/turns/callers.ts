// Who searches now, and what each has left of its allowance. A caller is numbered: relays learn the number, never the name.
// Lives in the relay hub's memory: a hub that begins has forgotten what was spent. No clock, no I/O.

import type { Turn } from '../../../shared/link/fair-queue.ts';
import { TokenBucket } from '../../../shared/token-bucket.ts';
import type { CallerLimits, CallerLimitsOf } from '../../base/caller-limits.ts';

/** Why a search is not begun, and when the caller may try again. */
export interface Throttled {
  readonly limit: 'searches' | 'identifiersPerMinute' | 'streams';
  readonly retryAfterS: number;
}

/** A search as it is counted. */
export interface CountedSearch {
  readonly id: string;
  /** Of the caller; an older Worker names none, and is not counted. */
  readonly caller: string | undefined;
  readonly subjects: number;
  readonly isStream: boolean;
  /** It was admitted before, by a hub that has ended. */
  readonly isResumed: boolean;
}

/** A search that was let in; `end` is called once. */
export interface Admitted {
  readonly turn: Turn;
  readonly end: () => void;
}

interface CallerState {
  readonly number: string;
  readonly bucket: TokenBucket;
  searches: number;
  streams: number;
  usedMs: number;
}

/** Of something that ends soon, nobody knows when. */
const SOON_S = 2;
const MINUTE_MS = 60_000;
/** Callers are the issuer's to make; those who asked for nothing in the last minute are forgotten when there are more. */
const CALLERS_KEPT = 1_000;

/** All callers of one hub. */
export class Callers {
  readonly #limitsOf: CallerLimitsOf;
  readonly #states = new Map<string, CallerState>();
  #count = 0;

  constructor(limitsOf: CallerLimitsOf) {
    this.#limitsOf = limitsOf;
  }

  admit({ id, caller, subjects, isStream, isResumed }: CountedSearch, nowMs: number): Admitted | Throttled {
    if (caller === undefined) return { turn: { caller: '', search: id }, end: () => undefined };
    const limits = this.#limitsOf(caller);
    const state = this.#stateOf(caller, limits, nowMs);
    const excess = isResumed ? undefined : excessOf(state, limits, { subjects, isStream }, nowMs);
    if (excess !== undefined) return excess;
    state.searches += 1;
    if (isStream) state.streams += 1;
    const { weight } = limits;
    return {
      turn: { caller: state.number, search: id, ...(weight > 1 && { weight }) },
      end: () => {
        state.searches -= 1;
        if (isStream) state.streams -= 1;
      },
    };
  }

  #stateOf(caller: string, { identifiersPerMinute }: CallerLimits, nowMs: number): CallerState {
    const known = this.#states.get(caller);
    if (known !== undefined) {
      known.usedMs = nowMs;
      return known;
    }
    if (this.#states.size >= CALLERS_KEPT) this.#forgetIdle(nowMs);
    this.#count += 1;
    const bucket = new TokenBucket(identifiersPerMinute / 60, identifiersPerMinute, nowMs);
    const state = { number: String(this.#count), bucket, searches: 0, streams: 0, usedMs: nowMs };
    this.#states.set(caller, state);
    return state;
  }

  /** Those whose allowance is whole again lose nothing by it. */
  #forgetIdle(nowMs: number): void {
    for (const [caller, { searches, usedMs }] of this.#states) {
      if (searches === 0 && nowMs - usedMs >= MINUTE_MS) this.#states.delete(caller);
    }
  }
}

/** Spends the identifiers when nothing is exceeded. */
function excessOf(
  state: CallerState,
  limits: CallerLimits,
  { subjects, isStream }: Pick<CountedSearch, 'subjects' | 'isStream'>,
  nowMs: number,
): Throttled | undefined {
  if (state.searches >= limits.searches) return { limit: 'searches', retryAfterS: SOON_S };
  if (isStream && state.streams >= limits.streams) return { limit: 'streams', retryAfterS: SOON_S };
  const waitMs = state.bucket.take(nowMs, subjects);
  return waitMs === 0 ? undefined : { limit: 'identifiersPerMinute', retryAfterS: Math.ceil(waitMs / 1_000) };
}
