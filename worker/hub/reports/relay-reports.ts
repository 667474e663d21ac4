// What relays say of themselves, as the hub hears it: written to D1 behind, in place of what was there, once a minute at most and
// only when it is news. A report that D1 does not take is lost: the next one comes within a minute.

import { rejectLate, within } from '../../../shared/deadline.ts';
import { log } from '../../base/log.ts';
import { readReport } from './read-report.ts';
import { saveReport } from './table.ts';

const WRITTEN_MS = 60_000;
/** What is no news is written again after so long: a row that is older is of a relay that said nothing since. */
const AGAIN_MS = 3_600_000;
const SAVE_MS = 6_000;

interface Written {
  readonly text: string;
  readonly atMs: number;
}

/** One of a hub. */
export class RelayReports {
  readonly #db: D1Database;
  readonly #written = new Map<string, Written>();
  readonly #due = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(db: D1Database) {
    this.#db = db;
  }

  /** @throws valibot's error when it is no report: then what was there stays. */
  take(relay: string, value: unknown): void {
    const text = JSON.stringify(readReport(value));
    const nowMs = Date.now();
    const before = this.#written.get(relay);
    clearTimeout(this.#due.get(relay) ?? null);
    this.#due.delete(relay);
    if (before?.text === text && nowMs - before.atMs < AGAIN_MS) return;
    const waitMs = before === undefined ? 0 : Math.max(0, before.atMs + WRITTEN_MS - nowMs);
    const timer = setTimeout(() => void this.#write(relay, text, nowMs), waitMs);
    this.#due.set(relay, timer);
  }

  async #write(relay: string, text: string, atMs: number): Promise<void> {
    this.#due.delete(relay);
    const before = this.#written.get(relay);
    this.#written.set(relay, { text, atMs: Date.now() });
    try {
      await within(saveReport(this.#db, { relay, atMs, report: text }), SAVE_MS, rejectLate);
    } catch (cause) {
      log('warn', 'relay-report-not-written', {
        relay,
        detail: cause instanceof Error ? cause.name : 'unknown',
      });
      if (before === undefined) this.#written.delete(relay);
      else this.#written.set(relay, { ...before, atMs: Date.now() });
    }
  }
}
