// Decides who is asked what: every enabled vendor that serves the flow, in batches the guide allows, each sent
// to a relay that serves it. Pure.

import { ASSOCIATIONS_PER_CALL_MAX, PRACTITIONERS_PER_CALL_MAX } from '../../shared/link/limits.ts';
import type { SearchCall } from '../../shared/link/relay.ts';
import type { SlotQuery } from '../../shared/sas/query.ts';
import type { EditorRow } from '../store/editors.ts';
import type { AskedCall } from './hub-search.ts';

export interface RelayChoice {
  readonly id: string;
  readonly editors: ReadonlySet<string>;
  /** Vendor calls it is busy with. */
  readonly load: number;
}

export interface RelayShare {
  readonly relay: string;
  readonly calls: readonly SearchCall[];
  /** For each call of this share, its number in the whole. */
  readonly numbers: readonly number[];
}

export interface SearchShares {
  readonly editors: readonly EditorRow[];
  readonly calls: readonly AskedCall[];
  readonly shares: readonly RelayShare[];
  /** Numbers of the calls that no connected relay can carry. */
  readonly unserved: readonly number[];
}

/** Lists of at most `size`, as even as can be: 26 makes 13 + 13, not 25 + 1. */
export function splitEvenly<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  const batches: T[][] = [];
  for (let i = 0, from = 0; i < count; i += 1) {
    const to = from + Math.ceil((items.length - from) / (count - i));
    batches.push(items.slice(from, to));
    from = to;
  }
  return batches;
}

/** `only`: ask this vendor and no other, also when the operator switched it off. */
export function shareSearch(
  query: SlotQuery,
  editors: readonly EditorRow[],
  relays: readonly RelayChoice[],
  only?: string,
): SearchShares {
  const serving = editors.filter(
    (editor) =>
      (only === undefined ? editor.enabled : editor.id === only) && editor.flows.includes(query.flow),
  );
  const size = query.flow === 'SOS' ? ASSOCIATIONS_PER_CALL_MAX : PRACTITIONERS_PER_CALL_MAX;
  const batches = splitEvenly(query.subjects, size);
  const calls: AskedCall[] = [];
  const unserved: number[] = [];
  const shares = new Map<string, { calls: SearchCall[]; numbers: number[] }>();
  const load = new Map(relays.map((relay) => [relay.id, relay.load]));
  for (const editor of serving) {
    const relay = leastLoaded(editor.id, relays, load);
    for (const subjects of batches) {
      const number = calls.push({ editor: editor.id, subjects }) - 1;
      if (relay === undefined) {
        unserved.push(number);
        continue;
      }
      const share = shares.get(relay) ?? { calls: [], numbers: [] };
      shares.set(relay, share);
      share.calls.push({
        editor: editor.id,
        subjects,
        ...(editor.deadlineMs === undefined ? {} : { budgetMs: editor.deadlineMs }),
      });
      share.numbers.push(number);
      load.set(relay, (load.get(relay) ?? 0) + 1);
    }
  }
  return {
    editors: serving,
    calls,
    shares: [...shares].map(([relay, share]) => ({ relay, ...share })),
    unserved,
  };
}

function leastLoaded(
  editor: string,
  relays: readonly RelayChoice[],
  load: ReadonlyMap<string, number>,
): string | undefined {
  let best: string | undefined;
  for (const relay of relays) {
    if (!relay.editors.has(editor)) continue;
    if (best === undefined || (load.get(relay.id) ?? 0) < (load.get(best) ?? 0)) best = relay.id;
  }
  return best;
}
