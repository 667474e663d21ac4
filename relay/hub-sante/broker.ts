// One connection to Hub Santé's broker, and all that we may do there: publish to its exchange with confirms, read our two
// queues with manual acknowledgements. It declares nothing, except passively. It ends once, with a reason; carrier.ts opens
// the next one. docs/relay.md "Hub Santé".

import type { TLSSocket } from 'node:tls';
import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib';
import { rejectLate, within } from '../../shared/deadline.ts';
import {
  type PublishOutcome,
  RECEIVED_MESSAGES_MAX,
  type ReceivedMessage,
} from '../../shared/link/hub-sante.ts';
import { dial } from '../vendor/dial.ts';
import { openAmqp } from './amqp.ts';
import { BrokerError, describeBrokerError, isAboutPublishing, REPLY } from './broker-failure.ts';
import type { HubSanteState } from './files.ts';

const EXCHANGE = 'hubsante';
const QUEUES = ['ack', 'info'] as const;
/** Of each queue, what the edge has not stored yet: as much as one request takes, and as much that comes meanwhile. */
const PREFETCH = 2 * RECEIVED_MESSAGES_MAX;
/** From the first packet until our queues are read. */
const OPEN_MS = 15_000;
const CLOSE_MS = 1000;

/** A message of one of our queues. */
export interface Delivery {
  readonly queue: ReceivedMessage['queue'];
  readonly content: Buffer;
  readonly redelivered: boolean;
  /** Tells the broker that it is stored. Nothing happens when the connection has ended: the broker then gives it again. */
  readonly acknowledge: () => void;
}

export interface BrokerEvents {
  readonly onDelivery: (delivery: Delivery) => void;
  /** Once, unless `close` was called before. */
  readonly onEnd: (why: BrokerError) => void;
  /** The broker takes nothing of us, until an operator of it has acted; AMQP's code. */
  readonly onPublishRefused: (code: number) => void;
  /** The broker has answered for a first message: it takes ours. */
  readonly onPublishing: () => void;
  /** The broker, that took nothing for want of room, takes messages again. */
  readonly onFree: () => void;
}

type Publishing =
  /** `isProven`: the broker has answered for a message of this channel. */
  | { readonly name: 'open'; readonly channel: ConfirmChannel; readonly isProven: boolean }
  /** `isSure`: the message that the broker refused was the only one out. */
  | { readonly name: 'refused'; readonly isSure: boolean }
  /** After a refusal a channel is being opened: one, however often it is allowed. */
  | { readonly name: 'opening' }
  | { readonly name: 'ended' };

/** Open from its making to its one end. */
export class Broker {
  readonly #socket: TLSSocket;
  readonly #model: ChannelModel;
  readonly #clientId: string;
  readonly #events: BrokerEvents;
  readonly #waiting: (() => void)[] = [];
  readonly #consumers: { readonly channel: Channel; readonly tag: string }[] = [];
  #publishing: Publishing = { name: 'ended' };
  #isBlocked = false;
  #unconfirmed = 0;
  #state: 'opening' | 'open' | 'closing' | 'ended' = 'opening';
  #why: BrokerError | undefined;

  private constructor(socket: TLSSocket, model: ChannelModel, clientId: string, events: BrokerEvents) {
    this.#socket = socket;
    this.#model = model;
    this.#clientId = clientId;
    this.#events = events;
    model.on('error', (error) => this.#end(describeBrokerError(error)));
    model.on('close', (error) => this.#end(describeBrokerError(error)));
    model.on('blocked', () => {
      this.#isBlocked = true;
    });
    model.on('unblocked', () => {
      this.#unblock();
      events.onFree();
    });
    socket.on('close', () => this.#end(new BrokerError('lost')));
  }

  /** Resolves when messages may be published and our queues are read. @throws BrokerError */
  static async open(state: HubSanteState, events: BrokerEvents): Promise<Broker> {
    const socket = await connect(state);
    // amqplib hears errors too; whatever comes after it has stopped listening is no news.
    socket.on('error', () => {});
    let broker: Broker | undefined;
    const opening = async (): Promise<Broker> => {
      const model = await openAmqp(socket, state.config);
      broker = new Broker(socket, model, state.config.clientId, events);
      await broker.#openPublishing();
      await broker.#consume();
      if (broker.#why !== undefined) throw broker.#why;
      broker.#state = 'open';
      return broker;
    };
    try {
      return await within(opening(), OPEN_MS, () => {
        throw new BrokerError('timeout');
      });
    } catch (error) {
      // What ended the connection says more than the question that got no answer.
      const said = describeBrokerError(error);
      const why = broker === undefined ? said : (broker.#why ?? said);
      socket.destroy(why);
      throw why;
    }
  }

  /** Messages that one may take on for this connection now: one until the broker has answered for one, none when it refuses. */
  capacity(max: number): number {
    if (this.#publishing.name !== 'open' || this.#isBlocked) return 0;
    return this.#publishing.isProven ? max : 1;
  }

  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  get unconfirmed(): number {
    return this.#unconfirmed;
  }

  /** `body`: sent as UTF-8. Resolves with the broker's word, or when the channel has ended. */
  publish(body: string): Promise<PublishOutcome> {
    if (this.#publishing.name !== 'open') return Promise.resolve('unsent');
    const { promise, resolve } = Promise.withResolvers<PublishOutcome>();
    this.#unconfirmed += 1;
    const settle = (outcome: PublishOutcome): void => {
      this.#unconfirmed -= 1;
      resolve(outcome);
    };
    try {
      this.#publishing.channel.publish(
        EXCHANGE,
        this.#clientId,
        Buffer.from(body),
        { persistent: true, contentType: 'application/json' },
        (error: Error | null) => settle(this.#outcomeOf(error)),
      );
    } catch {
      // amqplib refuses before the first byte: the channel is closed.
      settle('unsent');
    }
    return promise;
  }

  /** Resolves when the broker takes messages, or the connection has ended. */
  unblocked(): Promise<void> {
    if (!this.#isBlocked) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    return promise;
  }

  /** Tries again to publish, after a refusal. */
  async allowPublishing(): Promise<void> {
    if (this.#publishing.name !== 'refused' || this.#state !== 'open') return;
    this.#publishing = { name: 'opening' };
    try {
      await within(this.#openPublishing(), OPEN_MS, rejectLate);
    } catch {
      this.fail(new BrokerError('protocol'));
    }
  }

  /** Nothing new comes from our queues; what came may still be acknowledged. */
  async stopConsuming(): Promise<void> {
    const cancelled = this.#consumers.splice(0).map(({ channel, tag }) => channel.cancel(tag));
    await within(Promise.allSettled(cancelled), CLOSE_MS, () => undefined);
  }

  /** Ends it at once: what is in our own buffers does not leave any more. */
  fail(why: BrokerError): void {
    this.#socket.destroy(why);
  }

  async close(): Promise<void> {
    if (this.#state === 'ended') return;
    this.#state = 'closing';
    await within(
      this.#model.close().catch(() => undefined),
      CLOSE_MS,
      () => undefined,
    );
    this.#socket.destroy(new BrokerError('lost'));
  }

  async #openPublishing(): Promise<void> {
    const channel = await this.#model.createConfirmChannel();
    channel.on('error', (error: Error & { readonly code?: number }) => {
      const { code } = error;
      if (code === undefined || !isAboutPublishing(error))
        return this.fail(new BrokerError('protocol', code));
      this.#publishing = { name: 'refused', isSure: this.#unconfirmed === 1 };
      this.#events.onPublishRefused(code);
    });
    this.#publishing = { name: 'open', channel, isProven: false };
  }

  async #consume(): Promise<void> {
    const channel = await this.#model.createChannel();
    channel.on('error', (error: Error & { readonly code?: number }) => {
      if (this.#state === 'open') this.fail(new BrokerError('protocol', error.code));
    });
    await channel.prefetch(PREFETCH);
    for (const queue of QUEUES) {
      const name = `${this.#clientId}.${queue}`;
      try {
        await channel.checkQueue(name);
        const { consumerTag } = await channel.consume(name, (message) => {
          if (message === null) return this.fail(new BrokerError('queue-gone'));
          const { content, fields } = message;
          const acknowledge = (): void => acknowledgeOn(channel, message);
          this.#events.onDelivery({ queue, content, redelivered: fields.redelivered, acknowledge });
        });
        this.#consumers.push({ channel, tag: consumerTag });
      } catch (error) {
        const { code } = error as { readonly code?: number };
        if (code === REPLY.notFound) throw new BrokerError('queue-missing', code);
        if (code === REPLY.accessRefused) throw new BrokerError('queue-refused', code);
        throw error;
      }
    }
  }

  #outcomeOf(error: Error | null): PublishOutcome {
    const publishing = this.#publishing;
    // amqplib has no other sign that tells a nack from the channel's end.
    const isAnswer = error === null || error.message === 'message nacked';
    if (!isAnswer) return publishing.name === 'refused' && publishing.isSure ? 'nacked' : 'unknown';
    if (publishing.name === 'open' && !publishing.isProven) {
      this.#publishing = { ...publishing, isProven: true };
      this.#events.onPublishing();
    }
    return error === null ? 'confirmed' : 'nacked';
  }

  #unblock(): void {
    this.#isBlocked = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #end(why: BrokerError): void {
    if (this.#state === 'ended') return;
    const before = this.#state;
    this.#state = 'ended';
    this.#why = why;
    this.#publishing = { name: 'ended' };
    this.#unblock();
    this.#socket.destroy(why);
    if (before === 'open') this.#events.onEnd(why);
  }
}

function acknowledgeOn(channel: Channel, message: Parameters<Channel['ack']>[0]): void {
  try {
    channel.ack(message);
  } catch {
    // The channel is closed.
  }
}

/** @throws BrokerError */
function connect({ config, certificates }: HubSanteState): Promise<TLSSocket> {
  const { context, trust } = certificates;
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const settings = { context, trust, servername: config.servername, pin: config.server };
  dial(settings, config, (error, socket) => {
    if (socket === null) reject(describeBrokerError(error));
    else resolve(socket);
  });
  return promise;
}
