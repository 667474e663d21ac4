// A release beside this one, before and after at once: a Worker and a hub that lack what is newest, and say what nobody
// knows yet. Bundled for test/fault/hub/releases.test.ts, which runs each of both against this release's.

import { HUB_PROTOCOL, type HubCall, type HubEvent, type HubReply } from '../../../worker/hub/reach/calls.ts';
import edge, { RelayHub as Hub } from '../../../worker/index.ts';

export * from '../../../worker/index.ts';

/** Methods that the release before has not; worker/hub/reach/one-hub.ts says what stands in for each. */
const NEWEST = new Set(['noteSwitches', 'hasJustAnnounced', 'takeAppointment', 'learned']);
/** Fields of a search that it does not know. */
const NEWEST_FIELDS = ['share', 'rest'];
const PROTOCOL = HUB_PROTOCOL - 1;

export class RelayHub extends Hub {
  override async call({ method, args }: HubCall): Promise<HubReply> {
    if (NEWEST.has(method)) return { protocol: PROTOCOL, kind: 'unknown' };
    const reply = await super.call({ protocol: PROTOCOL, method, args: args.map(asBefore).map(asAfter) });
    return Object.assign(reply, { protocol: PROTOCOL, tomorrow: true });
  }
}

/** What the release before makes of an argument. */
function asBefore(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !NEWEST_FIELDS.includes(name)));
}

/** A listener hears events and fields of the release after. */
function asAfter(value: unknown): unknown {
  if (typeof value !== 'function') return value;
  const tell = value as (event: unknown) => unknown;
  return (event: HubEvent) => {
    void Promise.resolve(tell({ kind: 'tomorrow' })).catch(() => undefined);
    return tell({ ...event, tomorrow: true });
  };
}

type Handler = (request: Request, env: Env, context: object) => Promise<Response>;

interface Stub {
  call(call: HubCall): Promise<HubReply>;
  fetch(url: string, init: object): Promise<Response>;
}

interface Env {
  readonly RELAY_HUB: { idFromName(name: string): unknown; get(id: unknown): Stub };
}

const envs = new WeakMap<Env, Env>();

/** The Worker of the release beside, over the hub that is there. */
function envOf(env: Env): Env {
  const known = envs.get(env);
  if (known !== undefined) return known;
  const hubs = env.RELAY_HUB;
  const made = {
    ...env,
    RELAY_HUB: {
      idFromName: (name: string) => hubs.idFromName(name),
      get: (id: unknown) => beside(hubs.get(id)),
    },
  };
  envs.set(env, made);
  return made;
}

function beside(stub: Stub): Stub {
  return {
    fetch: (url, init) => stub.fetch(url, init),
    call: async ({ method, args }) => {
      const unknown = await stub.call({ protocol: PROTOCOL, method: 'tomorrow', args: [] });
      if (unknown.kind !== 'unknown') throw new Error('a call of tomorrow was served');
      const call = { protocol: PROTOCOL, method, args: args.map(asBefore), tomorrow: true };
      return stub.call(call as HubCall);
    },
  };
}

const { fetch } = edge as unknown as { readonly fetch: Handler };

export default {
  fetch: (request: Request, env: Env, context: object) => fetch(request, envOf(env), context),
};
