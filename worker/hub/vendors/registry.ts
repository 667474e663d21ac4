// The hub knows every vendor ever announced, with the operator's switches, each relay's last announcement, and which relay's
// key may be which vendor (judge-claim.ts). In memory, so that a search reads no database; in the hub's own storage, so that a
// restarted hub has it at once; and in D1, which is the record: read behind at each start, and now and then for what an
// operator changed unseen. What relays announce counts here at once, and is saved to D1 behind (announcement-saver.ts).

import { rejectLate, within } from '../../../shared/deadline.ts';
import type { EditorAnnouncement } from '../../../shared/link/hub.ts';
import { log } from '../../base/log.ts';
import {
  flowsLost,
  type HeardAnnouncement,
  readRegistry,
  restoreVendors,
  type StoredRegistry,
  type VendorRow,
} from '../../store/editors.ts';
import type { VendorClaim } from '../../store/vendor-claims.ts';
import { type ClaimSettings, ClaimsTable, claimKey } from './claims-table.ts';
import type { HubStorage } from './hub-storage.ts';
import type { ClaimVerdict } from './judge-claim.ts';

/** What a relay last announced, and whether it is there. */
interface RelayRecord {
  /** Ids of those that it may serve, also of those whose entry there is broken. */
  readonly vendors: readonly string[];
  /** Milliseconds; absent while a link of it serves, 0 of one that ended in order. */
  readonly lostMs?: number;
  /** The announcement that D1 does not have yet. */
  readonly unsaved?: readonly EditorAnnouncement[];
  /** When that one was heard. */
  readonly heardMs?: number;
}

/** `announced` follows from the relays. */
type StoredVendor = Omit<VendorRow, 'announced'>;

const VENDOR_PREFIX = 'vendor/';
const RELAY_PREFIX = 'relay/';
const CLAIM_PREFIX = 'claim/';
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
const UNTOUCHED = {
  flows: [],
  lostFlows: [],
  enabled: true,
  deadlineMs: undefined,
  cacheTtlS: undefined,
  takenOutMs: undefined,
  takenOutReason: undefined,
};

/** The registry; the constructor reads nothing, `load` the storage, `follow` D1. */
export class VendorRegistry {
  readonly #storage: HubStorage;
  readonly #db: D1Database;
  readonly #settings: () => ClaimSettings;
  /** The hub calls it when a claim was decided or made. */
  readonly #onClaims: () => void;
  readonly #claims = new ClaimsTable();
  readonly #vendors = new Map<string, StoredVendor>();
  readonly #relays = new Map<string, RelayRecord>();
  readonly #known = Promise.withResolvers<void>();
  #isKnown = false;
  #rows: readonly VendorRow[] | undefined;
  /** Counts what changes here, so that an older word of D1 does not undo it. */
  #changes = 0;
  #readMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(storage: HubStorage, db: D1Database, settings: () => ClaimSettings, onClaims: () => void) {
    this.#storage = storage;
    this.#db = db;
    this.#settings = settings;
    this.#onClaims = onClaims;
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
    const claims = await this.#storage.list<VendorClaim>(CLAIM_PREFIX);
    for (const claim of claims.values()) this.#claims.set(claim);
    if (claims.size === 0) this.#acceptAll();
    if ((await this.#storage.list<true>(READ_KEY)).size > 0) this.#noteKnown();
  }

  /** Every vendor ever announced, in the order of their ids; the same list until something changes. */
  rows(): readonly VendorRow[] {
    if (Date.now() - this.#readMs >= FRESH_MS) void this.follow();
    this.#rows ??= this.#makeRows();
    return this.#rows;
  }

  /**
   * Resolves true once D1 has said what vendors there are, in this life of the hub or a life before. False
   * after `waitMs` without: `rows`
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

  /**
   * Replaces what this relay announced before, as far as it may; counts from now on, and is to be saved. Returns the ids of
   * those that it may serve. `heardMs`: milliseconds since 1970.
   */
  announce(relay: string, announced: readonly EditorAnnouncement[], heardMs: number): ReadonlySet<string> {
    const settings = this.#settings();
    const served = announced.filter((one) => {
      const known = this.#vendors.get(one.id);
      const verdict = this.#claims.judge({ relay, announced: one, known }, settings, heardMs);
      return verdict !== undefined && this.#takeVerdict(one, verdict);
    });
    const vendors = served.map(({ id }) => id).sort();
    this.#setRelay(relay, { vendors, unsaved: announced, heardMs });
    return new Set(vendors);
  }

  /** Whether another announcement of these by this relay would be judged otherwise. */
  isServedOtherwise(relay: string, announced: readonly string[], served: ReadonlySet<string>): boolean {
    return announced.some((id) => this.#isAccepted(relay, id) !== served.has(id));
  }

  /** The last announcement of each relay that D1 does not have. */
  unsaved(): HeardAnnouncement[] {
    return [...this.#relays].flatMap(([relay, { unsaved, heardMs = 1 }]) => {
      if (unsaved === undefined) return [];
      const claims = unsaved.flatMap(({ id }) => this.#claims.get(relay, id) ?? []);
      const partners = this.#settings().partnersOf(relay);
      return [{ relay, vendors: unsaved, heardMs, claims, partners }];
    });
  }

  /** Whether this relay may write this vendor's appointments, under this system. */
  mayReport(relay: string, vendor: string, system: string): 'admitted' | 'not-announced' | 'other-system' {
    const isServed = this.#relays.get(relay)?.vendors.includes(vendor) === true;
    const known = isServed && this.#isAccepted(relay, vendor) ? this.#vendors.get(vendor) : undefined;
    if (known?.flows.includes('INT_R03') !== true) return 'not-announced';
    return system === known.appointmentSystem ? 'admitted' : 'other-system';
  }

  /** D1 has it now, and is read again for what it made of it; one that came meanwhile is still to be saved. */
  noteSaved({ relay, vendors }: HeardAnnouncement): void {
    const { unsaved, heardMs: _, ...record } = this.#relays.get(relay) ?? { vendors: [] };
    if (unsaved === vendors) this.#setRelay(relay, record);
  }

  /** The relay's link is gone, its announcement stands. `nowMs`: 0 when it says that it goes. The first word counts. */
  noteLost(relay: string, nowMs: number): void {
    const record = this.#relays.get(relay);
    if (record !== undefined) this.#setRelay(relay, { lostMs: nowMs, ...record });
  }

  /** The operator has changed this vendor, and D1 has it. */
  noteSwitches(row: VendorRow): void {
    const { id, enabled, deadlineMs, cacheTtlS, lostFlows, takenOutMs, takenOutReason, maintenances } = row;
    const known = this.#vendors.get(id);
    if (known === undefined) return;
    const switches = { enabled, deadlineMs, cacheTtlS, lostFlows, takenOutMs, takenOutReason, maintenances };
    this.#setVendor({ ...known, ...switches });
    if (takenOutMs === undefined) return;
    // No relay's any more: one that comes back announces it.
    for (const [relay, { unsaved, ...record }] of this.#relays) {
      const rest = unsaved?.filter((one) => one.id !== id);
      const vendors = record.vendors.filter((vendor) => vendor !== id);
      this.#setRelay(relay, { ...record, vendors, ...(rest && { unsaved: rest }) });
    }
  }

  /** An operator has decided about claims, and D1 has it. Resolves when it counts here. */
  async refresh(): Promise<void> {
    await this.#reading;
    await this.follow();
  }

  /** True when the relay may serve the vendor. */
  #takeVerdict(one: EditorAnnouncement, { claim, facts, certificateNotAfter, told }: ClaimVerdict): boolean {
    this.#setClaim(claim);
    if (told !== undefined) log('warn', `vendor-claim-${told}`, { relay: claim.relay, editor: one.id });
    if (claim.state !== 'accepted') return false;
    const before = this.#vendors.get(one.id) ?? UNTOUCHED;
    const { flows } = one;
    const lostFlows = flowsLost(flows, before);
    if (before.takenOutMs !== undefined) log('warn', 'vendor-back', { relay: claim.relay, editor: one.id });
    const isBack = { takenOutMs: undefined, takenOutReason: undefined };
    this.#setVendor({ ...before, ...facts, id: one.id, flows, lostFlows, certificateNotAfter, ...isBack });
    return true;
  }

  #isAccepted(relay: string, vendor: string): boolean {
    return this.#claims.get(relay, vendor)?.state === 'accepted';
  }

  /** What a hub of before had of relays was not asked about: it stays. */
  #acceptAll(): void {
    for (const [relay, { vendors }] of this.#relays) {
      for (const vendor of vendors) this.#setClaim({ relay, editor: vendor, state: 'accepted', sinceMs: 0 });
    }
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
        if (changes === this.#changes) {
          this.#take(stored);
          await this.#giveBack(stored);
          return;
        }
      } catch (cause) {
        log('warn', 'registry-unreadable', {
          detail: cause instanceof Error ? cause.name : 'unknown',
          delayMs,
        });
      }
      await scheduler.wait(delayMs);
    }
  }

  /** D1's word; what it has not been told yet is judged anew by it. */
  #take({ vendors, relays, claims }: StoredRegistry): void {
    const unsaved = this.unsaved();
    const ahead = new Set(
      unsaved.flatMap(({ vendors: unsavedVendors }) => unsavedVendors.map(({ id }) => id)),
    );
    for (const claim of claims) this.#setClaim(claim);
    for (const row of vendors) {
      const known = ahead.has(row.id) ? this.#vendors.get(row.id) : undefined;
      const { flows, lostFlows } = known ?? row;
      this.#setVendor({ ...row, flows, lostFlows });
    }
    // Of a relay that is linked here, this hub knows more.
    for (const relay of new Set([...relays.keys(), ...this.#relays.keys()])) {
      const known = this.#relays.get(relay) ?? { lostMs: 0 };
      if ('unsaved' in known || known.lostMs === undefined) continue;
      this.#setRelay(relay, { ...known, vendors: relays.get(relay) ?? [] });
    }
    for (const { relay, vendors: announced, heardMs } of unsaved) this.announce(relay, announced, heardMs);
    this.#readMs = Date.now();
    if (!this.#isKnown) this.#storage.write(new Map([[READ_KEY, true]]));
    this.#noteKnown();
    this.#onClaims();
  }

  /** A database that was put back to an earlier state has lost vendors: nobody took them out. */
  async #giveBack({ vendors, claims }: StoredRegistry): Promise<void> {
    const there = new Set(vendors.map(({ id }) => id));
    const unsaved = new Set(this.unsaved().flatMap(({ vendors: some }) => some.map(({ id }) => id)));
    const lost = [...this.#vendors.values()].filter(({ id }) => !there.has(id) && !unsaved.has(id));
    const known = new Set(claims.map(claimKey));
    const lostClaims = this.#claims
      .all()
      .filter((claim) => !known.has(claimKey(claim)) && !unsaved.has(claim.editor));
    if (lost.length + lostClaims.length === 0) return;
    const counts = { editors: lost.length, count: lostClaims.length };
    try {
      await within(restoreVendors(this.#db, lost, lostClaims), READ_MS, rejectLate);
      log('warn', 'registry-given-back', counts);
    } catch (cause) {
      const detail = cause instanceof Error ? cause.name : 'unknown';
      log('warn', 'registry-not-given-back', { ...counts, detail });
    }
  }

  #noteKnown(): void {
    this.#isKnown = true;
    this.#known.resolve();
  }

  #setVendor({ announced: _, ...vendor }: StoredVendor & { readonly announced?: boolean }): void {
    if (isSame(this.#vendors.get(vendor.id), vendor)) return;
    this.#vendors.set(vendor.id, vendor);
    this.#changed(VENDOR_PREFIX + vendor.id, vendor);
  }

  #setRelay(relay: string, record: RelayRecord): void {
    if (isSame(this.#relays.get(relay), record)) return;
    this.#relays.set(relay, record);
    this.#changed(RELAY_PREFIX + relay, record);
  }

  #setClaim(claim: VendorClaim): void {
    if (isSame(this.#claims.get(claim.relay, claim.editor), claim)) return;
    this.#claims.set(claim);
    this.#changed(CLAIM_PREFIX + claimKey(claim), claim);
  }

  #changed(key: string, value: unknown): void {
    this.#changes += 1;
    this.#rows = undefined;
    this.#storage.write(new Map([[key, value]]));
  }
}

/** The same members with the same values; one that is undefined is none. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one, inOrder) === JSON.stringify(other, inOrder);
}

function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
