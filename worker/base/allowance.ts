// Slows callers down: each source may do so many things at once, then one each few seconds. Kept in memory, it is a
// brake and no account. No clock, no I/O.

import { TokenBucket } from '../../shared/token-bucket.ts';

/** What each source may still do. `source`: any text that tells callers apart. */
export interface Allowance {
  /** Takes one; false, and takes nothing, when the source has none left. */
  readonly spend: (source: string, nowMs: number) => boolean;
  /** Gives one back that should not have been taken. */
  readonly giveBack: (source: string) => void;
  /** The sources that have spent most, at most so many. */
  readonly mostSpent: (count: number, nowMs: number) => Spent[];
  /** As `mostSpent` said it, so long ago. */
  readonly restore: (spent: readonly Spent[], saidMs: number) => void;
}

/** What a source has spent and not earned again; a fraction. */
export type Spent = readonly [source: string, spent: number];

/** How much and how fast. */
export interface AllowanceOptions {
  /** At once. */
  readonly max: number;
  /** One more after each such time. */
  readonly everyMs: number;
}

/** More are not told apart: those that have spent least are forgotten first, so that no crowd washes a spent one away. */
const SOURCES_MAX = 5_000;
/** Forgotten at a time, besides those that have nothing spent any more. */
const FORGOTTEN = SOURCES_MAX / 10;

/** Every source begins with `max`. */
export function createAllowance({ max, everyMs }: AllowanceOptions): Allowance {
  const sources = new Map<string, TokenBucket>();
  const bucketOf = (source: string, nowMs: number): TokenBucket => {
    const known = sources.get(source);
    if (known !== undefined) return known;
    if (sources.size >= SOURCES_MAX) forgetLeast(nowMs);
    const bucket = new TokenBucket(1_000 / everyMs, max, nowMs);
    sources.set(source, bucket);
    return bucket;
  };
  const bySpent = (nowMs: number): Spent[] =>
    [...sources]
      .map(([source, bucket]): Spent => [source, max - bucket.left(nowMs)])
      .sort(([, one], [, other]) => other - one);
  const forgetLeast = (nowMs: number): void => {
    for (const [index, [source, spent]] of bySpent(nowMs).entries()) {
      if (spent <= 0 || index >= SOURCES_MAX - FORGOTTEN) sources.delete(source);
    }
  };
  return {
    spend: (source, nowMs) => bucketOf(source, nowMs).take(nowMs) === 0,
    giveBack: (source) => sources.get(source)?.give(1),
    mostSpent: (count, nowMs) =>
      bySpent(nowMs)
        .slice(0, count)
        .filter(([, spent]) => spent > 0),
    restore: (spent, saidMs) => {
      for (const [source, count] of spent) bucketOf(source, saidMs).take(saidMs, Math.min(count, max));
    },
  };
}
