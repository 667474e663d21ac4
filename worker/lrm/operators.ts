// What operators see of messages to LRMs: what is not delivered, by LRM, and since when; each message with its attempts; and
// their word that one leaves again. docs/lrm.md. Ids and codes only: nobody's name.

import { GatewayError } from '../../shared/error.ts';
import { refuse, unknownParameter } from '../../shared/sas/search-parameters.ts';
import { log } from '../base/log.ts';
import { jsonResponse, type RequestContext } from '../http/http.ts';
import { operatorOf } from '../http/operator.ts';
import { readQuery } from '../http/query.ts';
import {
  type AttemptRow,
  listStrays,
  listUndelivered,
  type MessageRow,
  type Place,
  readTold,
  resendLast,
} from './tables/overview.ts';
import { countWaiting, isAtLeast } from './tables/undelivered.ts';
import { tellRelays } from './tell-relays.ts';

const STRAYS_MAX = 50;
const COUNT_DEFAULT = 50;
const COUNT_MAX = 200;
/** So many are looked at for one page: one of an LRM that has few may be empty, while `next` is there. */
const LOOKED_AT = 2_000;
const DAY_MS = 24 * 3_600_000;

/** States of what no LRM has acknowledged, and no newer message has overtaken. */
export const UNDELIVERED_STATES = ['pending', 'held', 'leased', 'confirmed', 'errored', 'expired'] as const;

const instant = (ms: number): string => new Date(ms).toISOString();

/** GET /admin/lrm. @throws GatewayError storage-unavailable. */
export async function answerLrm(context: RequestContext): Promise<Response> {
  const { env, config, startedMs } = context;
  const [waiting, strays] = await Promise.all([
    countWaiting(env.APPOINTMENTS),
    listStrays(env.APPOINTMENTS, STRAYS_MAX),
  ]);
  const total = (some: typeof waiting): number => some.reduce((sum, { count }) => sum + count, 0);
  const { lrm } = config;
  return jsonResponse(
    {
      state: lrm === undefined ? 'off' : 'on',
      ...(lrm && { clientId: lrm.clientId, schema: lrm.schema }),
      undelivered: total(waiting),
      isAtLeast: isAtLeast(waiting),
      recipients: [...Map.groupBy(waiting, ({ recipient }) => recipient)].map(([recipient, some]) => {
        const oldestMs = Math.min(...some.map((one) => one.oldestMs));
        return {
          recipient,
          undelivered: total(some),
          oldest: instant(oldestMs),
          oldestSeconds: Math.max(0, Math.round((startedMs - oldestMs) / 1_000)),
          states: Object.fromEntries(some.map(({ state, count }) => [state, count])),
        };
      }),
      strays: strays.map(({ firstMs, lastMs, ...stray }) => ({
        ...stray,
        first: instant(firstMs),
        last: instant(lastMs),
      })),
    },
    context,
  );
}

/** GET /admin/lrm/messages. @throws GatewayError parameter-*, query-malformed, storage-unavailable. */
export async function answerMessages(context: RequestContext): Promise<Response> {
  const { env, url } = context;
  const { state, recipient, appointment, count, place } = readQuestion(url);
  if (appointment !== undefined) {
    const { messages } = await readTold(env.APPOINTMENTS, appointment);
    const asked = messages.filter(
      (one) =>
        (state === undefined || one.state === state) &&
        (recipient === undefined || one.recipient === recipient),
    );
    return jsonResponse({ messages: asked.map(describe) }, context);
  }
  if (state !== undefined && !UNDELIVERED_STATES.some((one) => one === state)) {
    throw refuse(
      'parameter-invalid',
      'state',
      `Sans appointment, state est un de ${UNDELIVERED_STATES.join(', ')}.`,
    );
  }
  const looked = await listUndelivered(env.APPOINTMENTS, state, place, LOOKED_AT);
  const asked = looked
    .filter((one) => recipient === undefined || one.recipient === recipient)
    .slice(0, count);
  const last =
    asked.length === count ? asked.at(-1) : looked.length === LOOKED_AT ? looked.at(-1) : undefined;
  return jsonResponse({ messages: asked.map(describe), ...(last && { next: cursorOf(last) }) }, context);
}

interface Question {
  readonly state: string | undefined;
  readonly recipient: string | undefined;
  readonly appointment: string | undefined;
  readonly count: number;
  readonly place: Place | undefined;
}

function readQuestion(url: URL): Question {
  const given = new Map<string, string>();
  for (const { name, value } of readQuery(url.search.slice(1))) {
    if (!['state', 'recipient', 'appointment', '_count', '_cursor'].includes(name))
      throw unknownParameter(name);
    if (given.has(name)) throw refuse('parameter-repeated', name, 'Une seule valeur est admise.');
    given.set(name, value);
  }
  const count = Number(given.get('_count') ?? COUNT_DEFAULT);
  if (!Number.isInteger(count) || count < 1 || count > COUNT_MAX) {
    throw refuse('parameter-invalid', '_count', `Un nombre de 1 à ${COUNT_MAX}.`);
  }
  const cursor = given.get('_cursor');
  return {
    state: given.get('state'),
    recipient: given.get('recipient'),
    appointment: given.get('appointment'),
    count,
    place: cursor === undefined ? undefined : placeOf(cursor),
  };
}

const cursorOf = ({ state, dueMs, appointment, turn }: Place): string =>
  [state, dueMs, appointment, turn].join('~');

function placeOf(cursor: string): Place {
  const [, state = '', dueMs, appointment = '', turn] =
    /^(\w+)~(\d{1,15})~([\w-]+)~(\d{1,6})$/.exec(cursor) ?? [];
  if (turn === undefined) throw refuse('parameter-invalid', '_cursor', 'La valeur de next, telle quelle.');
  return { state, dueMs: Number(dueMs), appointment, turn: Number(turn) };
}

/** GET /admin/lrm/appointments/{id}. @throws GatewayError not-found, storage-unavailable. */
export async function answerAppointment(context: RequestContext): Promise<Response> {
  const appointment = context.parameters.id ?? '';
  const { messages, attempts } = await readTold(context.env.APPOINTMENTS, appointment);
  if (messages.length === 0) throw notFound();
  return jsonResponse(
    {
      appointment,
      messages: messages.map((message) => ({
        ...describe(message),
        attempts: attempts.filter(({ turn }) => turn === message.turn).map(describeAttempt),
      })),
    },
    context,
  );
}

/** POST /admin/lrm/{id}/resend. @throws GatewayError not-found, state-conflict, storage-unavailable. */
export async function resendMessage(context: RequestContext): Promise<Response> {
  const { env, requestId, startedMs, parameters, caller } = context;
  const resent = await resendLast(env.APPOINTMENTS, parameters.id ?? '', startedMs, startedMs + DAY_MS);
  if (resent === undefined) throw notFound();
  const { message, isChanged } = resent;
  if (!isChanged && message.state !== 'pending') {
    throw new GatewayError({
      reason: 'state-conflict',
      text: `Le dernier message de ce rendez-vous est ${message.state} : seul un message held, errored ou expired repart.`,
    });
  }
  log('info', 'lrm-message-resent', { requestId, operator: operatorOf(caller) });
  context.waitUntil(tellRelays(env));
  return jsonResponse(describe(message), context);
}

function notFound(): GatewayError {
  return new GatewayError({ reason: 'not-found', text: 'Aucun message n’a été fait de ce rendez-vous.' });
}

function describe({ madeMs, changedMs, dueMs, attempts, ...message }: MessageRow) {
  return {
    ...message,
    made: instant(madeMs),
    changed: instant(changedMs),
    due: instant(dueMs),
    tries: attempts,
  };
}

function describeAttempt({ turn: _turn, leasedMs, expiresMs, settledMs, replyMs, ...attempt }: AttemptRow) {
  return {
    ...attempt,
    leased: instant(leasedMs),
    expires: instant(expiresMs),
    settled: settledMs === null ? null : instant(settledMs),
    replied: replyMs === null ? null : instant(replyMs),
  };
}
