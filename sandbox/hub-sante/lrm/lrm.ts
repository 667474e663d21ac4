// A double of the LRM of one SAMU: listens to its `.message`, keeps what it received and the appointments as they stand,
// answers by the behaviour it was told (behaviours.ts), and reads the errors that the Hub tells it.

import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { CLIENT_EXCHANGE } from '../broker/definitions.ts';
import { HeldConnection, publish } from '../broker/held-connection.ts';
import {
  type Appointment,
  type Envelope,
  type HubError,
  messageOf,
  writeAck,
  writeError,
} from '../message/edxl.ts';
import { describeCode } from '../message/error-codes.ts';
import { answer, type Behaviour, type LrmReply } from './behaviours.ts';

const PREFETCH = 50;
/** Reports kept; the oldest go first. */
const RECEIVED_MAX = 50_000;

export interface LrmOptions {
  /** `fr.health.samu330`. */
  readonly clientId: string;
  readonly port: number;
  readonly vhost: string;
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** One Report, in the order of reception. */
export interface ReceivedReport {
  readonly distributionId: string;
  readonly sender: string;
  readonly receivedMs: number;
  readonly behaviour: Behaviour;
  /** The broker gave it before: a connection ended before this LRM had answered. */
  readonly redelivered: boolean;
  readonly appointment: Appointment;
  /** As it came, byte for byte. */
  readonly body: string;
}

interface Pending {
  readonly to: string;
  readonly reply: LrmReply;
  readonly source: Envelope;
}

export class Lrm {
  readonly clientId: string;
  readonly #received: ReceivedReport[] = [];
  readonly #appointments = new Map<string, Appointment>();
  readonly #errors: HubError[] = [];
  #held: Pending[] = [];
  #connection: HeldConnection | undefined;
  #tag = '';
  #isListening = true;
  /** Of every message that `next` says nothing of. */
  behaviour: Behaviour = 'sound';
  /** Of the next messages, one each. */
  next: readonly Behaviour[] = [];

  private constructor(clientId: string) {
    this.clientId = clientId;
  }

  static async start(options: LrmOptions): Promise<Lrm> {
    const lrm = new Lrm(options.clientId);
    lrm.#connection = await HeldConnection.open({ ...options, setUp: (channel) => lrm.#setUp(channel) });
    return lrm;
  }

  get received(): readonly ReceivedReport[] {
    return this.#received;
  }

  /** By `appointmentId`, as the last message said it. */
  get appointments(): ReadonlyMap<string, Appointment> {
    return this.#appointments;
  }

  /** What the Hub told it on `.info`: of its own acknowledgements. */
  get errors(): readonly HubError[] {
    return this.#errors;
  }

  get lateCount(): number {
    return this.#held.length;
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  /** Not listening, its messages stay in its queue until they expire. */
  async listen(isListening: boolean): Promise<void> {
    const wasListening = this.#isListening;
    this.#isListening = isListening;
    const channel = this.#connection?.channel;
    if (channel === undefined || wasListening === isListening) return;
    if (isListening) await this.#consume(channel);
    else await channel.cancel(this.#tag);
  }

  /** Sends what was kept back as `late`. Returns how many. @throws Error when the connection is lost. */
  async release(order: 'given' | 'reversed' = 'given'): Promise<number> {
    const held = order === 'given' ? this.#held : this.#held.toReversed();
    this.#held = [];
    const channel = this.#connection?.channel;
    if (channel === undefined) throw new Error(`${this.clientId} has no connection`);
    await Promise.all(held.map((pending) => this.#send(channel, pending)));
    return held.length;
  }

  /** Forgets everything, also how it was told to behave; it listens. */
  async reset(): Promise<void> {
    this.#received.length = 0;
    this.#appointments.clear();
    this.#errors.length = 0;
    this.#held = [];
    this.behaviour = 'sound';
    this.next = [];
    await this.listen(true);
  }

  async close(): Promise<void> {
    await this.#connection?.close();
  }

  async #setUp(channel: ConfirmChannel): Promise<void> {
    await channel.prefetch(PREFETCH);
    if (this.#isListening) await this.#consume(channel);
    await channel.consume(`${this.clientId}.info`, (message) => {
      if (message === null) return;
      const { error } = messageOf(JSON.parse(message.content.toString('utf8')) as Envelope);
      if (error !== undefined) this.#errors.push(error);
      channel.ack(message);
    });
  }

  async #consume(channel: ConfirmChannel): Promise<void> {
    const onMessage = (message: ConsumeMessage | null): void => {
      if (message === null) return;
      // Acknowledged to the broker once what it answers is there; a channel that ended gives it again to the next.
      this.#receive(channel, message).then(
        () => channel.ack(message),
        () => undefined,
      );
    };
    this.#tag = (await channel.consume(`${this.clientId}.message`, onMessage)).consumerTag;
  }

  async #receive(channel: ConfirmChannel, message: ConsumeMessage): Promise<void> {
    const body = message.content.toString('utf8');
    // The dispatcher has judged it.
    const source = JSON.parse(body) as Envelope;
    const { appointment } = messageOf(source);
    if (appointment === undefined) return;
    const [behaviour = this.behaviour, ...rest] = this.next;
    this.next = rest;
    const { appointmentId, method } = appointment;
    const { distributionID: distributionId, senderID: to } = source;
    const isKnown = this.#appointments.has(appointmentId);
    const { replies, isLate } = answer(behaviour, { distributionId, method, appointmentId, isKnown });
    this.#received.push({
      distributionId,
      sender: to,
      receivedMs: Date.now(),
      behaviour,
      redelivered: message.fields.redelivered,
      appointment,
      body,
    });
    if (this.#received.length > RECEIVED_MAX) this.#received.shift();
    if (!replies.some(({ kind }) => kind === 'error')) this.#appointments.set(appointmentId, appointment);
    const pending = replies.map((reply) => ({ to, reply, source }));
    if (isLate) this.#held.push(...pending);
    // All leave before the first is confirmed: those of one message stand together.
    else await Promise.all(pending.map((one) => this.#send(channel, one)));
  }

  async #send(channel: ConfirmChannel, { to, reply, source }: Pending): Promise<void> {
    const parties = { from: this.clientId, to, nowMs: Date.now() };
    const envelope =
      reply.kind === 'ack'
        ? writeAck(parties, reply.reference, reply.odd)
        : writeError(parties, {
            errorCode: describeCode(reply.code),
            errorCause: `${reply.distributionId}: ${reply.cause}`,
            referencedDistributionID: reply.distributionId,
            sourceMessage: source,
          });
    await publish(channel, CLIENT_EXCHANGE, this.clientId, Buffer.from(JSON.stringify(envelope)), {
      persistent: true,
      contentType: 'application/json',
    });
  }
}
