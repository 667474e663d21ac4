// The one way from the rest of the Worker to the hubs. One hub is enough for everything; with the setting HUBS above 1 the
// vendors are shared out among as many, by their ids, so that half of them go on answering while one hub restarts. Every
// relay has a link to each. docs/link-protocol.md "Several hubs".

import { readConfig } from '../../base/config.ts';
import type { Env } from '../../base/env.ts';
import type { VendorFacts } from '../vendors/state.ts';
import type { HubDescription } from './calls.ts';
import { hubIndexOf } from './hub-index.ts';
import { type Hub, oneHub } from './one-hub.ts';

export type { Hub } from './one-hub.ts';

/** The hub that bears this number, from 0 on. */
export function hubAt(env: Env, index: number): Hub {
  return oneHub(env, index);
}

/** The hub that has this vendor. */
export function hubOf(env: Env, vendor: string): Hub {
  return oneHub(env, hubIndexOf(vendor, readConfig(env).hubs));
}

/** Every hub, in the order of their numbers. */
export function hubsOf(env: Env): readonly Hub[] {
  return Array.from({ length: readConfig(env).hubs }, (_, index) => oneHub(env, index));
}

/** True when some hub has a relay that can be asked. @throws HubFailure when no hub answers. */
export function hasRelay(env: Env): Promise<boolean> {
  const asked = hubsOf(env).map(async (hub) => (await hub.hasRelay()) || Promise.reject(NO_RELAY));
  return Promise.any(asked).catch(({ errors }: AggregateError) => {
    if (errors.includes(NO_RELAY)) return false;
    throw errors[0];
  });
}

const NO_RELAY = new Error('no relay');

/** What each hub knows, as the first that answers says it. @throws HubFailure when none answers. */
export async function askAny<T>(env: Env, ask: (hub: Hub) => Promise<T>): Promise<T> {
  let failure: unknown;
  for (const hub of hubsOf(env)) {
    try {
      return await ask(hub);
    } catch (cause) {
      failure = cause;
    }
  }
  throw failure;
}

/** What the hubs that answer say. @throws HubFailure when none answers. */
export async function askEach<T>(env: Env, ask: (hub: Hub) => Promise<T>): Promise<T[]> {
  const said = await Promise.allSettled(hubsOf(env).map(ask));
  const values = said.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const [first] = said;
  if (values.length === 0 && first?.status === 'rejected') throw first.reason;
  return values;
}

/** What goes on at every hub, for operators. @throws HubFailure when one of them does not answer. */
export async function describeHubs(env: Env): Promise<HubDescription> {
  const [first, ...others] = await Promise.all(hubsOf(env).map((hub) => hub.describe()));
  if (first === undefined) throw new TypeError('no hub');
  if (others.length === 0) return first;
  const all = [first, ...others];
  const unsaved = all.flatMap((one) => one.unsaved ?? []);
  return {
    relays: all.flatMap(({ relays }, hub) => relays.map((relay) => ({ ...relay, hub }))),
    searches: Math.max(...all.map(({ searches }) => searches)),
    calls: all.reduce((sum, { calls }) => sum + calls, 0),
    breakers: Object.assign({}, ...all.map(({ breakers }) => breakers)),
    callers: all.flatMap(({ callers = [] }) => callers),
    ...(unsaved.length > 0 && {
      unsaved: {
        relays: [...new Set(unsaved.flatMap(({ relays }) => relays))],
        failed: Math.max(...unsaved.map(({ failed }) => failed)),
      },
    }),
  };
}

/** What the hubs remember of these vendors, for operators. @throws HubFailure when one of them does not answer. */
export async function describeVendors(
  env: Env,
  vendors: readonly string[],
): Promise<Readonly<Record<string, VendorFacts>>> {
  const { hubs } = readConfig(env);
  const byHub = Map.groupBy(vendors, (vendor) => hubIndexOf(vendor, hubs));
  const facts = await Promise.all(
    [...byHub].map(([index, some]) => oneHub(env, index).describeVendors(some)),
  );
  return Object.assign({}, ...facts);
}
