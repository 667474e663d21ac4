// So many at once per source, then one each few seconds. In the memory of one isolate: a brake, no account. Pure:
// time is passed in.

export interface Allowance {
  /** False, and nothing is taken, when there is none left. */
  readonly spend: (source: string, nowMs: number) => boolean;
  /** What turned out to be owed to nobody. */
  readonly giveBack: (source: string) => void;
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
  return {
    spend: (source, nowMs) => {
      const known = sources.get(source);
      const before = known === undefined ? 0 : Math.max(0, known.spent - (nowMs - known.atMs) / everyMs);
      if (before + 1 > max) return false;
      sources.delete(source);
      sources.set(source, { spent: before + 1, atMs: nowMs });
      const [oldest] = sources.keys();
      if (sources.size > SOURCES_MAX && oldest !== undefined) sources.delete(oldest);
      return true;
    },
    giveBack: (source) => {
      const known = sources.get(source);
      if (known !== undefined) sources.set(source, { ...known, spent: Math.max(0, known.spent - 1) });
    },
  };
}
