// Learned routing (setting ROUTING_MODE, off by default): who is known to hold somebody's slots is asked for them, the
// others only now and then: one or a few of them with each search, all of them once in a while. Nobody is left out for
// good, and whoever has no known vendor is asked of all. Pure. docs/cache.md.

import type { RoutingSettings } from '../base/config.ts';
import type { EditorRow } from '../store/editors.ts';

export interface RoutingKnowledge {
  /** By subject, the vendors that have shown slots of it or are declared for it. */
  readonly holders: ReadonlyMap<string, ReadonlySet<string>>;
  /** By subject, when every vendor was last asked, milliseconds. */
  readonly broadcastMs: ReadonlyMap<string, number>;
}

export interface Route {
  /** By vendor, whom it need not be asked for. */
  readonly skipped: ReadonlyMap<string, ReadonlySet<string>>;
  /** In the order of asking: those that hold most come first. */
  readonly editors: readonly EditorRow[];
  /** Whom every vendor is asked for in this search. */
  readonly broadcast: readonly string[];
}

/** `random`: in [0, 1), like Math.random. */
export function routeSearch(
  subjects: readonly string[],
  editors: readonly EditorRow[],
  { holders, broadcastMs }: RoutingKnowledge,
  { broadcastEveryMs, exploreCalls }: RoutingSettings,
  nowMs: number,
  random: () => number,
): Route {
  const routed = subjects.filter((subject) => {
    const known = holders.get(subject);
    const lastMs = broadcastMs.get(subject) ?? Number.NEGATIVE_INFINITY;
    // A holder that is not asked in this search (switched off, another flow) is none.
    return nowMs - lastMs < broadcastEveryMs && editors.some(({ id }) => known?.has(id) === true);
  });
  const skipped = new Map<string, Set<string>>();
  for (const { id } of editors) {
    const others = routed.filter((subject) => holders.get(subject)?.has(id) !== true);
    if (others.length > 0) skipped.set(id, new Set(others));
  }
  const unexplored = [...skipped.keys()];
  for (let left = exploreCalls; left > 0 && unexplored.length > 0; left -= 1) {
    const [explored = ''] = unexplored.splice(Math.floor(random() * unexplored.length), 1);
    skipped.delete(explored);
  }
  const held = ({ id }: EditorRow): number =>
    subjects.filter((subject) => holders.get(subject)?.has(id) === true).length;
  return {
    skipped,
    editors: editors
      .map((editor) => ({ editor, count: held(editor) }))
      .sort((a, b) => b.count - a.count)
      .map(({ editor }) => editor),
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
    for (const [editor, subjects] of list) {
      joined.set(editor, (joined.get(editor) ?? new Set()).union(subjects));
    }
  }
  return joined;
}
