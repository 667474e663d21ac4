// The relay as carrier between the edge's outbox and Hub Santé: keeps one connection to the broker, with what hangs on it;
// makes the next one when it ends, or when a reload changes what it is made of; ends in order. Called by relay.ts.
// docs/relay.md "Hub Santé".

import { HUB_SANTE_PATHS, type HubSanteClient } from '../../shared/link/hub-sante.ts';
import type { Log, LogFields } from '../../shared/log.ts';
import type { Signer } from '../link/token.ts';
import { Broker } from './broker.ts';
import { type BrokerError, describeBrokerError, isLasting } from './broker-failure.ts';
import { EdgeOutbox, type OutboxFailure } from './edge-outbox.ts';
import type { HubSanteState } from './files.ts';
import { Incoming } from './incoming.ts';
import type { HubSanteMetrics } from './metrics.ts';
import { Outgoing } from './outgoing.ts';
import { backoffMs } from './pause.ts';

const BROKER_BACKOFF = { baseMs: 500, maxMs: 30_000 } as const;
/** A broker that refuses what we publish is tried again after so long, or at a reload: with one message. */
const REFUSED_MS = 5 * 60_000;

export interface CarrierParts {
  readonly state: HubSanteState;
  readonly signer: Signer;
  readonly client: HubSanteClient;
  readonly log: Log;
  readonly metrics: HubSanteMetrics;
}

/** One connection and what comes from it. */
interface Line {
  readonly incoming: Incoming;
  /** Once it is open. */
  broker?: Broker;
  /** Once it has ended. */
  why?: BrokerError;
}

/** Of one relay's process; at most one serves, beside one that retires. */
export class Carrier {
  readonly #parts: CarrierParts;
  readonly #edge: EdgeOutbox;
  readonly #outgoing: Outgoing;
  readonly #retiring = new Set<Promise<void>>();
  /** By kind of request: why the edge did not do it last time. */
  readonly #edgeFailures = new Map<string, string>();
  #state: HubSanteState;
  #line: Line | undefined;
  #dialling: 'no' | 'now' | NodeJS.Timeout = 'no';
  #failures = 0;
  #isBarred = false;
  #isRefused = false;
  #refusal: NodeJS.Timeout | undefined;
  #isEnding = false;

  constructor(parts: CarrierParts) {
    const { state, signer, client, log, metrics } = parts;
    this.#parts = parts;
    this.#state = state;
    this.#edge = new EdgeOutbox({
      signer,
      client,
      onAnswer: (request, failure) => this.#hear(request, failure),
    });
    const broker = (): Broker | undefined => this.#line?.broker;
    this.#outgoing = new Outgoing({ edge: this.#edge, broker, log, metrics });
    metrics.observe({
      isUp: () => broker() !== undefined,
      unconfirmed: () => broker()?.unconfirmed ?? 0,
      held: () => this.#line?.incoming.held ?? 0,
      certificates: () => this.#state.certificates,
      alarms: () => ({
        broker: this.#isBarred,
        publish: this.#isRefused,
        blocked: broker()?.isBlocked ?? false,
        message: (this.#line?.incoming.refused ?? 0) > 0,
      }),
    });
  }

  /** What connections are made of now. */
  get state(): HubSanteState {
    return this.#state;
  }

  start(): void {
    this.#outgoing.start();
    void this.#dial();
  }

  /** The edge says that a message is due. */
  publishDue(): void {
    this.#outgoing.wake();
  }

  /** The old connection serves until the new one does, or its server is no longer believed. A refusal is tried again whatever has changed. */
  reload(state: HubSanteState): void {
    void this.#allowPublishing();
    if (state.key === this.#state.key) return;
    this.#state = state;
    this.#failures = 0;
    if (this.#dialling === 'now') return;
    clearTimeout(this.#dialling === 'no' ? undefined : this.#dialling);
    void this.#dial();
  }

  /** Takes on nothing more; resolves when the edge has what it is due. */
  async drain(): Promise<void> {
    this.#isEnding = true;
    const { broker, incoming } = this.#line ?? {};
    const hand = async (): Promise<void> => {
      await broker?.stopConsuming();
      await incoming?.drain();
    };
    await Promise.all([this.#outgoing.drain(), hand()]);
  }

  async close(): Promise<void> {
    this.#isEnding = true;
    clearTimeout(this.#refusal);
    if (this.#dialling !== 'now') clearTimeout(this.#dialling === 'no' ? undefined : this.#dialling);
    await Promise.all([this.#line?.broker?.close(), ...this.#retiring]);
    await this.#edge.close();
  }

  async #dial(): Promise<void> {
    this.#dialling = 'now';
    const state = this.#state;
    const line = await this.#open(state);
    this.#dialling = 'no';
    const { broker, incoming, why } = line;
    if (this.#isEnding) return broker?.close();
    if (state !== this.#state) {
      if (broker !== undefined) this.#retire(line);
      return this.#dial();
    }
    const old = this.#line;
    if (broker === undefined || why !== undefined) {
      incoming.drop();
      if (why?.reason === 'certificate' && old !== undefined) {
        // What the server shows is no longer good: a connection from before is not either.
        this.#line = undefined;
        this.#retire(old);
      }
      return this.#fail('hub-sante-dial-failed', why);
    }
    this.#line = line;
    this.#failures = 0;
    this.#isBarred = false;
    const { host, port, clientId } = state.config;
    this.#parts.metrics.countConnection('up');
    this.#parts.log('info', 'hub-sante-up', { host, port, cn: clientId });
    if (old !== undefined) this.#retire(old);
    this.#outgoing.wake();
  }

  /** Never throws: a line without a broker says why. */
  async #open(state: HubSanteState): Promise<Line> {
    const { log, metrics } = this.#parts;
    const line: Line = { incoming: new Incoming({ edge: this.#edge, log, metrics }) };
    try {
      line.broker = await Broker.open(state, {
        onDelivery: (delivery) => line.incoming.take(delivery),
        onEnd: (why) => this.#lose(line, why),
        onPublishRefused: (code) => this.#refuse(code),
        onPublishing: () => {
          this.#isRefused = false;
        },
        onFree: () => this.#outgoing.wake(),
      });
    } catch (error) {
      line.why = describeBrokerError(error);
    }
    return line;
  }

  #lose(line: Line, why: BrokerError): void {
    line.why = why;
    line.incoming.drop();
    if (this.#line !== line) return;
    this.#line = undefined;
    this.#fail('hub-sante-down', why);
  }

  /** Waits, and dials again; unless that is under way. */
  #fail(message: string, why: BrokerError | undefined): void {
    const { reason = 'lost', code } = why ?? {};
    this.#parts.metrics.countConnection(reason);
    this.#isBarred = isLasting(reason);
    this.#failures += 1;
    const delayMs = backoffMs(this.#failures, BROKER_BACKOFF);
    const fields: LogFields = { reason, ...(code !== undefined && { detail: code }), delayMs };
    this.#parts.log(this.#isBarred ? 'error' : 'warn', message, fields);
    if (this.#isEnding || this.#dialling !== 'no') return;
    this.#dialling = setTimeout(() => void this.#dial(), delayMs);
  }

  /** What is under way on it is finished first. */
  #retire({ broker, incoming }: Line): void {
    const retire = async (): Promise<void> => {
      await broker?.stopConsuming();
      await Promise.all([this.#outgoing.quiet(), incoming.drain()]);
      await broker?.close();
    };
    const retired = retire();
    this.#retiring.add(retired);
    void retired.finally(() => this.#retiring.delete(retired));
  }

  #refuse(status: number): void {
    this.#isRefused = true;
    this.#parts.metrics.countRefusal(status);
    this.#parts.log('error', 'hub-sante-publish-refused', { status, delayMs: REFUSED_MS });
    this.#refusal = setTimeout(() => void this.#allowPublishing(), REFUSED_MS).unref();
  }

  async #allowPublishing(): Promise<void> {
    clearTimeout(this.#refusal);
    await this.#line?.broker?.allowPublishing();
    this.#outgoing.wake();
  }

  /** Says once that the edge does not answer, and once that it does again. */
  #hear(request: keyof typeof HUB_SANTE_PATHS, failure: OutboxFailure | undefined): void {
    this.#parts.metrics.countEdge(request, failure?.reason ?? 'ok');
    if (this.#edgeFailures.get(request) === failure?.reason) return;
    const route = HUB_SANTE_PATHS[request];
    if (failure === undefined) {
      this.#edgeFailures.delete(request);
      this.#parts.log('info', 'hub-sante-edge-back', { route });
      return;
    }
    const { reason, status } = failure;
    this.#edgeFailures.set(request, reason);
    this.#parts.log('warn', 'hub-sante-edge-failed', {
      route,
      reason,
      ...(status !== undefined && { status }),
    });
  }
}
