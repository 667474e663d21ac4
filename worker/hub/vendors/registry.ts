// Whom the hub knows: every vendor ever announced, with the operator's switches, and what each relay last announced. In
// memory, so that a search reads no database; in the hub's own storage, so that a restarted hub has it at once; and in
// D1, which is the record: read behind at each start, and now and then for what an operator changed unseen. What relays
// announce counts here at once, and is saved to D1 behind (announcement-saver.ts).

import { rejectLate, within } from '../../../shared/deadline.ts';
import type { EditorAnnouncement } from '../../../shared/link/hub.ts';
import { log } from '../../base/log.ts';
import { flowsLost, readRegistry, type StoredRegistry, type VendorRow } from '../../store/editors.ts';
import type { HubStorage } from './hub-storage.ts';

/** What a relay last announced, and whether it is there. */
interface RelayRecord {
  /** Ids, also of those whose entry there is broken. */
  readonly vendors: readonly string[];
  /** Milliseconds; absent while a link of it serves, 0 of one that ended in order. */
  readonly lostMs?: number;
  /** The announcement that D1 does not have yet. */
  readonly unsaved?: readonly EditorAnnouncement[];
}

/** `announced` follows from the relays. */
type StoredVendor = Omit<VendorRow, 'announced'>;

/** An announcement that D1 does not have yet. */
export interface UnsavedAnnouncement {
  readonly relay: string;
  readonly vendors: readonly EditorAnnouncement[];
}

const VENDOR_PREFIX = 'vendor/';
const RELAY_PREFIX = 'relay/';
/** D1 has been read in some life of this hub: what it holds is not only what one relay announced. */
const READ_KEY = 'registry-read';
/** How long one reading of D1 may take; it is read behind. */
const READ_MS = 6_000;
const RETRY_MS = 500;
const RETRY_MS_MAX = 10_000;
/** A change in D1 that nobody told the hub of counts after this. */
const FRESH_MS = 60_000;

/** A relay that was lost so shortly before may have been on its way back when the hub ended. */
const JUST_LOST_MS = 60_000;

/** A vendor of which the operator has changed nothing. */
const UNTOUCHED = { flows: [], lostFlows: [], enabled: true, deadlineMs: undefined, cacheTtlS: undefined };

/** The registry; the constructor reads nothing, `load` the storage, `follow` D1. */
export class VendorRegistry {
  readonly #storage: HubStorage;
  readonly #db: D1Database;
  readonly #vendors = new Map<string, StoredVendor>();
  readonly #relays = new Map<string, RelayRecord>();
  readonly #known = Promise.withResolvers<void>();
  #isKnown = false;
  #rows: readonly VendorRow[] | undefined;
  /** Counts what changes here, so that an older word of D1 does not undo it. */
  #changes = 0;
  #readMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(storage: HubStorage, db: D1Database) {
    this.#storage = storage;
    this.#db = db;
  }

  /** D1 has said what vendors there are, in this life of the hub or a life before. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** From the hub's own storage. */
  async load(): Promise<void> {
    for (const [id, row] of await this.#storage.list<StoredVendor>(VENDOR_PREFIX)) this.#vendors.set(id, row);
    for (const [id, relay] of await this.#storage.list<RelayRecord>(RELAY_PREFIX))
      this.#relays.set(id, relay);
    if ((await this.#storage.list<true>(READ_KEY)).size > 0) this.#noteKnown();
  }

  /** Every vendor ever announced, in the order of their ids; the same list until something changes. */
  rows(): readonly VendorRow[] {
    if (Date.now() - this.#readMs >= FRESH_MS) void this.follow();
    this.#rows ??= this.#makeRows();
    return this.#rows;
  }

  /**
   * Resolves true once D1 has said what vendors there are, in this life of the hub or a life before. False after `waitMs` without: `rows`
   * then holds what relays announced since, without the operator's switches.
   */
  async known(waitMs: number): Promise<boolean> {
    if (this.#isKnown) return true;
    return within(
      this.#known.promise.then(() => true),
      waitMs,
      () => false,
    );
  }

  /** Reads D1 until it has answered; one reading at a time. Never rejects. */
  follow(): Promise<void> {
    this.#reading ??= this.#readUntilRead().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** By relay that served when the hub before this one ended, or had just been lost: the vendors it had announced. */
  relaysBefore(nowMs: number): Map<string, readonly string[]> {
    const wasThere = ({ lostMs = nowMs }: RelayRecord): boolean => nowMs - lostMs < JUST_LOST_MS;
    return new Map(
      [...this.#relays].filter(([, record]) => wasThere(record)).map(([id, { vendors }]) => [id, vendors]),
    );
  }

  /** Replaces what this relay announced before; counts from now on, and is to be saved. */
  announce(relay: string, announced: readonly EditorAnnouncement[]): void {
    for (const one of announced) {
      const before = this.#vendors.get(one.id) ?? UNTOUCHED;
      this.#setVendor({ ...before, ...one, lostFlows: flowsLost(one.flows, before) });
    }
    this.#setRelay(relay, { vendors: announced.map(({ id }) => id).sort(), unsaved: announced });
  }

  /** The last announcement of each relay that D1 does not have. */
  unsaved(): UnsavedAnnouncement[] {
    return [...this.#relays].flatMap(([relay, { unsaved }]) =>
      unsaved === undefined ? [] : [{ relay, vendors: unsaved }],
    );
  }

  /** Whether this relay may write this vendor's appointments, under this system. */
  mayReport(relay: string, vendor: string, system: string): 'admitted' | 'not-announced' | 'other-system' {
    const isServed = this.#relays.get(relay)?.vendors.includes(vendor) === true;
    const known = isServed ? this.#vendors.get(vendor) : undefined;
    if (known?.flows.includes('INT_R03') !== true) return 'not-announced';
    return system === '' ? 'other-system' : 'admitted';
  }

  /** D1 has it now; one that came meanwhile is still to be saved. */
  noteSaved({ relay, vendors }: UnsavedAnnouncement): void {
    const { unsaved, ...record } = this.#relays.get(relay) ?? { vendors: [] };
    if (unsaved === vendors) this.#setRelay(relay, record);
  }

  /** The relay's link is gone, its announcement stands. `nowMs`: 0 when it says that it goes. The first word counts. */
  noteLost(relay: string, nowMs: number): void {
    const record = this.#relays.get(relay);
    if (record !== undefined) this.#setRelay(relay, { lostMs: nowMs, ...record });
  }

  /** The operator has changed this vendor, and D1 has it. */
  noteSwitches({ id, enabled, deadlineMs, cacheTtlS, lostFlows }: VendorRow): void {
    const known = this.#vendors.get(id);
    if (known !== undefined) this.#setVendor({ ...known, enabled, deadlineMs, cacheTtlS, lostFlows });
  }

  #makeRows(): VendorRow[] {
    const announced = new Set([...this.#relays.values()].flatMap(({ vendors }) => vendors));
    const rows = [...this.#vendors.values()].map((row) => ({ ...row, announced: announced.has(row.id) }));
    return rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async #readUntilRead(): Promise<void> {
    for (let delayMs = RETRY_MS; ; delayMs = Math.min(delayMs * 2, RETRY_MS_MAX)) {
      const changes = this.#changes;
      try {
        const stored = await within(readRegistry(this.#db), READ_MS, rejectLate);
        if (changes === this.#changes) return this.#take(stored);
      } catch (cause) {
        log('warn', 'registry-unreadable', {
          detail: cause instanceof Error ? cause.name : 'unknown',
          delayMs,
        });
      }
      await scheduler.wait(delayMs);
    }
  }

  /** D1's word, but for what it has not been told yet. */
  #take({ vendors, relays }: StoredRegistry): void {
    const ahead = new Set(this.unsaved().flatMap(({ vendors: unsaved }) => unsaved.map(({ id }) => id)));
    for (const row of vendors) {
      const known = ahead.has(row.id) ? this.#vendors.get(row.id) : undefined;
      const { enabled, deadlineMs, cacheTtlS } = row;
      this.#setVendor(known === undefined ? row : { ...known, enabled, deadlineMs, cacheTtlS });
    }
    for (const [relay, ids] of relays) {
      const known = this.#relays.get(relay) ?? { lostMs: 0 };
      if (!('unsaved' in known)) this.#setRelay(relay, { ...known, vendors: ids });
    }
    this.#readMs = Date.now();
    if (!this.#isKnown) this.#storage.write(new Map([[READ_KEY, true]]));
    this.#noteKnown();
  }

  #noteKnown(): void {
    this.#isKnown = true;
    this.#known.resolve();
  }

  #setVendor(vendor: StoredVendor): void {
    const { id, name, flows, lostFlows, redirectHosts, certificateNotAfter } = vendor;
    const { enabled, deadlineMs, cacheTtlS } = vendor;
    const row = {
      id,
      name,
      flows,
      lostFlows,
      redirectHosts,
      certificateNotAfter,
      enabled,
      deadlineMs,
      cacheTtlS,
    };
    if (isSame(this.#vendors.get(id), row)) return;
    this.#vendors.set(id, row);
    this.#changed(VENDOR_PREFIX + id, row);
  }

  #setRelay(relay: string, { vendors, lostMs, unsaved }: RelayRecord): void {
    const record = {
      vendors,
      ...(lostMs !== undefined && { lostMs }),
      ...(unsaved !== undefined && { unsaved }),
    };
    if (isSame(this.#relays.get(relay), record)) return;
    this.#relays.set(relay, record);
    this.#changed(RELAY_PREFIX + relay, record);
  }

  #changed(key: string, value: unknown): void {
    this.#changes += 1;
    this.#rows = undefined;
    this.#storage.write(new Map([[key, value]]));
  }
}

/** Both are made here, their keys in one order. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
