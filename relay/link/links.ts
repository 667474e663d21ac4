// The relay's links to the edge, one to each of its hubs: which hub asks for which vendor is the edge's affair. The first
// hub says how many there are each time it is dialled. docs/link-protocol.md "Several hubs".

import { HUBS_MAX } from '../../shared/limits.ts';
import { Link, type LinkSettings } from './link.ts';

/** Settings of every link. */
export type LinksSettings = Omit<LinkSettings, 'hub' | 'onHubs'>;

/** As many links as the edge has hubs; one until it has said so. */
export class Links {
  readonly #settings: LinksSettings;
  readonly #links: Link[];
  #isEnding = false;

  constructor(settings: LinksSettings) {
    this.#settings = settings;
    this.#links = [new Link({ ...settings, onHubs: (count) => this.#have(count) })];
  }

  /** Every hub knows this relay. */
  get isWhole(): boolean {
    return this.#links.every(({ state }) => state === 'up');
  }

  /** Some hub knows this relay. */
  get isUp(): boolean {
    return this.#links.some(({ state }) => state === 'up');
  }

  start(): void {
    for (const link of this.#links) link.start();
  }

  /** Says again to each hub what this relay serves. */
  announce(): void {
    for (const link of this.#links) link.announce();
  }

  /** Says to the first hub how this relay is. */
  report(): void {
    this.#links[0]?.report();
  }

  /** Asks each hub for nothing new; resolves when all have understood, or cannot any more. */
  async drain(timeoutMs: number): Promise<void> {
    this.#isEnding = true;
    await Promise.all(this.#links.map((link) => link.drain(timeoutMs)));
  }

  async close(): Promise<void> {
    this.#isEnding = true;
    await Promise.all(this.#links.map((link) => link.close()));
  }

  #have(count: number): void {
    if (this.#isEnding) return;
    const wanted = Math.min(Math.max(count, 1), HUBS_MAX);
    while (this.#links.length < wanted) {
      const link = new Link({ ...this.#settings, hub: this.#links.length });
      this.#links.push(link);
      link.start();
    }
    for (const link of this.#links.splice(wanted)) void link.close();
  }
}
