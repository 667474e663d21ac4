// What the control port of the simulated Hub Santé can do: read what LRMs received and what the dispatcher refused, tell
// them how to behave, end the broker and start it again.

import * as v from 'valibot';
import { type Actions, BadInput } from '../base/control-server.ts';
import type { Broker } from './broker/broker.ts';
import { QUEUE_KINDS } from './broker/definitions.ts';
import { type Dispatcher, SOURCE_FORMS } from './dispatcher/dispatcher.ts';
import { BEHAVIOURS, isBehaviour } from './lrm/behaviours.ts';
import type { Lrm } from './lrm/lrm.ts';

const LIST_MAX = 1_000;

interface Inside {
  readonly broker: Broker;
  readonly dispatcher: Dispatcher;
  readonly lrms: ReadonlyMap<string, Lrm>;
}

const BEHAVIOUR = v.custom<keyof typeof BEHAVIOURS>(isBehaviour);
const LRM_CHANGE = v.strictObject({
  behaviour: v.optional(BEHAVIOUR),
  next: v.optional(v.pipe(v.array(BEHAVIOUR), v.maxLength(LIST_MAX))),
  listening: v.optional(v.boolean()),
});
const DISPATCHER_CHANGE = v.strictObject({
  refuse: v.optional(v.pipe(v.array(v.pipe(v.number(), v.integer())), v.maxLength(LIST_MAX))),
  running: v.optional(v.boolean()),
  source: v.optional(v.picklist(SOURCE_FORMS)),
});
const RELEASE = v.strictObject({ order: v.optional(v.picklist(['given', 'reversed'])) });
const INJECTION = v.strictObject({
  kind: v.picklist(QUEUE_KINDS),
  body: v.string(),
  contentType: v.optional(v.string()),
});
const BROKER_ORDER = v.strictObject({ order: v.picklist(['kill', 'start', 'pause', 'resume']) });

export const ACTIONS: Actions<Inside> = {
  'GET /state': ({ broker, dispatcher, lrms }) => ({
    port: broker.port,
    dispatcher: describeDispatcher(dispatcher),
    lrms: [...lrms.values()].map(describeLrm),
  }),
  'GET /behaviours': () => BEHAVIOURS,
  'GET /lrm/': (inside, _body, name) => describeLrm(find(inside, name)),
  'PUT /lrm/': async (inside, body, name) => {
    const lrm = find(inside, name);
    const { behaviour, next, listening } = read(LRM_CHANGE, body);
    if (behaviour !== undefined) lrm.behaviour = behaviour;
    if (next !== undefined) lrm.next = next;
    if (listening !== undefined) await lrm.listen(listening);
    return describeLrm(lrm);
  },
  'DELETE /lrm/': async (inside, _body, name) => {
    const lrm = find(inside, name);
    await lrm.reset();
    return describeLrm(lrm);
  },
  'GET /received/': (inside, _body, name) => find(inside, name).received,
  'GET /appointments/': (inside, _body, name) => [...find(inside, name).appointments.values()],
  'POST /release/': async (inside, body, name) => ({
    released: await find(inside, name).release(read(RELEASE, body ?? {}).order),
  }),
  'PUT /dispatcher': async ({ dispatcher }, body) => {
    const { refuse, running, source } = read(DISPATCHER_CHANGE, body);
    if (refuse !== undefined) dispatcher.forced = refuse;
    if (source !== undefined) dispatcher.sourceForm = source;
    if (running !== undefined) await dispatcher.run(running);
    return describeDispatcher(dispatcher);
  },
  'GET /errors': ({ dispatcher }) => dispatcher.errors,
  'POST /queue/': async ({ dispatcher }, body, client) => {
    const { kind, body: text, contentType } = read(INJECTION, body);
    await dispatcher.inject(`${client}.${kind}`, Buffer.from(text), contentType);
    return { queue: `${client}.${kind}` };
  },
  'PUT /broker': async ({ broker }, body) => {
    const { order } = read(BROKER_ORDER, body);
    if (order === 'kill') await broker.kill();
    else if (order === 'start') await broker.startAgain();
    else if (order === 'pause') broker.pause();
    else broker.resume();
    return { order };
  },
};

function describeLrm(lrm: Lrm) {
  return {
    clientId: lrm.clientId,
    behaviour: lrm.behaviour,
    next: lrm.next,
    listening: lrm.isListening,
    received: lrm.received.length,
    appointments: lrm.appointments.size,
    late: lrm.lateCount,
    errors: lrm.errors,
  };
}

function describeDispatcher(dispatcher: Dispatcher) {
  const { isRunning: running, forced: refuse, sourceForm: source, routedCount: routed, errors } = dispatcher;
  return { running, refuse, source, routed, refused: errors.length };
}

function find({ lrms }: Inside, name: string): Lrm {
  const lrm = lrms.get(name);
  if (lrm === undefined) throw new BadInput(`Pas de LRM de ce nom. Il y a : ${[...lrms.keys()].join(', ')}.`);
  return lrm;
}

function read<S extends v.GenericSchema>(schema: S, body: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, body);
  if (result.success) return result.output;
  throw new BadInput(
    result.issues.map((issue) => `${v.getDotPath(issue) ?? 'corps'} : ${issue.message}`).join('\n'),
  );
}
