// The relays that a hub which has just begun waits for: those that served when the hub before it ended. A restart is then
// a pause within each search's budget, and not a refusal. In the hub's memory; no I/O.

import { within } from '../../../shared/deadline.ts';

/** A relay dials again within moments of its loss; one that has not by then is gone. */
const YOUNG_MS = 10_000;

/** What somebody waits for. */
export interface Awaited {
  /** Ends the wait. */
  readonly isThere: () => boolean;
  /** Only while a relay that served this vendor may come; absent: while any may. */
  readonly vendor?: string;
  /** Ends the wait in any case, milliseconds since 1970. */
  readonly untilMs: number;
}

/** Those that have not come back yet. */
export class AwaitedRelays {
  /** By relay, the vendors it served. */
  readonly #missing = new Map<string, readonly string[]>();
  #youngUntilMs = 0;
  #next = Promise.withResolvers<void>();

  /** The hub begins. */
  expect(relays: ReadonlyMap<string, readonly string[]>, nowMs: number): void {
    for (const [relay, vendors] of relays) this.#missing.set(relay, vendors);
    this.#youngUntilMs = nowMs + YOUNG_MS;
  }

  /** It serves again, or says that it will not. */
  arrived(relay: string): void {
    if (!this.#missing.delete(relay)) return;
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  /** True while a relay that served this vendor, or any, may yet come. */
  mayCome(vendor?: string): boolean {
    if (this.#missing.size === 0 || Date.now() >= this.#youngUntilMs) return false;
    return vendor === undefined || [...this.#missing.values()].some((vendors) => vendors.includes(vendor));
  }

  /** Resolves when it is there, when it cannot be expected any more, or when the time is up; at once when not young. */
  async wait({ isThere, vendor, untilMs }: Awaited): Promise<void> {
    while (!isThere() && this.mayCome(vendor) && Date.now() < untilMs) await this.nextUntil(untilMs);
  }

  /** Resolves when the next of them is here, when none is waited for any more, or when the time is up. */
  async nextUntil(untilMs: number): Promise<void> {
    const leftMs = Math.min(untilMs, this.#youngUntilMs) - Date.now();
    if (leftMs > 0) await within(this.#next.promise, leftMs, () => undefined);
  }
}

/** Less than this is no time for a relay and its vendors: a search keeps it, or half of what it has. */
const KEPT_MS = 1_500;

/** Until when a call with this budget may wait for a relay. */
export function waitEndMs(nowMs: number, budgetMs: number): number {
  return nowMs + Math.max(budgetMs / 2, budgetMs - KEPT_MS);
}
