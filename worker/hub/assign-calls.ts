// Decides which relay carries each call of a search. Runs in the Durable Object, which plans the calls themselves in
// memory/plan.ts. Pure.

import type { SearchCall } from '../../shared/link/relay.ts';
import type { AskedCall } from './memory/plan.ts';

/** A relay that may be given calls. */
export interface RelayChoice {
  readonly id: string;
  readonly vendors: ReadonlySet<string>;
  /** Vendor calls it is busy with. */
  readonly load: number;
}

/** What one relay is sent. */
export interface RelayShare {
  readonly relay: string;
  readonly calls: readonly SearchCall[];
  /** For each call of this share, its number in the whole. */
  readonly numbers: readonly number[];
}

/** Which relay carries which call. */
export interface Assignment {
  readonly shares: readonly RelayShare[];
  /** Numbers of the calls that none of the relays can carry. */
  readonly unserved: readonly number[];
}

/** Gives each vendor's calls to the least loaded relay that serves it. */
export function assignCalls(
  numbers: readonly number[],
  calls: readonly AskedCall[],
  relays: readonly RelayChoice[],
): Assignment {
  const shares = new Map<string, { calls: SearchCall[]; numbers: number[] }>();
  const load = new Map(relays.map((relay) => [relay.id, relay.load]));
  const relayOf = new Map<string, string | undefined>();
  const unserved: number[] = [];
  for (const number of numbers) {
    const call = calls[number];
    if (call === undefined) continue;
    if (!relayOf.has(call.vendor)) relayOf.set(call.vendor, leastLoaded(call.vendor, relays, load));
    const relay = relayOf.get(call.vendor);
    if (relay === undefined) {
      unserved.push(number);
      continue;
    }
    const share = shares.get(relay) ?? { calls: [], numbers: [] };
    shares.set(relay, share);
    share.calls.push(toSearchCall(call));
    share.numbers.push(number);
    load.set(relay, (load.get(relay) ?? 0) + 1);
  }
  return { shares: [...shares].map(([relay, share]) => ({ relay, ...share })), unserved };
}

/** As the link protocol says it: `editor` is the vendor. */
function toSearchCall({ vendor, ...asked }: AskedCall): SearchCall {
  return { editor: vendor, ...asked };
}

function leastLoaded(
  vendor: string,
  relays: readonly RelayChoice[],
  load: ReadonlyMap<string, number>,
): string | undefined {
  let best: string | undefined;
  for (const relay of relays) {
    if (!relay.vendors.has(vendor)) continue;
    if (best === undefined || (load.get(relay.id) ?? 0) < (load.get(best) ?? 0)) best = relay.id;
  }
  return best;
}
