// Pages kept for callers that follow `next`. Bounded: the oldest are forgotten.

import { Refusal } from '../outcome.ts';

const PAGES_MAX = 500;

export class Pages {
  readonly #pages = new Map<string, string>();
  #next = 1;

  /** Reserves the addresses of so many pages, in order. */
  reserve(base: string, count: number): readonly string[] {
    const search = this.#next;
    this.#next += 1;
    return Array.from(
      { length: count },
      (_, rank) => `${base}?_getpages=${search}&_getpagesoffset=${rank + 1}`,
    );
  }

  keep(url: string, body: string): void {
    const oldest = this.#pages.keys().next();
    if (this.#pages.size >= PAGES_MAX && !oldest.done) this.#pages.delete(oldest.value);
    this.#pages.set(keyOf(url), body);
  }

  read(url: string): string {
    const body = this.#pages.get(keyOf(url));
    if (body === undefined) throw new Refusal(410, 'expired', 'cette page n’existe plus');
    return body;
  }

  clear(): void {
    this.#pages.clear();
  }
}

function keyOf(url: string): string {
  return url.slice(url.indexOf('?') + 1);
}
