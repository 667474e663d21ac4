// The counters of the way to Hub Santé, for Prometheus, beside the relay's others. Labels are outcomes, reasons and queues:
// never a recipient, never an appointment.

import type { Counter, Registry } from 'prom-client';
import type { PublishOutcome, ReceivedMessage } from '../../shared/link/hub-sante.ts';
import { Metered } from '../base/metered.ts';
import type { Certificates } from '../certificates/certificates.ts';
import type { BrokerReason } from './broker-failure.ts';
import type { OutboxReason } from './edge-outbox.ts';

/** What a carrier tells when the page is asked for. */
export interface CarrierObserved {
  readonly isUp: () => boolean;
  readonly unconfirmed: () => number;
  readonly held: () => number;
  readonly certificates: () => Certificates;
  readonly alarms: () => Readonly<Record<'broker' | 'publish' | 'blocked' | 'message', boolean>>;
}

/** The counters of one carrier; each registers itself when it is made. */
export class HubSanteMetrics {
  readonly #metered: Metered;
  readonly #connections: Counter<'outcome'>;
  readonly #published: Counter<'outcome'>;
  readonly #refusals: Counter<'code'>;
  readonly #received: Counter<'queue'>;
  readonly #stored: Counter;
  readonly #edge: Counter<'request' | 'outcome'>;

  constructor(registry: Registry) {
    const metered = new Metered('passerelle_relay_hub_sante_', registry);
    this.#metered = metered;
    this.#connections = metered.counter('connections_total', 'Connections to the broker, by outcome', [
      'outcome',
    ]);
    this.#published = metered.counter('published_total', 'Messages taken on, by outcome', ['outcome']);
    this.#refusals = metered.counter('publish_refusals_total', 'Channels closed over what we published', [
      'code',
    ]);
    this.#received = metered.counter('received_total', 'Messages of our queues', ['queue']);
    this.#stored = metered.counter('stored_total', 'Messages that the edge has stored');
    this.#edge = metered.counter('edge_requests_total', "Requests to the edge's outbox", [
      'request',
      'outcome',
    ]);
  }

  /** `up`, or why there is none. */
  countConnection(outcome: BrokerReason | 'up'): void {
    this.#connections.labels(outcome).inc();
  }

  countPublished(outcome: PublishOutcome): void {
    this.#published.labels(outcome).inc();
  }

  /** AMQP's code. */
  countRefusal(code: number): void {
    this.#refusals.labels(String(code)).inc();
  }

  countReceived(queue: ReceivedMessage['queue']): void {
    this.#received.labels(queue).inc();
  }

  countStored(count: number): void {
    this.#stored.inc(count);
  }

  countEdge(request: string, outcome: OutboxReason | 'ok'): void {
    this.#edge.labels(request, outcome).inc();
  }

  observe({ isUp, unconfirmed, held, certificates, alarms }: CarrierObserved): void {
    this.#metered.gauge('up', 'Whether messages may be published and our queues are read', (gauge) =>
      gauge.set(Number(isUp())),
    );
    this.#metered.gauge('unconfirmed', 'Messages published and not confirmed', (gauge) =>
      gauge.set(unconfirmed()),
    );
    this.#metered.gauge('held', 'Messages received and not stored', (gauge) => gauge.set(held()));
    this.#metered.gauge(
      'certificate_expiry_seconds',
      'Seconds until our certificate for Hub Santé ends',
      (gauge) => gauge.set(secondsUntil(certificates().notAfterMs)),
    );
    this.#metered.gauge(
      'crl_next_update_seconds',
      'Seconds until the first revocation list is stale',
      (gauge) => {
        const { crlNextUpdateMs } = certificates();
        gauge.remove();
        if (crlNextUpdateMs !== undefined) gauge.set(secondsUntil(crlNextUpdateMs));
      },
    );
    this.#metered.gauge(
      'alarm',
      '1: somebody must act (broker: it does not let us in; publish: it refuses what we publish; blocked: it takes nothing; message: the edge refuses one)',
      (gauge) => {
        for (const [kind, stands] of Object.entries(alarms())) gauge.labels(kind).set(Number(stands));
      },
      ['kind'],
    );
  }
}

function secondsUntil(ms: number): number {
  return Math.round((ms - Date.now()) / 1000);
}
