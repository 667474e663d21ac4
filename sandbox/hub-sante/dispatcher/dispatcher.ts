// The dispatcher of Hub Santé: reads what clients publish, judges it (checks.ts), puts it into the recipient's queue or
// tells its sender an error on `.info`. What expired or was rejected in a client's queue comes back to it, and its sender is
// told 500. It takes a message off its own queue only when the broker has what became of it.

import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { DEAD_LETTER_QUEUE, DISPATCH_QUEUE, DISTRIBUTION_EXCHANGE } from '../broker/definitions.ts';
import { HeldConnection, publish } from '../broker/held-connection.ts';
import { type Envelope, HUB_ID, type HubError, writeError } from '../message/edxl.ts';
import { describeCode } from '../message/error-codes.ts';
import type { Judged } from '../message/judge.ts';
import { isError, judgePublished, UNREADABLE_ID, type Verdict } from './checks.ts';

const PREFETCH = 100;
/** Who published it: a message keeps it when it comes back as a dead letter. */
const SENDER_HEADER = 'x-sender';
const ERRORS_KEPT = 1_000;

export interface DispatcherOptions {
  readonly port: number;
  readonly vhost: string;
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly judge: (text: string) => Judged;
  readonly clients: readonly string[];
  readonly queueTtlMs: number;
}

/** What it told a sender. */
export interface SentError {
  readonly to: string;
  readonly code: number;
  readonly cause: string;
  readonly distributionId: string;
}

/** How an error carries the message it is about; real ones differ. */
export const SOURCE_FORMS = ['object', 'text', 'none'] as const;
export type SourceForm = (typeof SOURCE_FORMS)[number];

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #clients: ReadonlySet<string>;
  readonly #errors: SentError[] = [];
  #connection: HeldConnection | undefined;
  #tags: readonly string[] = [];
  #isRunning = true;
  /** Codes with which the next Reports are refused, whatever they are; one each. */
  forced: readonly number[] = [];
  sourceForm: SourceForm = 'object';
  /** How many messages it has put into a client's queue. */
  routedCount = 0;

  private constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#clients = new Set(options.clients);
  }

  static async start(options: DispatcherOptions): Promise<Dispatcher> {
    const dispatcher = new Dispatcher(options);
    const { port, vhost, tls } = options;
    dispatcher.#connection = await HeldConnection.open({
      port,
      vhost,
      tls,
      setUp: async (channel) => {
        await channel.prefetch(PREFETCH);
        if (dispatcher.#isRunning) await dispatcher.#listen(channel);
      },
    });
    return dispatcher;
  }

  /** The last it told, oldest first. */
  get errors(): readonly SentError[] {
    return this.#errors;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Stopped, it leaves what clients publish, which the broker goes on confirming, in its queue. */
  async run(isRunning: boolean): Promise<void> {
    const wasRunning = this.#isRunning;
    this.#isRunning = isRunning;
    const channel = this.#connection?.channel;
    if (channel === undefined || wasRunning === isRunning) return;
    if (isRunning) return this.#listen(channel);
    for (const tag of this.#tags) await channel.cancel(tag);
  }

  /** Puts bytes into a client's queue as they are: what the Hub or a client might send one day. */
  async inject(queue: string, body: Buffer, contentType = 'application/json'): Promise<void> {
    const channel = this.#connection?.channel;
    if (channel === undefined) throw new Error('the dispatcher has no connection');
    await publish(channel, DISTRIBUTION_EXCHANGE, queue, body, { persistent: true, contentType });
  }

  async close(): Promise<void> {
    await this.#connection?.close();
  }

  async #listen(channel: ConfirmChannel): Promise<void> {
    const take = (act: (message: ConsumeMessage) => Promise<void>) => (message: ConsumeMessage | null) => {
      if (message === null) return;
      // A channel that ended gives its messages again to the next one.
      act(message).then(
        () => channel.ack(message),
        () => undefined,
      );
    };
    const published = await channel.consume(
      DISPATCH_QUEUE,
      take((message) => this.#dispatch(channel, message)),
    );
    const dead = await channel.consume(
      DEAD_LETTER_QUEUE,
      take((message) => this.#bury(channel, message)),
    );
    this.#tags = [published.consumerTag, dead.consumerTag];
  }

  async #dispatch(channel: ConfirmChannel, message: ConsumeMessage): Promise<void> {
    const { judge, queueTtlMs } = this.#options;
    const sender = message.fields.routingKey;
    const { contentType, deliveryMode } = message.properties;
    const body = message.content.toString('utf8');
    const published = { routingKey: sender, contentType, deliveryMode, body };
    const verdict = this.#force(
      judgePublished(published, { judge, clients: this.#clients, queueTtlMs, nowMs: Date.now() }),
    );
    if (verdict.kind === 'refuse') return this.#tell(channel, sender, verdict);
    this.routedCount += 1;
    await publish(channel, DISTRIBUTION_EXCHANGE, verdict.queue, message.content, {
      persistent: true,
      contentType,
      headers: { [SENDER_HEADER]: sender },
      ...(verdict.ttlMs !== undefined && { expiration: String(verdict.ttlMs) }),
    });
  }

  /** A sound Report is refused all the same while codes are left. */
  #force(verdict: Verdict): Verdict {
    const [code, ...rest] = this.forced;
    if (code === undefined || verdict.kind !== 'route') return verdict;
    const { envelope } = verdict;
    if (envelope.distributionKind !== 'Report') return verdict;
    this.forced = rest;
    return {
      kind: 'refuse',
      code,
      cause: 'refused on demand',
      distributionId: envelope.distributionID,
      source: envelope,
    };
  }

  async #bury(channel: ConfirmChannel, message: ConsumeMessage): Promise<void> {
    const headers = message.properties.headers ?? {};
    const sender: unknown = headers[SENDER_HEADER];
    const judged = this.#options.judge(message.content.toString('utf8'));
    // An error that nobody read is forgotten, and so is what was injected.
    if (typeof sender !== 'string' || judged.kind !== 'sound' || isError(judged.envelope)) return;
    const { distributionID } = judged.envelope;
    await this.#tell(channel, sender, {
      code: 500,
      cause: `${distributionID} left its queue as a dead letter: ${headers['x-first-death-reason']}`,
      distributionId: distributionID,
      source: judged.envelope,
    });
  }

  async #tell(
    channel: ConfirmChannel,
    to: string,
    refusal: Pick<Verdict & { kind: 'refuse' }, 'code' | 'cause' | 'distributionId' | 'source'>,
  ): Promise<void> {
    const { code, cause, distributionId, source } = refusal;
    this.#errors.push({ to, code, cause, distributionId });
    if (this.#errors.length > ERRORS_KEPT) this.#errors.shift();
    const error: HubError = {
      errorCode: describeCode(code),
      errorCause: distributionId === UNREADABLE_ID ? cause : `${distributionId}: ${cause}`,
      referencedDistributionID: distributionId,
      ...this.#writeSource(source),
    };
    const envelope: Envelope = writeError({ from: HUB_ID, to, nowMs: Date.now() }, error);
    await publish(channel, DISTRIBUTION_EXCHANGE, `${to}.info`, Buffer.from(JSON.stringify(envelope)), {
      persistent: true,
      contentType: 'application/json',
    });
  }

  #writeSource(source: unknown): { readonly sourceMessage?: unknown } {
    if (source === undefined || this.sourceForm === 'none') return {};
    return { sourceMessage: this.sourceForm === 'text' ? JSON.stringify(source) : source };
  }
}
