// Says one message to one vendor until it has an answer that means something: the POST that is refused becomes the
// guide's conditional PUT, the PUT of an account the vendor has lost becomes a POST. At most four requests for each
// identifier, one budget. docs/guide.md § 4.

import type { AccountRequest } from '../../shared/link/accounts.ts';
import { type RegulatorIdentifier, regulatorResource, sameIdentifier } from '../../shared/sas/regulator.ts';
import type { HubAccountReply } from '../hub/reach/calls.ts';
import { hubFailureOf } from '../hub/reach/failure.ts';
import { type Message, OLD_OPEN } from './model/ledger.ts';
import type { Regulator } from './model/regulator.ts';
import {
  type Failure,
  failureVerdict,
  isLost,
  isMissing,
  isRefusal,
  isYes,
  type Verdict,
} from './model/verdict.ts';

const REQUESTS_MAX = 4;
/** With less left, a vendor could not answer another request. */
const WORTH_ANOTHER_MS = 300;

/**
 * One message about one account, and the way to its vendor. `budgetMs`: for all the requests that it takes.
 */
export interface Conversation {
  readonly id: string;
  readonly editor: string;
  readonly budgetMs: number;
  /** Under which the vendor may hold another account of the regulator's; a withdrawal closes it too. */
  readonly former: readonly RegulatorIdentifier[];
  /** The relay says it ahead of what waits for that vendor. */
  readonly isUrgent: boolean;
  readonly send: (request: AccountRequest) => Promise<HubAccountReply>;
}

type Address = { readonly method: 'POST' } | { readonly method: 'PUT'; readonly query: RegulatorIdentifier };

/** A withdrawal is confirmed by a yes under each identifier by which the vendor may hold an account. */
export async function converse(
  message: Message,
  regulator: Regulator,
  conversation: Conversation,
): Promise<Verdict> {
  const endMs = Date.now() + conversation.budgetMs;
  const verdict = await sayUnderBoth(message, regulator, conversation, endMs);
  if (message.active && verdict.kind === 'yes' && verdict.left !== undefined) {
    return verdict.mayBeMade
      ? closeLeft(message, regulator, { conversation, endMs, verdict, left: verdict.left })
      : verdict;
  }
  if (message.active || !message.isFinal || verdict.kind !== 'yes') return verdict;
  for (const identifier of conversation.former) {
    const closed = await say({ ...message, identifier, query: identifier }, regulator, conversation, endMs);
    if (closed.kind !== 'yes') return { ...closed, isUncertain: closed.isUncertain || verdict.wasLost };
  }
  return verdict;
}

/**
 * A withdrawal that also renames is refused by a vendor that holds an account under the new identifier too. Both are
 * the person's: each is closed under its own name, and only a yes to each is a yes.
 */
async function sayUnderBoth(
  message: Message,
  regulator: Regulator,
  conversation: Conversation,
  endMs: number,
): Promise<Verdict> {
  const { query, identifier, active } = message;
  const verdict = await say(message, regulator, conversation, endMs);
  if (active || verdict.kind !== 'refused' || query === undefined || sameIdentifier(query, identifier)) {
    return verdict;
  }
  const old = await say({ ...message, identifier: query }, regulator, conversation, endMs);
  if (old.kind !== 'yes') return { ...old, isUncertain: old.isUncertain || verdict.isUncertain };
  const renamed = await say({ ...message, query: identifier }, regulator, conversation, endMs);
  const wasLost = verdict.isUncertain || old.wasLost;
  return renamed.kind === 'yes'
    ? { ...renamed, wasLost: renamed.wasLost || wasLost }
    : { ...renamed, isUncertain: renamed.isUncertain || wasLost };
}

interface Left {
  readonly conversation: Conversation;
  readonly endMs: number;
  readonly verdict: Extract<Verdict, { kind: 'yes' }>;
  readonly left: RegulatorIdentifier;
}

/**
 * A renaming that was refused under the old identifier, and taken under the new one by making an account, or perhaps so:
 * the vendor may not have renamed before, and hold the old account still. That one is closed; only a yes to both is a yes.
 */
async function closeLeft(
  message: Message,
  regulator: Regulator,
  { conversation, endMs, verdict, left }: Left,
): Promise<Verdict> {
  const old = { ...message, identifier: left, query: left, active: false };
  const closed = await say(old, regulator, conversation, endMs);
  if (closed.kind === 'yes') return { ...verdict, wasLost: verdict.wasLost || closed.wasLost };
  const { status, retryAfterS } = closed;
  return { kind: 'unconfirmed', reason: OLD_OPEN, status, retryAfterS, isUncertain: true };
}

async function say(
  message: Message,
  regulator: Regulator,
  { id, editor, isUrgent, send }: Conversation,
  endMs: number,
): Promise<Verdict> {
  const { identifier, active } = message;
  const { family, given, email } = regulator;
  const body = JSON.stringify(regulatorResource({ identifier, active, family, given, email }));
  let address: Address =
    message.query === undefined ? { method: 'POST' } : { method: 'PUT', query: message.query };
  let wasLost = false;
  let wasMissing = false;
  // Under the new identifier, after a refusal under the old one, the vendor may make a second account.
  let mayBeMade = message.isOldOpen;
  let refusal: HubAccountReply | undefined;
  for (let count = 1; ; count += 1) {
    const reply = await ask(send, {
      id,
      editor,
      method: address.method,
      ...(address.method === 'PUT' ? { identifier: address.query } : {}),
      body,
      budgetMs: Math.max(0, endMs - Date.now()),
      ...(isUrgent ? { urgent: true } : {}),
    });
    const left = leftBy(address, message);
    if (isYes(reply) && reply.kind === 'answered') {
      return {
        kind: 'yes',
        status: reply.status,
        location: reply.location,
        method: address.method,
        surprise: wasMissing
          ? 'missing'
          : address.method === 'PUT' && reply.status === 201
            ? 'created'
            : undefined,
        wasLost,
        left,
        mayBeMade: mayBeMade || reply.status === 201,
      };
    }
    mayBeMade ||= left !== undefined && isLost(reply);
    const past = { wasLost, wasMissing, wasRefused: refusal !== undefined };
    const next = count < REQUESTS_MAX ? nextAddress(address, reply, message, past) : undefined;
    if (next === undefined || endMs - Date.now() < WORTH_ANOTHER_MS) {
      // The vendor knows no such account and makes none: why it makes none is the news.
      const failure = failureVerdict((isMissing(reply) ? refusal : undefined) ?? reply, wasLost);
      return active && mayBeMade ? { ...failure, kind: trying(failure), reason: OLD_OPEN } : failure;
    }
    if (address.method === 'POST' && isRefusal(reply)) refusal = reply;
    wasLost ||= isLost(reply);
    wasMissing ||= isMissing(reply);
    address = next;
  }
}

/** A refusal is given up; an account that may be open under the old identifier is not. */
function trying({ kind }: Failure): Failure['kind'] {
  return kind === 'refused' ? 'unconfirmed' : kind;
}

/** The identifier of the message's query, when the message went out under its own in the end. */
function leftBy(address: Address, { query }: Message): RegulatorIdentifier | undefined {
  if (address.method !== 'PUT' || query === undefined) return undefined;
  return sameIdentifier(address.query, query) ? undefined : query;
}

/** The hub itself may be gone: then nobody knows. */
async function ask(send: Conversation['send'], request: AccountRequest): Promise<HubAccountReply> {
  try {
    return await send(request);
  } catch (cause) {
    // The hub went while it had the message: it may have been sent.
    return { kind: 'failed', reason: hubFailureOf(cause).reason, sent: true, durationMs: 0 };
  }
}

interface Past {
  readonly wasLost: boolean;
  readonly wasMissing: boolean;
  /** It was a POST that was refused. */
  readonly wasRefused: boolean;
}

function nextAddress(
  address: Address,
  reply: HubAccountReply,
  { identifier, mayBear, active }: Message,
  { wasLost, wasMissing, wasRefused }: Past,
): Address | undefined {
  const isAgain = isLost(reply) && isQuick(reply);
  if (address.method === 'POST') {
    // The vendor may have it, from an answer lost or from before us: the guide's conditional PUT is right in any case.
    return isRefusal(reply) || isAgain ? { method: 'PUT', query: identifier } : undefined;
  }
  // Often a kept connection that the vendor was closing: a PUT says the same state again.
  if (isAgain && reply.kind === 'failed' && !wasLost) return address;
  if (isMissing(reply) && !wasMissing && !wasRefused) return { method: 'POST' };
  // The lost message had changed the identifier after all. Without such a doubt it is somebody else's account. A
  // withdrawal is not content with that: the vendor may hold both.
  if (active && isRefusal(reply) && (mayBear || wasLost) && !sameIdentifier(address.query, identifier)) {
    return { method: 'PUT', query: identifier };
  }
  return undefined;
}

/** A vendor that let the time run out, or is not there, would do it again. */
function isQuick(reply: HubAccountReply): boolean {
  return reply.kind === 'answered' ? reply.status !== 503 : reply.reason === 'reset';
}
