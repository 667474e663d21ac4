// The counters of the mTLS port, for Prometheus, beside the relay's others. Labels are vendors, reasons and
// authorities: never a certificate's names, never a person.

import type { Counter, Gauge, Registry } from 'prom-client';
import { Metered } from '../base/metered.ts';
import type { ListTrouble } from '../certificates/held-lists.ts';
import type { RefusalReason } from '../certificates/trust.ts';
import type { Dropped } from './connections.ts';
import type { EdgeFailureReason } from './edge-client.ts';
import { type InboundState, listTroubles } from './files.ts';

export interface InboundObserved {
  readonly state: () => InboundState;
  readonly connections: () => number;
  /** Of these, those that no vendor's certificate has claimed. */
  readonly strangers: () => number;
  /** Bodies and answers, of all vendors. */
  readonly heldBytes: () => number;
  /** Whether the last reload left something old in place. */
  readonly filesBroken: () => boolean;
}

/** The counters of one port; each registers itself when it is made. */
export class InboundMetrics {
  readonly #metered: Metered;
  readonly #requests: Counter<'editor' | 'status'>;
  readonly #refusals: Counter<'reason'>;
  readonly #unchecked: Counter<'reason'>;
  readonly #handshakes: Counter<'reason'>;
  readonly #dropped: Counter<'reason'>;
  readonly #edge: Counter<'reason'>;

  constructor(registry: Registry, observed: InboundObserved) {
    const metered = new Metered('passerelle_relay_inbound_', registry);
    this.#metered = metered;
    this.#requests = metered.counter('requests_total', 'Requests of vendors, by answer', [
      'editor',
      'status',
    ]);
    this.#refusals = metered.counter('refusals_total', 'Requests refused for their certificate', ['reason']);
    this.#unchecked = metered.counter('unchecked_total', 'Requests accepted without a fresh list (soft)', [
      'reason',
    ]);
    this.#handshakes = metered.counter('handshake_failures_total', 'TLS handshakes that failed', ['reason']);
    this.#dropped = metered.counter('connections_dropped_total', 'Connections closed for want of a place', [
      'reason',
    ]);
    this.#edge = metered.counter('edge_failures_total', 'Forwarded requests without an answer to pass on', [
      'reason',
    ]);
    this.#observe(observed);
  }

  /** `status`: `gone` when the vendor left before its answer. */
  countRequest(vendor: string, status: number | 'gone'): void {
    this.#requests.labels(vendor, String(status)).inc();
  }

  countRefusal(reason: RefusalReason): void {
    this.#refusals.labels(reason).inc();
  }

  countUnchecked(reason: ListTrouble): void {
    this.#unchecked.labels(reason).inc();
  }

  countHandshakeFailure(reason: 'timeout' | 'version' | 'reset' | 'other'): void {
    this.#handshakes.labels(reason).inc();
  }

  countDropped(why: Dropped): void {
    this.#dropped.labels(why).inc();
  }

  countEdgeFailure(reason: EdgeFailureReason): void {
    this.#edge.labels(reason).inc();
  }

  #observe({ state, connections, strangers, heldBytes, filesBroken }: InboundObserved): void {
    this.#metered.gauge('connections', 'Open connections', (gauge) => gauge.set(connections()));
    this.#metered.gauge('strangers', 'Open connections that are no vendor’s yet', (gauge) =>
      gauge.set(strangers()),
    );
    this.#metered.gauge('held_bytes', 'Bodies that came and answers that have not left', (gauge) =>
      gauge.set(heldBytes()),
    );
    this.#metered.gauge('certificate_expiry_seconds', "Seconds until the port's certificate ends", (gauge) =>
      gauge.set(Math.round((state().certificates.notAfterMs - Date.now()) / 1000)),
    );
    this.#perAuthority(
      'crl_age_seconds',
      'Seconds since the list was made',
      state,
      ({ thisUpdateMs }, nowMs) => Math.round((nowMs - thisUpdateMs) / 1000),
    );
    this.#perAuthority(
      'crl_next_update_seconds',
      'Seconds until the list is stale',
      state,
      ({ nextUpdateMs }, nowMs) => Math.round(((nextUpdateMs ?? nowMs) - nowMs) / 1000),
    );
    this.#metered.gauge(
      'alarm',
      '1: somebody must act (files: the last reload was broken; revocation: a list is missing or stale)',
      (gauge) => {
        gauge.labels('files').set(Number(filesBroken()));
        gauge.labels('revocation').set(Number(listTroubles(state(), Date.now()) > 0));
      },
      ['kind'],
    );
  }

  #perAuthority(
    name: string,
    help: string,
    state: () => InboundState,
    read: (list: { thisUpdateMs: number; nextUpdateMs: number | undefined }, nowMs: number) => number,
  ): void {
    const collect = (gauge: Gauge): void => {
      const { authorities, lists } = state();
      const keys = [...new Map(authorities.all.map((one) => [one.keyId, one])).values()];
      for (const { keyId, name: authority } of keys) {
        const list = lists.get(keyId);
        // Two keys of one name are two authorities.
        const isShared = keys.filter(({ name }) => name === authority).length > 1;
        const label = isShared ? `${authority} ${keyId.slice(0, 8)}` : authority;
        if (list !== undefined) gauge.labels(label).set(read(list, Date.now()));
      }
    };
    this.#metered.gauge(name, help, collect, ['authority']);
  }
}
