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

/** A caller that is near one of its limits, or was in the last ten minutes: for operators, who see it before it is refused. */
export interface NearCaller {
  /** Its key, as CALLER_LIMITS names it. */
  readonly caller: string;
  /** The limit that it came nearest to. */
  readonly limit: Throttled['limit'];
  /** Of that limit, per cent, at most; 100: it is used up. */
  readonly percent: number;
  /** Searches that were refused. */
  readonly refused: number;
  /** When it was last so near, milliseconds since 1970. */
  readonly lastMs: number;
}

interface CallerState {
  readonly number: string;
  readonly bucket: TokenBucket;
  searches: number;
  streams: number;
  near?: NearCaller | undefined;
}

/** The hub cannot know when a search ends; most end soon. */
const SOON_S = 2;
/** The issuer makes callers. Past so many, the hub forgets the one that has asked for nothing for longest. */
export const CALLERS_KEPT = 10_000;
/** Of a limit, per cent, from where operators see a caller, and how long after. */
const NEAR_PERCENT = 80;
const NEAR_MS = 600_000;
/** As many as operators are shown. */
const NEAR_MAX = 50;

/** All callers of one hub. */
export class Callers {
  readonly #limitsOf: CallerLimitsOf;
  readonly #onNear: (near: NearCaller) => void;
  /** The least recently used first. */
  readonly #states = new Map<string, CallerState>();
  #count = 0;

  /** `onNear` hears of a caller that was not near its limits for ten minutes, and is. */
  constructor(limitsOf: CallerLimitsOf, onNear: (near: NearCaller) => void = () => undefined) {
    this.#limitsOf = limitsOf;
    this.#onNear = onNear;
  }

  admit({ id, caller, subjects, isStream, isResumed }: CountedSearch, nowMs: number): Admitted | Throttled {
    if (caller === undefined) return { turn: { caller: '', search: id }, end: () => undefined };
    const limits = this.#limitsOf(caller);
    const state = this.#stateOf(caller, limits, nowMs);
    const excess = isResumed ? undefined : excessOf(state, limits, { subjects, isStream }, nowMs);
    if (excess === undefined) {
      state.searches += 1;
      if (isStream) state.streams += 1;
    }
    this.#noteNear(caller, state, excess?.limit, nowMs);
    if (excess !== undefined) return excess;
    const { weight } = limits;
    return {
      turn: { caller: state.number, search: id, ...(weight > 1 && { weight }) },
      end: () => {
        state.searches -= 1;
        if (isStream) state.streams -= 1;
      },
    };
  }

  /** Those nearest to a limit first. */
  describe(nowMs: number): NearCaller[] {
    return [...this.#states.values()]
      .flatMap(({ near }) => (isRecent(near, nowMs) ? [near] : []))
      .sort((one, other) => other.percent - one.percent || other.lastMs - one.lastMs)
      .slice(0, NEAR_MAX);
  }

  #noteNear(
    caller: string,
    state: CallerState,
    refused: Throttled['limit'] | undefined,
    nowMs: number,
  ): void {
    const [limit, percent] =
      refused === undefined ? nearestOf(state, this.#limitsOf(caller), nowMs) : [refused, 100];
    if (percent < NEAR_PERCENT) return;
    const before = isRecent(state.near, nowMs) ? state.near : undefined;
    const most = before !== undefined && before.percent > percent ? before : { limit, percent };
    const count = (before?.refused ?? 0) + (refused === undefined ? 0 : 1);
    state.near = { caller, limit: most.limit, percent: most.percent, refused: count, lastMs: nowMs };
    if (before === undefined) this.#onNear(state.near);
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

function isRecent(near: NearCaller | undefined, nowMs: number): near is NearCaller {
  return near !== undefined && nowMs - near.lastMs < NEAR_MS;
}

/** The limit of which most is used, and how much, per cent. */
function nearestOf(
  { searches, streams, bucket }: CallerState,
  limits: CallerLimits,
  nowMs: number,
): readonly [Throttled['limit'], number] {
  const used = limits.identifiersPerMinute - bucket.left(nowMs);
  const shares = [
    ['searches', searches / limits.searches],
    ['streams', streams / limits.streams],
    ['identifiersPerMinute', used / limits.identifiersPerMinute],
  ] as const;
  const [limit, share] = shares.reduce((most, one) => (one[1] > most[1] ? one : most));
  return [limit, Math.floor(share * 100)];
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
