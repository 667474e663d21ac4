// Keeps the hub's booked slots in step with D1, the record: what changed while the hub did not hear of it (a Worker that
// ended between the two, a release before) is read now and then from where the last reading ended. A hub without any
// storage of its own reads everything once, the newest changes first. In bounded pages, behind; only the first searches of
// such a hub wait, until it knows what was booked of late.

import { within } from '../../../shared/deadline.ts';
import {
  MISTAKEN_MS_MAX,
  readChangedAfter,
  readChangedBefore,
} from '../../appointments/tables/taken-times.ts';
import { describeUnexpected, log } from '../../base/log.ts';
import type { BookedSlotsTable } from './booked-slots-table.ts';

/** How often changes are read while all is well. */
const EVERY_MS = 60_000;
/** D1 has others to serve between two pages. */
const PAUSE_MS = 20;
const PROGRESS = 'booked-slots-progress';
/** What is sought within hours was booked of late. */
const OF_LATE_MS = 3 * 24 * 3_600_000;

/** How far the reading has come; in the Durable Object's storage. Times are `appointments.updated_ms`. */
interface Progress {
  /** Every change up to here is known, but for those before `belowMs`. */
  readonly doneMs: number;
  /** Changes before it are still to be read; 0: none. */
  readonly belowMs: number;
}

/** One hub's reading of appointments. */
export class Reconciliation {
  readonly #db: D1Database;
  readonly #storage: DurableObjectStorage;
  readonly #table: BookedSlotsTable;
  readonly #ofLate = Promise.withResolvers<void>();
  #isOfLateKnown = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(db: D1Database, storage: DurableObjectStorage, table: BookedSlotsTable) {
    this.#db = db;
    this.#storage = storage;
    this.#table = table;
  }

  /** Resolves once the bookings of late are known, after `waitMs` at the latest. */
  async known(waitMs: number): Promise<void> {
    if (this.#isOfLateKnown) return;
    await within(this.#ofLate.promise, waitMs, () => undefined);
  }

  /** Reads at once, and from then on every minute. Never rejects; what D1 does not give is read the next time. */
  async begin(): Promise<void> {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    try {
      await this.#read(Date.now());
    } catch (cause) {
      log('warn', 'booked-slots-not-reconciled', { detail: describeUnexpected(cause) });
    }
    this.#timer = setTimeout(() => void this.begin(), EVERY_MS);
  }

  async #read(nowMs: number): Promise<void> {
    while (this.#table.forget(nowMs - MISTAKEN_MS_MAX)) await scheduler.wait(PAUSE_MS);
    let progress = (await this.#storage.get<Progress>(PROGRESS)) ?? { doneMs: nowMs, belowMs: nowMs + 1 };
    const noteKnown = (): void => {
      this.#isOfLateKnown ||= progress.belowMs < nowMs - OF_LATE_MS;
      if (this.#isOfLateKnown) this.#ofLate.resolve();
    };
    noteKnown();
    const save = (next: Progress): void => {
      progress = next;
      noteKnown();
      void this.#storage.put(PROGRESS, progress, { allowUnconfirmed: true });
    };
    let count = 0;
    for (;;) {
      const page = await readChangedAfter(this.#db, progress.doneMs, nowMs);
      if (page.length === 0) break;
      this.#table.take(page);
      count += page.length;
      save({ ...progress, doneMs: Math.max(...page.map(({ updatedMs }) => updatedMs)) });
      await scheduler.wait(PAUSE_MS);
    }
    while (progress.belowMs > 0) {
      const page = await readChangedBefore(this.#db, progress.belowMs, nowMs);
      if (page.length === 0) save({ ...progress, belowMs: 0 });
      if (page.length === 0) break;
      this.#table.take(page);
      count += page.length;
      save({ ...progress, belowMs: Math.min(...page.map(({ updatedMs }) => updatedMs)) });
      await scheduler.wait(PAUSE_MS);
    }
    if (count > 0) log('info', 'booked-slots-reconciled', { count });
  }
}
