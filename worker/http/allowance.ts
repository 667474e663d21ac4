// Slows callers down: each source may do so many things at once, then one each few seconds. Kept in the memory of one
// isolate, it is a brake and no account. No clock, no I/O.

import { LRUCache } from 'lru-cache';

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
  const sources = new LRUCache<string, { readonly spent: number; readonly atMs: number }>({
    max: SOURCES_MAX,
  });
  return {
    spend: (source, nowMs) => {
      const known = sources.get(source);
      const before = known === undefined ? 0 : Math.max(0, known.spent - (nowMs - known.atMs) / everyMs);
      if (before + 1 > max) return false;
      sources.set(source, { spent: before + 1, atMs: nowMs });
      return true;
    },
    giveBack: (source) => {
      const known = sources.get(source);
      if (known !== undefined) sources.set(source, { ...known, spent: Math.max(0, known.spent - 1) });
    },
  };
}
