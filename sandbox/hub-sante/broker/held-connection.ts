// One client's connection to the broker, held: TLS with its certificate, SASL EXTERNAL, one channel with publisher
// confirms. When it is lost it is made again and set up again, until it is closed.

import { setTimeout as wait } from 'node:timers/promises';
import { type ChannelModel, type ConfirmChannel, connect, credentials, type Options } from 'amqplib';

const RETRY_MS = 100;
const CONNECT_MS = 10_000;
const HEARTBEAT_S = 5;

export interface ConnectionOptions {
  readonly port: number;
  readonly vhost: string;
  /** PEM text. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  /** Called with each new channel: consumers begin here. What it throws ends that connection; another one is tried. */
  readonly setUp: (channel: ConfirmChannel) => Promise<void>;
}

export class HeldConnection {
  readonly #options: ConnectionOptions;
  #isClosed = false;
  #model: ChannelModel | undefined;
  #channel: ConfirmChannel | undefined;
  readonly #held: Promise<void>;

  private constructor(options: ConnectionOptions, onFirst: () => void, onRefused: (cause: unknown) => void) {
    this.#options = options;
    this.#held = this.#hold(onFirst, onRefused);
  }

  /** Resolves once it is set up. @throws what the first try threw. */
  static async open(options: ConnectionOptions): Promise<HeldConnection> {
    return new Promise((resolve, reject) => {
      const held: HeldConnection = new HeldConnection(
        options,
        () => resolve(held),
        (cause) => {
          reject(cause);
          void held.close();
        },
      );
    });
  }

  /** Undefined while the connection is lost. */
  get channel(): ConfirmChannel | undefined {
    return this.#channel;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#model?.close().catch(() => undefined);
    await this.#held;
  }

  async #hold(onFirst: () => void, onRefused: (cause: unknown) => void): Promise<void> {
    // The caller has the object before anything happens to it.
    await wait(0);
    for (let isFirst = true; !this.#isClosed; isFirst = false) {
      try {
        await this.#live(() => {
          if (isFirst) onFirst();
        });
      } catch (cause) {
        if (isFirst) onRefused(cause);
      }
      if (!this.#isClosed) await wait(RETRY_MS);
    }
  }

  /** One connection, from its beginning to its end. @throws what kept it from being set up. */
  async #live(onReady: () => void): Promise<void> {
    const { port, vhost, tls, setUp } = this.#options;
    const where: Options.Connect = {
      protocol: 'amqps',
      hostname: '127.0.0.1',
      port,
      vhost,
      heartbeat: HEARTBEAT_S,
    };
    const model = await connect(where, {
      ...tls,
      credentials: credentials.external(),
      noDelay: true,
      timeout: CONNECT_MS,
    });
    this.#model = model;
    const ended = new Promise<void>((resolve) => model.once('close', () => resolve()));
    model.on('error', () => undefined);
    try {
      const channel = await model.createConfirmChannel();
      channel.on('error', () => undefined);
      channel.once('close', () => void model.close().catch(() => undefined));
      await setUp(channel);
      this.#channel = channel;
      if (this.#isClosed) await model.close();
      onReady();
      await ended;
    } finally {
      this.#channel = undefined;
      await model.close().catch(() => undefined);
    }
  }
}

/** Resolves when the broker has it. @throws Error when it refused it, or the channel ended first. */
export function publish(
  channel: ConfirmChannel,
  exchange: string,
  key: string,
  body: Buffer,
  options: Options.Publish,
): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.publish(exchange, key, body, options, (cause: unknown) => {
      if (cause === null || cause === undefined) resolve();
      else reject(cause);
    });
  });
}
