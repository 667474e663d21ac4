// Saves what relays announced to D1, behind: a relay serves as soon as it has announced itself, and D1 hears of it when
// it can. Of each relay only the last announcement is saved; what is not saved survives a restart of the hub in its own
// storage (registry.ts).

import { rejectLate, within } from '../../../shared/deadline.ts';
import type { EditorFlow } from '../../../shared/link/hub.ts';
import { log } from '../../base/log.ts';
import { saveAnnouncement } from '../../store/editors.ts';
import { RelayReports } from '../reports/relay-reports.ts';
import type { VendorRegistry } from './registry.ts';

/** How long D1 may take for one; a write that has not ended by then may yet be done, and is done again. */
const SAVE_MS = 6_000;
const DELAY_MS = 500;
const DELAY_MS_MAX = 30_000;

/** What is not saved yet, for operators. */
export interface SavingDescription {
  readonly relays: readonly string[];
  /** Tries that failed since the last success. */
  readonly failed: number;
}

/** One saver per hub; one announcement at a time. */
export class AnnouncementSaver {
  readonly #registry: VendorRegistry;
  readonly #db: D1Database;
  /** What relays say of themselves besides, saved behind too. */
  readonly reports: RelayReports;
  #isRunning = false;
  #failed = 0;
  /** Ends the pause between two tries. */
  #wake: () => void = () => undefined;

  constructor(registry: VendorRegistry, db: D1Database) {
    this.#registry = registry;
    this.#db = db;
    this.reports = new RelayReports(db);
  }

  /** Something is to be saved: tries now, and again until D1 has it all. */
  start(): void {
    this.#wake();
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  /** Undefined when D1 has everything. */
  describe(): SavingDescription | undefined {
    const relays = this.#registry.unsaved().map(({ relay }) => relay);
    return relays.length === 0 ? undefined : { relays, failed: this.#failed };
  }

  /** The relay announces this vendor for this flow, and D1 may not know of it yet. */
  hasJustAnnounced(relay: string, vendor: string, flow: EditorFlow): boolean {
    const unsaved = this.#registry.unsaved().find((one) => one.relay === relay);
    const isIts = unsaved?.claims.some((claim) => claim.editor === vendor && claim.state === 'accepted');
    return (
      isIts === true &&
      unsaved?.vendors.some(({ id, flows }) => id === vendor && flows.includes(flow)) === true
    );
  }

  async #run(): Promise<void> {
    while (this.#registry.unsaved().length > 0) {
      const ceilingMs = Math.min(DELAY_MS * 2 ** Math.min(this.#failed, 10), DELAY_MS_MAX);
      // Full jitter: what waits at several hubs does not come back to D1 all at once.
      const delayMs = Math.round(Math.random() * ceilingMs);
      if (!(await this.#saveAll(delayMs))) await this.#pause(delayMs);
    }
    this.#isRunning = false;
    // D1 says last whose a vendor is: another hub may have been first.
    await this.#registry.follow();
  }

  /** True when D1 took each. */
  async #saveAll(delayMs: number): Promise<boolean> {
    let isWhole = true;
    for (const unsaved of this.#registry.unsaved()) {
      const { relay, vendors } = unsaved;
      try {
        await within(saveAnnouncement(this.#db, unsaved, Date.now()), SAVE_MS, rejectLate);
        this.#registry.noteSaved(unsaved);
        log('info', 'announcement-saved', { relay, editors: vendors.length, attempt: this.#failed + 1 });
        this.#failed = 0;
      } catch (cause) {
        isWhole = false;
        this.#failed += 1;
        const detail = cause instanceof Error ? cause.name : 'unknown';
        log('warn', 'announcement-not-saved', { relay, attempt: this.#failed, delayMs, detail });
      }
    }
    return isWhole;
  }

  async #pause(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#wake = () => resolve(undefined);
    await within(promise, delayMs, () => undefined);
  }
}
