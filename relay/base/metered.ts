// How the relay's subjects make their counters and gauges for Prometheus. docs/decisions/0003-prom-client.md.

import { Counter, Gauge, type Registry } from 'prom-client';

/** Makes the counters and gauges of one subject: each is registered when it is made, its name behind the subject's prefix. */
export class Metered {
  readonly #prefix: string;
  readonly #registry: Registry;

  constructor(prefix: string, registry: Registry) {
    this.#prefix = prefix;
    this.#registry = registry;
  }

  counter<L extends string>(name: string, help: string, labels: readonly L[] = []): Counter<L> {
    return new Counter(this.#about(name, help, labels));
  }

  /** `read` sets the gauge, emptied before, each time the page is asked for: what has left leaves the page too. */
  gauge(name: string, help: string, read: (gauge: Gauge) => void, labels: readonly string[] = []): void {
    new Gauge({
      ...this.#about(name, help, labels),
      collect() {
        this.reset();
        read(this);
      },
    });
  }

  /** A counter that something else counts: `read` adds all of it each time the page is asked for. */
  total(name: string, help: string, read: (counter: Counter) => void, labels: readonly string[] = []): void {
    new Counter({
      ...this.#about(name, help, labels),
      collect() {
        this.reset();
        read(this);
      },
    });
  }

  #about<L extends string>(name: string, help: string, labels: readonly L[]) {
    return { name: this.#prefix + name, help, labelNames: [...labels], registers: [this.#registry] };
  }
}
