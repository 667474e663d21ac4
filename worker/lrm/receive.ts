// POST /hub-sante/receive: what came to a relay from LRMs and from the Hub. All of it is stored before the relay acknowledges it
// there, also what nobody understands. shared/link/hub-sante.ts; docs/lrm.md.

import * as v from 'valibot';
import { sha256Hex } from '../../shared/hash.ts';
import {
  type CountAnswer,
  RECEIVED_BYTES_MAX,
  RECEIVED_MESSAGES_MAX,
  type ReceivedMessage,
} from '../../shared/link/hub-sante.ts';
import { log } from '../base/log.ts';
import { jsonResponse, type RequestContext } from '../http/http.ts';
import { CLIENT_ENTRIES, readCarried } from './carrier.ts';
import { reactionTo } from './message/error-codes.ts';
import { readReply } from './message/reply.ts';
import { type Arrival, type Taken, takeArrivals } from './tables/replies.ts';
import { tellRelays } from './tell-relays.ts';

/** As many as there may be, each as long as it may be, and what JSON adds. */
const BYTES_MAX = 2 * RECEIVED_MESSAGES_MAX * RECEIVED_BYTES_MAX;
const HUB = 'fr.health.hub';
const CAUSE_LENGTH_MAX = 300;

const RECEIVE = v.object({
  ...CLIENT_ENTRIES,
  messages: v.pipe(
    v.array(
      v.object({
        queue: v.picklist(['ack', 'info']),
        body: v.string(),
        redelivered: v.boolean(),
        cut: v.optional(v.boolean()),
      }),
    ),
    v.maxLength(RECEIVED_MESSAGES_MAX),
  ),
});

/** @throws GatewayError as `readCarried`, storage-unavailable: nothing is stored, the relay asks again. */
export async function receiveMessages(context: RequestContext): Promise<Response> {
  const { relay, said } = await readCarried(context, RECEIVE, BYTES_MAX);
  const arrivals = await Promise.all(said.messages.map(readArrival));
  const { taken, isDue } = await takeArrivals(context.env.APPOINTMENTS, arrivals, Date.now());
  if (isDue) context.waitUntil(tellRelays(context.env));
  for (const one of taken) note(one, context.requestId);
  log('debug', 'lrm-messages-received', { requestId: context.requestId, relay, count: taken.length });
  return jsonResponse({ count: taken.length } satisfies CountAnswer, context);
}

/** `redelivered` says nothing that the outbox does not know: what comes twice is found by its attempt, or its hash. */
async function readArrival({ queue, body }: Pick<ReceivedMessage, 'queue' | 'body'>): Promise<Arrival> {
  const about = { hash: await sha256Hex(`${queue}\n${body}`), queue, bytes: body.length };
  const reply = readReply(body);
  switch (reply.kind) {
    case 'ack':
      return { ...about, kind: 'ack', id: reply.reference, step: reply.step, isRefused: reply.isRefused };
    case 'error': {
      const { reference: id, code, sender, cause } = reply;
      if (id === undefined) return { ...about, kind: 'uncorrelated', code };
      const said = sender === HUB ? withoutPeople(cause) : undefined;
      return { ...about, kind: 'error', id, code, reaction: reactionTo(code), sender, cause: said };
    }
    case 'unreadable':
      return { ...about, kind: 'unreadable' };
  }
}

/** The Hub quotes values of ours in what it says of a schema: addresses and long numbers are a professional's. */
function withoutPeople(cause: string): string {
  return cause
    .replace(/[^\s"'<>]+@[^\s"'<>]+/g, '…')
    .replace(/\d{9,}/g, '…')
    .slice(0, CAUSE_LENGTH_MAX);
}

/** Operators hear of what needs them, and of what nobody expected. Nothing of a text is logged. */
function note({ arrival, state }: Taken, requestId: string): void {
  const { kind, queue } = arrival;
  const detail = `${queue} ${kind}`;
  if (kind === 'unreadable' || kind === 'uncorrelated') {
    log('error', 'lrm-reply-unreadable', { requestId, detail });
  } else if (state === undefined) {
    log('warn', 'lrm-reply-unknown', { requestId, detail });
  } else if (kind === 'error') {
    const level = state === 'errored' || state === 'expired' ? 'error' : 'warn';
    log(level, 'lrm-message-refused', { requestId, reason: String(arrival.code), detail: state });
  }
}
