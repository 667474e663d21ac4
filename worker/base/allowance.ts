// Slows callers down: each source may do so many things at once, then one each few seconds. Kept in memory, it is a
// brake and no account. No clock, no I/O.

import { LRUCache } from 'lru-cache';
import { TokenBucket } from '../../shared/token-bucket.ts';

/** What each source may still do. `source`: any text that tells callers apart. */
export interface Allowance {
  /** Takes one; false, and takes nothing, when the source has none left. */
  readonly spend: (source: string, nowMs: number) => boolean;
  /** Gives one back that should not have been taken. */
  readonly giveBack: (source: string) => void;
}

/** How much and how fast. */
export interface AllowanceOptions {
  /** At once. */
  readonly max: number;
  /** One more after each such time. */
  readonly everyMs: number;
}

/** The sources seen last are kept. */
const SOURCES_MAX = 5_000;

/** Every source begins with `max`. */
export function createAllowance({ max, everyMs }: AllowanceOptions): Allowance {
  const sources = new LRUCache<string, TokenBucket>({ max: SOURCES_MAX });
  return {
    spend: (source, nowMs) => {
      const bucket = sources.get(source) ?? new TokenBucket(1_000 / everyMs, max, nowMs);
      sources.set(source, bucket);
      return bucket.take(nowMs) === 0;
    },
    giveBack: (source) => sources.get(source)?.give(1),
  };
}
