// One hub, as the Worker calls it. Every call is made here: on a stub of its own, as the platform
// breaks a stub with the first error; once more when the hub had just ended, where doing it twice does no harm; logged
// and named when it fails.

import type { Env } from '../../base/env.ts';
import { log } from '../../base/log.ts';
import { objectOf } from '../../base/objects.ts';
import { HUB_PROTOCOL, type HubCall, type HubCalls, type HubReply } from './calls.ts';
import { hubFailureOf } from './failure.ts';
import { searchAndResume } from './resume-search.ts';

/** Of the first hub; another bears its number too. A storage goes with each name. */
const HUB_NAME = 'hub';
/** Before the second try; with jitter, as all who were in the hub come back at once. */
const AGAIN_MS = 100;

type Method = keyof HubCalls;
type Arguments<M extends Method> = Parameters<HubCalls[M]>;
type Value<M extends Method> = Awaited<ReturnType<HubCalls[M]>>;

interface HubStub extends Pick<Fetcher, 'fetch'> {
  call(call: HubCall): Promise<HubReply>;
}

/** The hub's calls, and `fetch` for a relay's WebSocket. Each rejects with HubFailure only. */
export type Hub = HubCalls & { readonly fetch: (url: string, init: RequestInit) => Promise<Response> };

/** What a Worker goes on with when the hub, of the release before, has not this method yet. */
const NEWEST = {
  // It reads D1 within a minute.
  noteSwitches: undefined,
  // It saves before it serves.
  hasJustAnnounced: false,
  // The Worker reads in D1 who may write.
  admitSender: undefined,
  // A hub of before asks nobody who may be what.
  noteClaims: undefined,
  // It reads what is booked and what is kept in D1.
  takeAppointment: undefined,
  noteAssociations: undefined,
  learned: undefined,
  // For moments a relay's token may serve twice: what it asks for, it may ask twice.
  useToken: undefined,
  // Relays ask by themselves.
  publishDue: undefined,
  traces: [],
} as const satisfies { readonly [M in Method]?: Value<M> };

/** `index`: from 0 on. */
export function oneHub(env: Env, index: number): Hub {
  const stubOf = (): HubStub =>
    objectOf(env, env.RELAY_HUB, index === 0 ? HUB_NAME : `${HUB_NAME}-${index}`) as unknown as HubStub;
  // An edge without its binding is a mistake of ours, and no hub that is lost.
  stubOf();
  const ask = <M extends Method>(method: M, args: Arguments<M>): Promise<Value<M>> =>
    callOnce(stubOf, method, args);
  const askTwice = <M extends Method>(method: M, args: Arguments<M>): Promise<Value<M>> =>
    twice(() => callOnce(stubOf, method, args));
  /** By the Worker's name of a search, the one that the hub of this moment knows. */
  const ids = new Map<string, string>();
  return {
    fetch: (url, init) => twice(() => named('fetch', () => stubOf().fetch(url, init))),
    hasRelay: () => askTwice('hasRelay', []),
    search: (search, listener) =>
      searchAndResume(
        (part, hear) => ask('search', [part, hear]),
        search,
        listener,
        (id) => ids.set(search.id, id),
      ),
    cancel: (id) => ask('cancel', [ids.get(id) ?? id]).catch(() => undefined),
    vendors: () => askTwice('vendors', []),
    associations: () => askTwice('associations', []),
    noteAssociations: (sirets) => askTwice('noteAssociations', [sirets]),
    learned: (lessons) => askTwice('learned', [lessons]),
    takeAppointment: (times) => askTwice('takeAppointment', [times]),
    writeRuleCounts: () => askTwice('writeRuleCounts', []),
    // Nobody knows whether it was sent.
    sendAccount: (request) => ask('sendAccount', [request]),
    describe: () => askTwice('describe', []),
    describeVendors: (vendors) => askTwice('describeVendors', [vendors]),
    admitSender: (claim) => askTwice('admitSender', [claim]),
    noteClaims: () => askTwice('noteClaims', []),
    hasJustAnnounced: (relay, vendor, flow) => askTwice('hasJustAnnounced', [relay, vendor, flow]),
    useToken: (token, by) => askTwice('useToken', [token, by]),
    publishDue: () => ask('publishDue', []),
    traces: (filter, max) => askTwice('traces', [filter, max]),
    noteSwitches: (row, isTurned) => askTwice('noteSwitches', [row, isTurned]),
  };
}

async function callOnce<M extends Method>(
  stubOf: () => HubStub,
  method: M,
  args: Arguments<M>,
): Promise<Value<M>> {
  const reply = await named(method, () => stubOf().call({ protocol: HUB_PROTOCOL, method, args }));
  if (reply.kind === 'done') return reply.value as Value<M>;
  log('warn', 'hub-call-unknown', { detail: `${method} of ${HUB_PROTOCOL}, hub of ${reply.protocol}` });
  if (method in NEWEST) return NEWEST[method as keyof typeof NEWEST] as Value<M>;
  throw hubFailureOf(new TypeError('unknown call'));
}

/** Logs what fails, with its class. @throws HubFailure */
async function named<T>(method: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const failure = hubFailureOf(cause);
    const { reason, detail = '' } = failure;
    log(failure.isRestart ? 'warn' : 'error', 'hub-call-failed', { reason, detail: `${method}: ${detail}` });
    throw failure;
  }
}

async function twice<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (!hubFailureOf(cause).isRestart) throw cause;
    await scheduler.wait(Math.random() * AGAIN_MS);
    return call();
  }
}
