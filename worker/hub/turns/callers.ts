// The hub counts what callers search now, and what each has left of its allowance. It numbers them: relays learn the number,
// never the name. Lives in the relay hub's memory: a hub that begins has forgotten what was spent. No clock, no I/O.

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
}

/** The hub cannot know when a search ends; most end soon. */
const SOON_S = 2;
/** The issuer makes callers. Past so many, the hub forgets the one that has asked for nothing for longest. */
export const CALLERS_KEPT = 10_000;

/** All callers of one hub. */
export class Callers {
  readonly #limitsOf: CallerLimitsOf;
  /** The least recently used first. */
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
      this.#states.delete(caller);
      this.#states.set(caller, known);
      return known;
    }
    if (this.#states.size >= CALLERS_KEPT) this.#forgetOne();
    this.#count += 1;
    const bucket = new TokenBucket(identifiersPerMinute / 60, identifiersPerMinute, nowMs);
    const state = { number: String(this.#count), bucket, searches: 0, streams: 0 };
    this.#states.set(caller, state);
    return state;
  }

  /** What a caller has under way stays counted: searches end. */
  #forgetOne(): void {
    for (const [caller, { searches }] of this.#states) {
      if (searches > 0) continue;
      this.#states.delete(caller);
      return;
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
