// Why there is no connection to Hub Santé's broker, or no more: one closed list of reasons, for log and metrics. Never a
// text of the broker's. No I/O.

import { DialError } from '../base/failure.ts';

export type BrokerReason =
  /** No TCP connection, or no handshake in time. */
  | 'connect'
  /** The server's certificate: chain, name, dates, revocation. */
  | 'certificate'
  | 'tls'
  /** It did not answer in time while the connection was opened. */
  | 'timeout'
  /** It does not know the client of our certificate. */
  | 'access-refused'
  /** It has no such virtual host, or not for us. */
  | 'vhost-refused'
  /** It does not offer SASL EXTERNAL. */
  | 'mechanism-missing'
  | 'queue-missing'
  /** We may not read from one of our queues. */
  | 'queue-refused'
  /** A queue that we read was taken away. */
  | 'queue-gone'
  /** No confirmation came while the lease lasted. */
  | 'confirm-late'
  /** No heartbeat. */
  | 'silent'
  /** The broker ends, or an operator of it has closed the connection. */
  | 'broker-closed'
  /** The connection broke. */
  | 'lost'
  | 'protocol';

/** The connection to the broker cannot be, or is no more; `reason` is of the list above. */
export class BrokerError extends Error {
  readonly reason: BrokerReason;
  /** Node's, OpenSSL's or AMQP's code. */
  readonly code: string | undefined;

  constructor(reason: BrokerReason, code?: string | number) {
    super(reason);
    this.name = 'BrokerError';
    this.reason = reason;
    this.code = code === undefined ? undefined : String(code);
  }
}

/** Somebody must act, here or at Hub Santé: waiting mends none of these. */
const LASTING: ReadonlySet<BrokerReason> = new Set([
  'certificate',
  'access-refused',
  'vhost-refused',
  'mechanism-missing',
  'queue-missing',
  'queue-refused',
  'queue-gone',
]);

/** Whether trying again cannot help until somebody acts. */
export function isLasting(reason: BrokerReason): boolean {
  return LASTING.has(reason);
}

/** AMQP reply codes (AMQP 0-9-1 § 1.2, "reply-code"). */
export const REPLY = { forced: 320, accessRefused: 403, notFound: 404 } as const;

/** basic.publish (AMQP 0-9-1 § 1.8.3.7). */
const PUBLISH = { classId: 60, methodId: 40 } as const;

/** The broker closed a channel over what we published: our rights, or its exchange. */
export function isAboutPublishing(error: Error): boolean {
  const { code, classId, methodId } = error as {
    readonly code?: number;
    readonly classId?: number;
    readonly methodId?: number;
  };
  const isRefusal = code === REPLY.accessRefused || code === REPLY.notFound;
  return isRefusal && classId === PUBLISH.classId && methodId === PUBLISH.methodId;
}

/** amqplib's words, while it opens a connection. */
const WORDS: readonly (readonly [RegExp, BrokerReason])[] = [
  [/^Handshake terminated by server: 403/, 'access-refused'],
  [/^Expected ConnectionOpenOk/, 'vhost-refused'],
  [/^SASL mechanism/, 'mechanism-missing'],
  [/^Heartbeat timeout/, 'silent'],
  [/^(Socket closed abruptly|Unexpected close)/, 'lost'],
];

/** From what dialling or amqplib threw, or closed a connection with. */
export function describeBrokerError(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  if (error instanceof DialError) return new BrokerError(reasonOfDial(error), error.code);
  if (!(error instanceof Error)) return new BrokerError('lost');
  const { code } = error as { readonly code?: string | number };
  if (code === REPLY.forced) return new BrokerError('broker-closed', code);
  const word = WORDS.find(([form]) => form.test(error.message));
  if (word !== undefined) return new BrokerError(word[1], code);
  // Node's codes are texts, AMQP's are numbers.
  return typeof code === 'string' ? new BrokerError('lost', code) : new BrokerError('protocol', code);
}

function reasonOfDial({ failure }: DialError): BrokerReason {
  return failure === 'certificate' || failure === 'connect' ? failure : 'tls';
}
