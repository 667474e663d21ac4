// Kept answers between the hub's memory and the cache database: written behind, those of some seconds together, and read
// back once after a start. What D1 does not take is not written again: the next word of the vendor is.

import { log } from '../../../base/log.ts';
import type { KeptAnswers } from './answers.ts';
import { readPageBefore, writePages } from './pages.ts';
import type { SubjectPart } from './part.ts';

/** How long the first of them waits for the others. */
const GATHER_MS = 5_000;
/** What is over sooner would be so before a hub that starts again could use it. */
const WORTH_WRITING_MS = 10_000;
/** Read back until the memory is that full: what searches keep meanwhile needs room too. */
const FULLNESS_MAX = 0.9;

/** The second level of one hub's kept answers. */
export class KeptBehind {
  readonly #db: D1Database;
  readonly #kept: KeptAnswers;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(db: D1Database, kept: KeptAnswers) {
    this.#db = db;
    this.#kept = kept;
  }

  /** Fresh parts: at once in memory, some seconds later in D1. */
  keep(parts: readonly SubjectPart[], nowMs: number): void {
    this.#kept.keep(parts, nowMs);
    this.#timer ??= setTimeout(() => void this.#write(), GATHER_MS);
  }

  /** Reads back what still holds, the newest first. Never rejects. */
  async restore(): Promise<void> {
    let count = 0;
    try {
      let page = await readPageBefore(this.#db, Number.MAX_SAFE_INTEGER, Date.now());
      while (page !== undefined && this.#kept.fullness < FULLNESS_MAX) {
        this.#kept.restore(page.parts, Date.now());
        count += page.parts.length;
        page = await readPageBefore(this.#db, page.id, Date.now());
      }
    } catch {
      log('warn', 'availability-not-read');
    }
    if (count > 0) log('info', 'availability-read', { count });
  }

  /** Never rejects. */
  async #write(): Promise<void> {
    this.#timer = undefined;
    const parts = this.#kept.takeUnwritten(Date.now(), WORTH_WRITING_MS);
    if (parts.length === 0) return;
    try {
      const bytes = await writePages(this.#db, parts);
      log('debug', 'availability-written', { count: parts.length, bytes });
    } catch {
      log('warn', 'availability-not-written', { count: parts.length });
    }
  }
}
