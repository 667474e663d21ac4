// Learned routing (setting ROUTING_MODE, off by default): a vendor known to hold slots of a subject is asked for it, the
// other vendors only now and then: one or a few of them with each search, all of them once in a while. No vendor is left
// out for good, and a subject without a known vendor is asked of all. Pure. docs/cache.md.

import type { RoutingSettings } from '../../../base/config.ts';
import type { VendorRow } from '../../../store/editors.ts';

/** What routing goes by; as knowledge.ts has it. */
export interface RoutingKnowledge {
  /** By subject, the vendors that have shown slots of it or are declared for it. */
  readonly holders: ReadonlyMap<string, ReadonlySet<string>>;
  /** By subject, when every vendor was last asked, milliseconds. */
  readonly broadcastMs: ReadonlyMap<string, number>;
}

/** Which vendors a search asks, and for whom. */
export interface Route {
  /** By vendor, subjects that it need not be asked for. */
  readonly skipped: ReadonlyMap<string, ReadonlySet<string>>;
  /** In the order of asking: those that hold most come first. */
  readonly vendors: readonly VendorRow[];
  /** Subjects that every vendor is asked for in this search; empty when learned routing is off. */
  readonly broadcast: readonly string[];
}

/** Every vendor for every subject when learned routing is off (no `knowledge`). `random`: in [0, 1), like Math.random. */
export function routeSearch(
  subjects: readonly string[],
  vendors: readonly VendorRow[],
  knowledge: RoutingKnowledge | undefined,
  { broadcastEveryMs, exploreCalls }: RoutingSettings,
  nowMs: number,
  random: () => number,
): Route {
  if (knowledge === undefined) return { vendors, skipped: new Map(), broadcast: [] };
  const { holders, broadcastMs } = knowledge;
  const routed = subjects.filter((subject) => {
    const known = holders.get(subject);
    const lastMs = broadcastMs.get(subject) ?? Number.NEGATIVE_INFINITY;
    // A holder that is not asked in this search (switched off, another flow) is none.
    return nowMs - lastMs < broadcastEveryMs && vendors.some(({ id }) => known?.has(id) === true);
  });
  const skipped = new Map<string, Set<string>>();
  for (const { id } of vendors) {
    const others = routed.filter((subject) => holders.get(subject)?.has(id) !== true);
    if (others.length > 0) skipped.set(id, new Set(others));
  }
  const unexplored = [...skipped.keys()];
  for (let left = exploreCalls; left > 0 && unexplored.length > 0; left -= 1) {
    const [explored = ''] = unexplored.splice(Math.floor(random() * unexplored.length), 1);
    skipped.delete(explored);
  }
  const held = ({ id }: VendorRow): number =>
    subjects.filter((subject) => holders.get(subject)?.has(id) === true).length;
  return {
    skipped,
    vendors: vendors
      .map((vendor) => ({ vendor, count: held(vendor) }))
      .sort((a, b) => b.count - a.count)
      .map(({ vendor }) => vendor),
    broadcast: subjects.filter((subject) => !routed.includes(subject)),
  };
}

/** Both sets of what need not be asked. */
export function joinSkipped(
  ...lists: readonly ReadonlyMap<string, ReadonlySet<string>>[]
): ReadonlyMap<string, ReadonlySet<string>> {
  const [only = new Map(), ...others] = lists.filter(({ size }) => size > 0);
  if (others.length === 0) return only;
  const joined = new Map<string, ReadonlySet<string>>();
  for (const list of lists) {
    for (const [vendor, subjects] of list) {
      joined.set(vendor, (joined.get(vendor) ?? new Set()).union(subjects));
    }
  }
  return joined;
}
