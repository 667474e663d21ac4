// What the dispatcher does with what a client published: the checks of Hub Santé, in its order, then the recipient's
// queue and how long the message may wait in it. Pure: no I/O, the clock passed in.

import type { QueueKind } from '../broker/definitions.ts';
import { type Envelope, type Kind, messageOf } from '../message/edxl.ts';
import type { Judged } from '../message/judge.ts';

/** What an error refers to when no id can be read in the message. */
export const UNREADABLE_ID = 'distributionID_could_not_be_extracted';
const PERSISTENT = 2;

export interface Published {
  /** The client's own id, as the broker made sure. */
  readonly routingKey: string;
  readonly contentType: string | undefined;
  /** 2: persistent. */
  readonly deliveryMode: number | undefined;
  readonly body: string;
}

export interface Judging {
  readonly judge: (text: string) => Judged;
  readonly clients: ReadonlySet<string>;
  readonly queueTtlMs: number;
  readonly nowMs: number;
}

export type Verdict =
  | {
      readonly kind: 'route';
      /** Name of the recipient's queue. */
      readonly queue: string;
      /** At most; undefined where the queue's own limit is shorter. */
      readonly ttlMs: number | undefined;
      readonly envelope: Envelope;
    }
  | {
      readonly kind: 'refuse';
      readonly code: number;
      readonly cause: string;
      readonly distributionId: string;
      /** The refused message where it is JSON, else undefined. */
      readonly source: unknown;
    };

const QUEUE_OF: Readonly<Record<Kind, QueueKind>> = {
  Report: 'message',
  Update: 'message',
  Cancel: 'message',
  Ack: 'ack',
  Error: 'info',
};

export function judgePublished(published: Published, judging: Judging): Verdict {
  const { routingKey, contentType, deliveryMode, body } = published;
  const { judge, clients, queueTtlMs, nowMs } = judging;
  const judged = judge(body);
  const refuse = (code: number, cause: string): Verdict => ({
    kind: 'refuse',
    code,
    cause,
    distributionId: findId(body),
    source:
      judged.kind === 'unreadable' ? undefined : judged.kind === 'sound' ? judged.envelope : judged.value,
  });
  // The real one reads XML too.
  if (contentType !== 'application/json') return refuse(101, 'the content type is not application/json');
  if (judged.kind === 'unreadable') return refuse(301, 'the body is not JSON');
  if (judged.kind === 'unsound') return refuse(300, judged.problems.join('\n'));
  const { envelope } = judged;
  const { senderID, distributionID } = envelope;
  if (senderID !== routingKey) return refuse(200, `the sender is ${senderID}, the routing key ${routingKey}`);
  if (deliveryMode !== PERSISTENT) return refuse(100, `${distributionID} is not persistent`);
  if (distributionID.split('_', 1)[0] !== senderID || !distributionID.includes('_'))
    return refuse(300, `${distributionID} does not begin with its sender`);
  const leftMs = Date.parse(envelope.dateTimeExpires) - nowMs;
  if (leftMs <= 0) return refuse(400, `${distributionID} had expired`);
  const recipient = envelope.descriptor.explicitAddress.explicitAddressValue;
  if (!clients.has(recipient)) return refuse(501, `nobody is called ${recipient}`);
  return {
    kind: 'route',
    queue: `${recipient}.${QUEUE_OF[envelope.distributionKind]}`,
    ttlMs: leftMs < queueTtlMs ? leftMs : undefined,
    envelope,
  };
}

/** What an error of an error would be about is nothing that anybody is told of. */
export const isError = (envelope: Envelope): boolean => messageOf(envelope).error !== undefined;

/** Read in the text, since it may not be JSON. */
function findId(body: string): string {
  return /"distributionID"\s*:\s*"([^"\\]+)"/.exec(body)?.[1] ?? UNREADABLE_ID;
}
