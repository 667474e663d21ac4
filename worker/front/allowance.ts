// So many at once per source, then one each few seconds. In the memory of one isolate: a brake, no account. Pure:
// time is passed in.

export interface Allowance {
  readonly isSpent: (source: string, nowMs: number) => boolean;
  readonly spend: (source: string, nowMs: number) => void;
}

export interface AllowanceOptions {
  /** At once. */
  readonly max: number;
  /** One more after each such time. */
  readonly everyMs: number;
}

/** Those that came last are kept. */
const SOURCES_MAX = 5_000;

export function createAllowance({ max, everyMs }: AllowanceOptions): Allowance {
  const sources = new Map<string, { readonly spent: number; readonly atMs: number }>();
  const spentBy = (source: string, nowMs: number): number => {
    const known = sources.get(source);
    return known === undefined ? 0 : Math.max(0, known.spent - (nowMs - known.atMs) / everyMs);
  };
  return {
    isSpent: (source, nowMs) => spentBy(source, nowMs) + 1 > max,
    spend: (source, nowMs) => {
      const spent = spentBy(source, nowMs) + 1;
      sources.delete(source);
      sources.set(source, { spent, atMs: nowMs });
      const [oldest] = sources.keys();
      if (sources.size > SOURCES_MAX && oldest !== undefined) sources.delete(oldest);
    },
  };
}
