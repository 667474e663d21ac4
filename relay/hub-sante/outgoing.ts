// From the edge's outbox to the broker, one lease after the other: takes messages, publishes them while the lease lasts, says
// what became of each. A message of which nothing is sure is said to be unknown: the edge knows what to do. Called by
// carrier.ts; keeps nothing besides the one lease under way.

import { within } from '../../shared/deadline.ts';
import type {
  LeaseAnswer,
  OutgoingMessage,
  PublishOutcome,
  SettleRequest,
} from '../../shared/link/hub-sante.ts';
import type { Log } from '../../shared/log.ts';
import type { Broker } from './broker.ts';
import { BrokerError } from './broker-failure.ts';
import type { EdgeOutbox } from './edge-outbox.ts';
import type { HubSanteMetrics } from './metrics.ts';
import { backoffMs, EDGE_BACKOFF, Pause, TOGETHER_MS } from './pause.ts';

/** The edge says when to ask again; never sooner or later than this. */
const POLL_MIN_MS = 100;
const POLL_MAX_MS = 60_000;
/** Few, so that an appointment that a vendor reports waits behind a short transaction of the edge. Not over `LEASE_MESSAGES_MAX`. */
const LEASE_MESSAGES = 25;
/** From one full lease to the next: 227 messages a second leave the edge to the vendors. */
const LEASE_EVERY_MS = 110;
/** So often the edge hears that a blocked broker has not read what it was sent: well within a lease and its margin. */
const HOLD_EVERY_MS = 10_000;
/** Without a broker that takes messages there is nothing to do until `wake`. */
const IDLE_MS = 60_000;

export interface OutgoingParts {
  readonly edge: EdgeOutbox;
  /** The one that serves now. */
  readonly broker: () => Broker | undefined;
  readonly log: Log;
  readonly metrics: HubSanteMetrics;
}

type Outcomes = SettleRequest['outcomes'];

/** The one loop of a carrier that publishes. */
export class Outgoing {
  readonly #parts: OutgoingParts;
  readonly #pause = new Pause();
  /** After a failure of the edge: only the end cuts it short, however many messages are due. */
  readonly #rest = new Pause();
  #isEnding = false;
  #publishing: Promise<unknown> = Promise.resolve();
  #running: Promise<void> = Promise.resolve();

  constructor(parts: OutgoingParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** A message may be due, or a broker takes messages again. */
  wake(): void {
    this.#pause.wake();
  }

  /** Resolves when nothing that was leased so far waits to be published or confirmed. */
  async quiet(): Promise<void> {
    await this.#publishing;
  }

  /** Leases nothing more; resolves when the edge knows what became of everything. */
  async drain(): Promise<void> {
    this.#isEnding = true;
    this.#pause.wake();
    this.#rest.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#isEnding) {
      const broker = this.#parts.broker();
      const capacity = broker?.capacity(LEASE_MESSAGES) ?? 0;
      if (broker === undefined || capacity === 0) {
        await this.#pause.wait(IDLE_MS);
        continue;
      }
      const startedMs = performance.now();
      const leased = await this.#parts.edge.lease(capacity);
      if (!leased.ok) {
        failures += 1;
        await this.#recover(failures, leased.error.retryAfterS);
        continue;
      }
      failures = 0;
      const { messages, more, nextMs } = leased.value;
      // Another connection may serve since: the one from before is about to close.
      const serving = this.#parts.broker() ?? broker;
      if (messages.length > 0) await this.#carry(serving, leased.value, startedMs);
      if (this.#isEnding) return;
      if (!more) await this.#pause.wait(Math.min(Math.max(nextMs, POLL_MIN_MS), POLL_MAX_MS));
      // What becomes due after a rest leaves at once; else together.
      const everyMs = messages.length < LEASE_MESSAGES ? TOGETHER_MS : LEASE_EVERY_MS;
      await this.#rest.wait(Math.max(0, startedMs + everyMs - performance.now()));
    }
  }

  async #carry(broker: Broker, { messages, leaseMs }: LeaseAnswer, startedMs: number): Promise<void> {
    const publishing = this.#publishAll(broker, messages, startedMs + leaseMs);
    this.#publishing = publishing;
    const outcomes = await publishing;
    const { log, metrics } = this.#parts;
    const durationMs = Math.round(performance.now() - startedMs);
    for (const { outcome } of outcomes) metrics.countPublished(outcome);
    const failed = outcomes.filter(({ outcome }) => outcome !== 'confirmed').length;
    log(failed === 0 ? 'info' : 'warn', 'hub-sante-published', {
      count: messages.length,
      failed,
      durationMs,
    });
    await this.#settle(outcomes);
  }

  /** In their order; `endMs` on the steady clock: nothing leaves after it. */
  async #publishAll(broker: Broker, messages: readonly OutgoingMessage[], endMs: number): Promise<Outcomes> {
    const leftMs = (): number => Math.max(0, endMs - performance.now());
    const sent: { readonly distributionId: string; readonly outcome: Promise<PublishOutcome> }[] = [];
    const unanswered = new Set<string>();
    for (const { distributionId, body } of messages) {
      if (broker.isBlocked) await within(broker.unblocked(), leftMs(), () => undefined);
      const mayLeave = leftMs() > 0 && !broker.isBlocked;
      const outcome = mayLeave ? broker.publish(body) : Promise.resolve<PublishOutcome>('unsent');
      unanswered.add(distributionId);
      void outcome.then(() => unanswered.delete(distributionId));
      sent.push({ distributionId, outcome });
    }
    const all = Promise.all(
      sent.map(async ({ distributionId, outcome }) => ({ distributionId, outcome: await outcome })),
    );
    let waitMs = leftMs();
    const isAnswered = (): Promise<boolean> =>
      within(
        all.then(() => true),
        waitMs,
        () => false,
      );
    // The edge is about to give these messages away again. A broker that has said that it is out of memory or disk reads
    // what we sent later on, whatever becomes of the connection: it is waited for, and the edge is told so, else what is newer
    // could be read before. Any other one is left.
    while (!(await isAnswered())) {
      if (!broker.isBlocked) {
        broker.fail(new BrokerError('confirm-late'));
        break;
      }
      await this.#parts.edge.hold([...unanswered]);
      waitMs = HOLD_EVERY_MS;
    }
    return all;
  }

  /** Again and again: what the edge does not hear of, it must take for unknown. */
  async #settle(outcomes: Outcomes): Promise<void> {
    for (let failures = 1; ; failures += 1) {
      const settled = await this.#parts.edge.settle(outcomes);
      // A request that the edge refuses is refused each time; the lease then ends by itself.
      if (settled.ok || settled.error.reason === 'refused') return;
      await this.#recover(failures, settled.error.retryAfterS);
    }
  }

  #recover(failures: number, retryAfterS = 0): Promise<void> {
    const askedMs = Math.min(retryAfterS * 1000, POLL_MAX_MS);
    return this.#rest.wait(Math.max(askedMs, backoffMs(failures, EDGE_BACKOFF)));
  }
}
