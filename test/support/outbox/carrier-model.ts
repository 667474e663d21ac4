// One process of a relay that carries, as a small model of what shared/link/hub-sante.ts asks of it: takes a lease,
// publishes inside it, tells again and again what became of each until it is heard, hands over what came and only then
// acknowledges it. It is cut off, or killed, between any two of these.

import type { LeaseAnswer, OutgoingMessage, PublishOutcome } from '../../../shared/link/hub-sante.ts';
import type { Random } from '../samples/vendor-answers/random.ts';
import type { Asked, RelayId } from './edge.ts';
import { type HubModel, type Reply, readReport } from './hub-model.ts';

/** A broker may read what is in its socket so long after the relay has seen the connection end. */
const SOCKET_MS = 900;
/** A process that was killed, or cut off, has nothing in flight so long after its lease: the edge's margin is 15 s. */
const MARGIN_MS = 10_000;

/** Asks the edge; undefined: no answer came. */
export type AskEdge = (process: CarrierModel, kind: Asked, fields: object) => Promise<unknown>;

export interface InHand extends OutgoingMessage {
  readonly appointment: string;
  readonly endMs: number;
}

export class CarrierModel {
  readonly relay: RelayId;
  readonly instance: string;
  /** Between it and the edge. */
  isCut = false;
  /** Given, and not published yet. */
  hand: InHand[] = [];
  #outcomes = new Map<string, PublishOutcome>();
  #replies: Reply[] = [];

  constructor(relay: RelayId, instance: string) {
    this.relay = relay;
    this.instance = instance;
  }

  get isIdle(): boolean {
    return this.hand.length === 0 && this.#outcomes.size === 0;
  }

  /** `nowMs`: before it asks. */
  async lease(ask: AskEdge, nowMs: number, max: number): Promise<readonly InHand[]> {
    const answer = (await ask(this, 'lease', { max })) as LeaseAnswer | undefined;
    if (answer === undefined) return [];
    this.hand = answer.messages.map((one) => ({
      ...one,
      appointment: readReport(one.body).appointment,
      endMs: nowMs + answer.leaseMs,
    }));
    return this.hand;
  }

  /** The next in hand. */
  publish(hub: HubModel, random: Random, nowMs: number): void {
    const [next, ...others] = this.hand;
    if (next === undefined) return;
    this.hand = others;
    this.#outcomes.set(next.distributionId, this.#publishOne(next, hub, random, nowMs));
  }

  #publishOne(one: InHand, hub: HubModel, random: Random, nowMs: number): PublishOutcome {
    if (nowMs >= one.endMs) return 'unsent';
    const report = readReport(one.body);
    if (hub.isUp && (hub.isKind || random.often(0.7))) {
      hub.take(report, nowMs);
      return 'confirmed';
    }
    switch (random.below(hub.isUp ? 5 : 3)) {
      case 0:
        return 'unsent';
      case 1:
        return 'unknown';
      case 2:
        // It left, and the broker ended before its word: on its disk, or not yet.
        hub.takeLater(report, nowMs + random.below(SOCKET_MS));
        return 'unknown';
      case 3:
        hub.take(report, nowMs);
        return 'unknown';
      default:
        return 'nacked';
    }
  }

  /** What it knows, all of it, until the edge has heard it. */
  async settle(ask: AskEdge): Promise<void> {
    if (this.hand.length > 0 || this.#outcomes.size === 0) return;
    const outcomes = [...this.#outcomes].map(([distributionId, outcome]) => ({ distributionId, outcome }));
    if ((await ask(this, 'settle', { outcomes })) !== undefined) this.#outcomes.clear();
  }

  consume(hub: HubModel, max: number): void {
    this.#replies.push(...hub.give(max));
  }

  async handOver(ask: AskEdge): Promise<void> {
    if (this.#replies.length === 0) return;
    const messages = this.#replies.map(({ queue, body }) => ({ queue, body, redelivered: false }));
    if ((await ask(this, 'receive', { messages })) !== undefined) this.#replies = [];
  }

  /** The broker's connection has ended: what is not acknowledged goes back. */
  lose(hub: HubModel): void {
    hub.giveBack(this.#replies);
    this.#replies = [];
  }

  /** At once; what it had just written may still arrive. */
  die(hub: HubModel, random: Random, nowMs: number): void {
    const [inSocket] = this.hand;
    if (inSocket !== undefined && nowMs < inSocket.endMs && hub.isUp && random.often(0.4)) {
      hub.takeLater(readReport(inSocket.body), inSocket.endMs + random.below(MARGIN_MS));
    }
    this.lose(hub);
  }
}
