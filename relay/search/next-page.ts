// Which page comes next, if the vendor may name it: same origin, under its own base path, never one already
// read, and not too many (docs/guide.md G-211). A vendor's link is the only URL not from our own settings that the
// relay ever calls, so it is resolved and compared as a URL, never as text. No I/O.

import { VENDOR_PAGES_MAX } from '../../shared/limits.ts';
import { err, ok, type Result } from '../../shared/result.ts';

/** The pages of one call so far; used once. */
export class PageTrail {
  readonly #origin: string;
  readonly #basePath: string;
  readonly #seen = new Set<string>();
  #current: string;

  /** `baseUrl` without its last slash. */
  constructor(baseUrl: string, first: string) {
    const base = new URL(baseUrl);
    this.#origin = base.origin;
    this.#basePath = base.pathname.endsWith('/') ? base.pathname : `${base.pathname}/`;
    const url = new URL(first);
    this.#current = url.href;
    this.#seen.add(url.href);
  }

  /** Path and query of the page to ask for. */
  follow(next: string): Result<string, 'foreign-next' | 'too-many-pages'> {
    const url = URL.parse(next, this.#current);
    if (url === null || url.origin !== this.#origin || url.username !== '' || url.password !== '') {
      return err('foreign-next');
    }
    url.hash = '';
    // HAPI and others page on the base itself: `[base]?_getpages=…`.
    const inside = url.pathname.startsWith(this.#basePath) || `${url.pathname}/` === this.#basePath;
    // Encoded dots and slashes survive URL parsing and may be undone by the server.
    if (!inside || /%2e|%2f|%5c/i.test(url.pathname)) return err('foreign-next');
    if (this.#seen.has(url.href)) return err('foreign-next');
    if (this.#seen.size >= VENDOR_PAGES_MAX) return err('too-many-pages');
    this.#seen.add(url.href);
    this.#current = url.href;
    return ok(url.pathname + url.search);
  }
}
