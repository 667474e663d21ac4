// The relay's counters, for Prometheus. Labels are vendors, reasons and rules: never a person, never a URL.
// What can be read at any moment (queues, connections, expiry) is read when asked. docs/decisions/0003-prom-client.md.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { VendorFailure } from '../shared/failure.ts';
import type { SearchPlan } from '../shared/link/relay.ts';
import { VERSION } from '../shared/version.ts';
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

export class Metrics {
  readonly registry = new Registry();
  readonly #calls = this.#counter('vendor_calls_total', 'Vendor calls by outcome', [
    'editor',
    'flow',
    'outcome',
  ]);
  readonly #bytes = this.#counter('vendor_bytes_total', 'Bytes of vendor answers, decoded', ['editor']);
  readonly #pages = this.#counter('vendor_pages_total', 'Pages read', ['editor']);
  readonly #received = this.#counter('slots_received_total', 'Slots vendors sent', ['editor']);
  readonly #shown = this.#counter('slots_shown_total', 'Slots handed to the edge', ['editor']);
  readonly #dropped = this.#counter('slots_dropped_total', 'Slots left out, by rule', ['editor', 'rule']);
  readonly #repaired = this.#counter('repairs_total', 'Repairs of what vendors sent, by rule', [
    'editor',
    'rule',
  ]);
  readonly #retries = this.#counter('retries_total', 'Second tries of vendor requests, made or not', [
    'editor',
    'outcome',
  ]);
  readonly #reloads = this.#counter('reloads_total', 'Reloads of settings and certificates', ['outcome']);
  readonly #dials = this.#counter('link_dials_total', 'Attempts to reach the edge', []);
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
    const editor = plan.calls[facts.call]?.editor ?? '';
    this.#calls.labels(editor, plan.flow, outcome).inc();
    this.#seconds.labels(editor).observe(facts.durationMs / 1000);
    this.#bytes.labels(editor).inc(facts.bytes);
    this.#pages.labels(editor).inc(facts.pages);
    this.#received.labels(editor).inc(facts.received);
    this.#shown.labels(editor).inc(facts.shown);
    if (retry !== undefined) this.#retries.labels(editor, retry).inc();
    for (const { rule, count } of facts.dropped) this.#dropped.labels(editor, rule).inc(count);
    for (const { rule, count } of facts.repaired) this.#repaired.labels(editor, rule).inc(count);
  }

  /** The outcome is the status class, or why there was none. */
  countAccount({ request, reply }: AccountExchanged): void {
    const outcome = reply.kind === 'failed' ? reply.reason : `${Math.floor(reply.status / 100)}xx`;
    this.#calls.labels(request.editor, 'INT_R02', outcome).inc();
    this.#seconds.labels(request.editor).observe(reply.durationMs / 1000);
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
    new Gauge({
      name: `${PREFIX}build_info`,
      help: 'Which build this is; always 1',
      labelNames: Object.keys(labels),
      registers: [this.registry],
    }).set(labels, 1);
  }

  #observe({ vendors, states, problems, linkUp, searches, lostLines, fetches }: Observed): void {
    new Counter({
      name: `${PREFIX}log_lines_lost_total`,
      help: 'Log lines that standard output has not taken',
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(lostLines());
      },
    });
    this.#gauge('link_up', 'Whether the edge knows this relay', () => Number(linkUp()));
    this.#gauge('reload_failed', 'Whether the last reload met a problem', () =>
      Number(this.#lastReload === 'failed'),
    );
    this.#gauge('file_problems', 'Problems of settings and files that stand', problems);
    this.#observeStates(states);
    this.#observeFetches(fetches);
    this.#gauge('searches_running', 'Searches that run', searches);
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

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({
      name: PREFIX + name,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
    });
  }

  /** Counted by the vendor's reader itself. */
  #readingPerVendor(
    name: string,
    help: string,
    vendors: () => Vendors,
    read: (one: VendorOf) => number,
  ): void {
    new Counter({
      name: PREFIX + name,
      help,
      labelNames: ['editor'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [id, client] of vendors()) this.labels(id).inc(read(client));
      },
    });
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name: PREFIX + name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  #observeStates(states: Observed['states']): void {
    new Gauge({
      name: `${PREFIX}vendor_broken`,
      help: 'Whether the entry of a vendor is broken: 1 and its old one serves, 2 and nothing serves',
      labelNames: ['editor'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [id, state] of states()) this.labels(id).set(BROKEN[state]);
      },
    });
  }

  /** An authority that has two keys under one name is told as the worse of them. */
  #observeFetches(fetches: Observed['fetches']): void {
    const byName = (): readonly (readonly [string, readonly AuthorityOutcome[]])[] => [
      ...Map.groupBy(fetches(), ({ name }) => name),
    ];
    const labelNames = ['authority'];
    new Gauge({
      name: `${PREFIX}crl_fetch_failed`,
      help: 'Whether the last fetch-crl brought no sound list of this authority',
      labelNames,
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [name, ones] of byName())
          this.labels(name).set(Number(ones.some((one) => one.outcome === 'failed')));
      },
    });
    new Gauge({
      name: `${PREFIX}crl_fetch_age_seconds`,
      help: 'Seconds since fetch-crl last brought a sound list of this authority',
      labelNames,
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [name, ones] of byName()) {
          const times = ones.flatMap(({ succeeded }) =>
            succeeded === undefined ? [] : [Date.parse(succeeded)],
          );
          if (times.length > 0) this.labels(name).set(Math.round((Date.now() - Math.min(...times)) / 1000));
        }
      },
    });
  }

  #perVendor(
    name: string,
    help: string,
    vendors: () => Vendors,
    read: (one: VendorOf) => number | undefined,
  ): void {
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames: ['editor'],
      registers: [this.registry],
      collect() {
        // A vendor that has left the settings leaves the page too.
        this.reset();
        for (const [id, client] of vendors()) {
          const value = read(client);
          if (value !== undefined) this.labels(id).set(value);
        }
      },
    });
  }
}

type VendorOf = Vendors extends ReadonlyMap<string, infer C> ? C : never;
