// The relay's counters, for Prometheus. Labels are vendors, reasons and rules: never a person, never a URL.
// What can be read at any moment (queues, connections, expiry) is read when asked. docs/decisions/0003-prom-client.md.

import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { VendorFailure } from '../shared/failure.ts';
import type { SearchPlan } from '../shared/link/relay.ts';
import { VERSION } from '../shared/version.ts';
import { Metered } from './base/metered.ts';
import type { AuthorityOutcome } from './crl/fetch-report.ts';
import type { Vendors } from './search/searches.ts';
import type { Exchanged } from './search/vendor-call.ts';
import type { AccountExchanged } from './vendor/accounts.ts';
import type { VendorState } from './vendor/vendor-set.ts';

const PREFIX = 'passerelle_relay_';
/** Seconds; the guide gives vendors seven. */
const BUCKETS_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 7];

const BROKEN: Readonly<Record<VendorState, number>> = { served: 0, old: 1, none: 2 };

/** What became of a vendor call; `given-up`: nobody waited for it any more. */
export type ExchangeOutcome = VendorFailure | 'ok' | 'given-up';

export interface Observed {
  readonly vendors: () => Vendors;
  readonly states: () => ReadonlyMap<string, VendorState>;
  /** How many problems of settings and files stand. */
  readonly problems: () => number;
  readonly linkUp: () => boolean;
  readonly searches: () => number;
  /** Log lines lost since the start. */
  readonly lostLines: () => number;
  /** What the last `fetch-crl` brought. */
  readonly fetches: () => readonly AuthorityOutcome[];
}

/** One of a process; `registry` is what the admin port serves. */
export class Metrics {
  readonly registry = new Registry();
  readonly #metered = new Metered(PREFIX, this.registry);
  readonly #calls = this.#metered.counter('vendor_calls_total', 'Vendor calls by outcome', [
    'editor',
    'flow',
    'outcome',
  ]);
  readonly #bytes = this.#metered.counter('vendor_bytes_total', 'Bytes of vendor answers, decoded', [
    'editor',
  ]);
  readonly #pages = this.#metered.counter('vendor_pages_total', 'Pages read', ['editor']);
  readonly #received = this.#metered.counter('slots_received_total', 'Slots vendors sent', ['editor']);
  readonly #shown = this.#metered.counter('slots_shown_total', 'Slots handed to the edge', ['editor']);
  readonly #dropped = this.#metered.counter('slots_dropped_total', 'Slots left out, by rule', [
    'editor',
    'rule',
  ]);
  readonly #repaired = this.#metered.counter('repairs_total', 'Repairs of what vendors sent, by rule', [
    'editor',
    'rule',
  ]);
  readonly #retries = this.#metered.counter('retries_total', 'Second tries of vendor requests, made or not', [
    'editor',
    'outcome',
  ]);
  readonly #reloads = this.#metered.counter('reloads_total', 'Reloads of settings and certificates', [
    'outcome',
  ]);
  readonly #dials = this.#metered.counter('link_dials_total', 'Attempts to reach the edge');
  readonly #seconds = new Histogram({
    name: `${PREFIX}vendor_call_seconds`,
    help: 'Duration of vendor calls, queue included',
    labelNames: ['editor'],
    buckets: BUCKETS_S,
    registers: [this.registry],
  });

  #lastReload: 'done' | 'failed' = 'done';

  constructor(observed: Observed) {
    collectDefaultMetrics({ register: this.registry });
    this.#observe(observed);
    this.#tellBuild();
    for (const outcome of ['done', 'failed']) this.#reloads.labels(outcome).inc(0);
  }

  countExchange(plan: SearchPlan, { answer: { facts }, retry }: Exchanged, outcome: ExchangeOutcome): void {
    const vendor = plan.calls[facts.call]?.editor ?? '';
    this.#calls.labels(vendor, plan.flow, outcome).inc();
    this.#seconds.labels(vendor).observe(facts.durationMs / 1000);
    this.#bytes.labels(vendor).inc(facts.bytes);
    this.#pages.labels(vendor).inc(facts.pages);
    this.#received.labels(vendor).inc(facts.received);
    this.#shown.labels(vendor).inc(facts.shown);
    if (retry !== undefined) this.#retries.labels(vendor, retry).inc();
    for (const { rule, count } of facts.dropped) this.#dropped.labels(vendor, rule).inc(count);
    for (const { rule, count } of facts.repaired) this.#repaired.labels(vendor, rule).inc(count);
  }

  /** The outcome is the status class, or why there was none. */
  countAccount({ request, reply }: AccountExchanged): void {
    const outcome = reply.kind === 'failed' ? reply.reason : `${Math.floor(reply.status / 100)}xx`;
    this.#calls.labels(request.editor, 'INT_R02', outcome).inc();
    this.#seconds.labels(request.editor).observe(reply.durationMs / 1000);
  }

  /** `done` before the first. */
  get lastReload(): 'done' | 'failed' {
    return this.#lastReload;
  }

  countReload(outcome: 'done' | 'failed'): void {
    this.#lastReload = outcome;
    this.#reloads.labels(outcome).inc();
  }

  countDial(): void {
    this.#dials.inc();
  }

  #tellBuild(): void {
    const { number, build } = VERSION;
    const labels = { version: number, commit: build?.commit ?? '', time: build?.time ?? '' };
    this.#metered.gauge(
      'build_info',
      'Which build this is; always 1',
      (gauge) => gauge.set(labels, 1),
      Object.keys(labels),
    );
  }

  #observe({ vendors, states, problems, linkUp, searches, lostLines, fetches }: Observed): void {
    const metered = this.#metered;
    metered.total('log_lines_lost_total', 'Log lines that standard output has not taken', (counter) =>
      counter.inc(lostLines()),
    );
    metered.gauge('link_up', 'Whether the edge knows this relay', (gauge) => gauge.set(Number(linkUp())));
    metered.gauge('reload_failed', 'Whether the last reload met a problem', (gauge) =>
      gauge.set(Number(this.#lastReload === 'failed')),
    );
    metered.gauge('file_problems', 'Problems of settings and files that stand', (gauge) =>
      gauge.set(problems()),
    );
    metered.gauge(
      'vendor_broken',
      'Whether the entry of a vendor is broken: 1 and its old one serves, 2 and nothing serves',
      (gauge) => {
        for (const [id, state] of states()) gauge.labels(id).set(BROKEN[state]);
      },
      ['editor'],
    );
    this.#observeFetches(fetches);
    metered.gauge('searches_running', 'Searches that run', (gauge) => gauge.set(searches()));
    this.#perVendor('vendor_in_flight', 'Requests under way', vendors, (one) => one.running);
    this.#perVendor('vendor_queue', 'Requests waiting for a place', vendors, (one) => one.waiting);
    this.#perVendor('vendor_connections', 'Open connections', vendors, (one) => one.connections);
    this.#readingPerVendor(
      'vendor_reading_seconds_total',
      'CPU time that reading a vendor took',
      vendors,
      ({ reader }) => reader.cpuMs / 1000,
    );
    this.#readingPerVendor(
      'vendor_readers_ended_total',
      'Reader threads ended for what a vendor sent',
      vendors,
      ({ reader }) => reader.lost,
    );
    this.#perVendor(
      'certificate_expiry_seconds',
      'Seconds until our certificate for this vendor ends',
      vendors,
      (one) => Math.round((one.certificates.notAfterMs - Date.now()) / 1000),
    );
    this.#perVendor(
      'crl_next_update_seconds',
      'Seconds until the first revocation list is stale',
      vendors,
      (one) => {
        const { crlNextUpdateMs } = one.certificates;
        return crlNextUpdateMs === undefined ? undefined : Math.round((crlNextUpdateMs - Date.now()) / 1000);
      },
    );
  }

  /** An authority that has two keys under one name is told as the worse of them. */
  #observeFetches(fetches: Observed['fetches']): void {
    const byName = (): Iterable<[string, AuthorityOutcome[]]> => Map.groupBy(fetches(), ({ name }) => name);
    this.#metered.gauge(
      'crl_fetch_failed',
      'Whether the last fetch-crl brought no sound list of this authority',
      (gauge) => {
        for (const [name, ones] of byName())
          gauge.labels(name).set(Number(ones.some((one) => one.outcome === 'failed')));
      },
      ['authority'],
    );
    this.#metered.gauge(
      'crl_fetch_age_seconds',
      'Seconds since fetch-crl last brought a sound list of this authority',
      (gauge) => {
        for (const [name, ones] of byName()) {
          const times = ones.flatMap(({ succeeded }) =>
            succeeded === undefined ? [] : [Date.parse(succeeded)],
          );
          if (times.length > 0) gauge.labels(name).set(Math.round((Date.now() - Math.min(...times)) / 1000));
        }
      },
      ['authority'],
    );
  }

  /** Counted by the vendor's reader itself. */
  #readingPerVendor(
    name: string,
    help: string,
    vendors: () => Vendors,
    read: (one: VendorOf) => number,
  ): void {
    this.#metered.total(
      name,
      help,
      (counter) => {
        for (const [id, client] of vendors()) counter.labels(id).inc(read(client));
      },
      ['editor'],
    );
  }

  #perVendor(
    name: string,
    help: string,
    vendors: () => Vendors,
    read: (one: VendorOf) => number | undefined,
  ): void {
    this.#metered.gauge(
      name,
      help,
      (gauge) => {
        for (const [id, client] of vendors()) {
          const value = read(client);
          if (value !== undefined) gauge.labels(id).set(value);
        }
      },
      ['editor'],
    );
  }
}

type VendorOf = Vendors extends ReadonlyMap<string, infer C> ? C : never;
