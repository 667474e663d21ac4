// How each vendor does, by the search calls that relays made to it: since when it has been well or failing, its last
// success, its last failure. The ledger tells the one (since when), operators read all of it (GET /admin/editors). Kept
// in the Durable Object's storage: written when a vendor goes from well to failing or back, else once a minute at most, and
// never in front of a message (hub-storage.ts).

import { LRUCache } from 'lru-cache';
import type { FailedCall, VendorFailure } from '../../../shared/failure.ts';
import type { HubStorage } from './hub-storage.ts';

/** Vendors of which the hub remembers something; a registry holds some tens. */
export const VENDORS_REMEMBERED_MAX = 500;

/** Failures of ours on the way to a vendor: they say nothing of it. */
const OURS: ReadonlySet<VendorFailure> = new Set(['overloaded', 'not-served', 'draining', 'internal']);

/** True when a failed call says nothing of its vendor. */
export function isOurs({ reason }: FailedCall): boolean {
  return OURS.has(reason);
}

/** How a vendor does. Times in milliseconds since 1970. */
export interface HealthRecord {
  readonly isWell: boolean;
  /** Of the first call that went so, and every call since. */
  readonly sinceMs: number;
  readonly lastSuccessMs?: number;
  readonly lastFailure?: { readonly atMs: number; readonly reason: VendorFailure; readonly status?: number };
}

const PREFIX = 'health/';
/** What versions before wrote: since when a vendor fails, and nothing of the others. */
const OLD_PREFIX = 'failing-since/';
const SWITCHED_PREFIX = 'switched/';
/** A time that is told may be older than the truth by this much, after the hub has moved. */
const WRITTEN_EVERY_MS = 60_000;

/** The health of all vendors; the constructor does not read storage, `load` does. */
export class VendorHealth {
  readonly #storage: HubStorage;
  readonly #records: LRUCache<string, HealthRecord>;
  readonly #writtenMs = new Map<string, number>();
  /** When the operator last switched a vendor on or off. */
  readonly #switchedMs: LRUCache<string, number>;

  constructor(storage: HubStorage) {
    this.#storage = storage;
    this.#records = remembering((gone) => {
      this.#writtenMs.delete(gone);
      storage.writeSoon(PREFIX + gone, undefined);
      storage.writeSoon(OLD_PREFIX + gone, undefined);
    });
    this.#switchedMs = remembering((gone) => storage.writeSoon(SWITCHED_PREFIX + gone, undefined));
  }

  async load(): Promise<void> {
    const old = await this.#storage.list<number>(OLD_PREFIX);
    for (const [vendor, sinceMs] of old) this.#records.set(vendor, { isWell: false, sinceMs });
    const records = await this.#storage.list<HealthRecord>(PREFIX);
    for (const [vendor, record] of records) this.#records.set(vendor, record);
    const switched = await this.#storage.list<number>(SWITCHED_PREFIX);
    for (const [vendor, ms] of switched) this.#switchedMs.set(vendor, ms);
  }

  /** How a call to it went. */
  note(vendor: string, failure: FailedCall | undefined, nowMs: number): void {
    if (failure !== undefined && isOurs(failure)) return;
    const before = this.#records.peek(vendor);
    const isWell = failure === undefined;
    const isTurn = before?.isWell !== isWell;
    const record: HealthRecord = {
      ...before,
      isWell,
      sinceMs: isTurn ? nowMs : before.sinceMs,
      ...(failure === undefined
        ? { lastSuccessMs: nowMs }
        : {
            lastFailure: {
              atMs: nowMs,
              reason: failure.reason,
              ...(failure.status !== undefined && { status: failure.status }),
            },
          }),
    };
    this.#records.set(vendor, record);
    if (isTurn || nowMs - (this.#writtenMs.get(vendor) ?? 0) >= WRITTEN_EVERY_MS) this.#write(vendor, nowMs);
  }

  noteSwitched(vendor: string, nowMs: number): void {
    this.#switchedMs.set(vendor, nowMs);
    this.#storage.writeSoon(SWITCHED_PREFIX + vendor, nowMs);
  }

  /** Undefined when no call to it is remembered. */
  recordOf(vendor: string): HealthRecord | undefined {
    return this.#records.peek(vendor);
  }

  /** Milliseconds; undefined when it never was, or before the hub remembered it. */
  switchedMs(vendor: string): number | undefined {
    return this.#switchedMs.peek(vendor);
  }

  /** Those of these vendors that fail, and since when, milliseconds. */
  failingSince(vendors: Iterable<string>): Record<string, number> {
    const failing: Record<string, number> = {};
    for (const vendor of vendors) {
      const record = this.#records.peek(vendor);
      if (record?.isWell === false) failing[vendor] = record.sinceMs;
    }
    return failing;
  }

  #write(vendor: string, nowMs: number): void {
    this.#writtenMs.set(vendor, nowMs);
    this.#storage.writeSoon(PREFIX + vendor, this.#records.peek(vendor));
    this.#storage.writeSoon(OLD_PREFIX + vendor, undefined);
  }
}

/** Of the vendors most recently noted. `forget`: deletes what is stored of one that gives way. */
function remembering<T extends {}>(forget: (vendor: string) => void): LRUCache<string, T> {
  return new LRUCache({
    max: VENDORS_REMEMBERED_MAX,
    dispose: (_value, vendor, why) => {
      if (why === 'evict') forget(vendor);
    },
  });
}
