// From one broker's queues to the edge: what has come is handed over together, and acknowledged to the broker once the edge
// has stored it, never before. While the edge is away nothing is acknowledged and nothing lost: the broker keeps what this
// relay does not hold, and gives again what it held. Made by carrier.ts for each connection.

import {
  RECEIVED_BYTES_MAX,
  RECEIVED_MESSAGES_MAX,
  type ReceivedMessage,
} from '../../shared/link/hub-sante.ts';
import type { Log } from '../../shared/log.ts';
import type { Delivery } from './broker.ts';
import type { EdgeOutbox, OutboxFailure } from './edge-outbox.ts';
import type { HubSanteMetrics } from './metrics.ts';
import { backoffMs, EDGE_BACKOFF, Pause, TOGETHER_MS } from './pause.ts';

/** Of the bodies of one request, before JSON doubles some of them: four of the largest. */
const BATCH_BYTES_MAX = 4 * RECEIVED_BYTES_MAX;
const IDLE_MS = 60_000;

export interface IncomingParts {
  readonly edge: EdgeOutbox;
  readonly log: Log;
  readonly metrics: HubSanteMetrics;
}

/** Of one connection. */
export class Incoming {
  readonly #parts: IncomingParts;
  readonly #pause = new Pause();
  /** After a failure of the edge: only the end cuts it short, however much comes. */
  readonly #rest = new Pause();
  readonly #waiting: Delivery[] = [];
  #refused = 0;
  #isEnding = false;
  #running: Promise<void>;

  constructor(parts: IncomingParts) {
    this.#parts = parts;
    this.#running = this.#run();
  }

  /** Given to us and not acknowledged. */
  get held(): number {
    return this.#waiting.length + this.#refused;
  }

  /** Of these, those that the edge refuses for good: they stay the broker's, which gives them again to the next connection. */
  get refused(): number {
    return this.#refused;
  }

  take(delivery: Delivery): void {
    this.#parts.metrics.countReceived(delivery.queue);
    this.#waiting.push(delivery);
    this.#pause.wake();
  }

  /** Hands over what is here if the edge takes it at once; resolves when nothing more will be acknowledged. */
  async drain(): Promise<void> {
    this.#isEnding = true;
    this.#pause.wake();
    this.#rest.wake();
    await this.#running;
  }

  /** The connection has ended: what is here comes again by the next one. */
  drop(): void {
    this.#waiting.length = 0;
    this.#refused = 0;
    this.#isEnding = true;
    this.#pause.wake();
    this.#rest.wake();
  }

  async #run(): Promise<void> {
    let failures = 0;
    for (;;) {
      if (this.#waiting.length === 0) {
        if (this.#isEnding) return;
        await this.#pause.wait(IDLE_MS);
        continue;
      }
      const startedMs = performance.now();
      const failure = await this.#hand(this.#nextBatch());
      failures = failure === undefined ? 0 : failures + 1;
      if (failure === undefined) {
        await this.#gather(startedMs + TOGETHER_MS);
        continue;
      }
      if (this.#isEnding) return;
      const askedMs = Math.min((failure.retryAfterS ?? 0) * 1000, IDLE_MS);
      await this.#rest.wait(Math.max(askedMs, backoffMs(failures, EDGE_BACKOFF)));
    }
  }

  /** What comes after a rest goes at once; else with what comes until `endMs`, or when a request is full. */
  async #gather(endMs: number): Promise<void> {
    for (;;) {
      const leftMs = endMs - performance.now();
      if (leftMs <= 0 || this.#isEnding || this.#waiting.length >= RECEIVED_MESSAGES_MAX) return;
      await this.#pause.wait(leftMs);
    }
  }

  /** The first ones that wait. */
  #nextBatch(): readonly Delivery[] {
    let bytes = 0;
    const end = this.#waiting.findIndex(({ content }, index) => {
      bytes += Math.min(content.length, RECEIVED_BYTES_MAX);
      return index > 0 && (index >= RECEIVED_MESSAGES_MAX || bytes > BATCH_BYTES_MAX);
    });
    return end === -1 ? [...this.#waiting] : this.#waiting.slice(0, end);
  }

  /** `batch`: the first ones that wait. Undefined when none of them waits any more. */
  async #hand(batch: readonly Delivery[]): Promise<OutboxFailure | undefined> {
    const startedMs = performance.now();
    const stored = await this.#parts.edge.receive(batch.map(toMessage));
    if (!stored.ok) return this.#handSingly(batch, stored.error);
    this.#waiting.splice(0, batch.length);
    for (const { acknowledge } of batch) acknowledge();
    this.#parts.metrics.countStored(batch.length);
    const durationMs = Math.round(performance.now() - startedMs);
    this.#parts.log('info', 'hub-sante-received', { count: batch.length, durationMs });
    return undefined;
  }

  /** One that the edge refuses must not keep the others waiting. */
  async #handSingly(batch: readonly Delivery[], failure: OutboxFailure): Promise<OutboxFailure | undefined> {
    if (failure.reason !== 'refused') return failure;
    if (batch.length > 1) {
      for (const one of batch) {
        const found = await this.#hand([one]);
        if (found !== undefined) return found;
      }
      return undefined;
    }
    this.#waiting.splice(0, 1);
    this.#refused += 1;
    const { status = 0 } = failure;
    this.#parts.log('error', 'hub-sante-message-refused', { status, bytes: batch[0]?.content.length ?? 0 });
    return undefined;
  }
}

/** Bytes that are no UTF-8 become U+FFFD; a body that is too long ends before a character that it would cut. */
function toMessage({ queue, content, redelivered }: Delivery): ReceivedMessage {
  const isCut = content.length > RECEIVED_BYTES_MAX;
  const bytes = isCut ? content.subarray(0, RECEIVED_BYTES_MAX) : content;
  const body = new TextDecoder().decode(bytes, { stream: isCut });
  return { queue, body, redelivered, ...(isCut && { cut: true }) };
}
