// How each vendor does, by the search calls that relays made to it: since when it has been well or failing, its last
// success, its last failure. The ledger tells the one (since when), operators read all of it (GET /admin/editors). Kept
// in the Durable Object's storage: written when a vendor goes from well to failing or back, else once a minute at most.

import type { FailedCall, VendorFailure } from '../../shared/failure.ts';
import { dropOldest, EDITORS_REMEMBERED_MAX } from './drop-oldest.ts';

/** Failures of ours on the way to a vendor: they say nothing of it. */
const OURS: ReadonlySet<VendorFailure> = new Set(['overloaded', 'not-served', 'draining', 'internal']);

export function isOurs({ reason }: FailedCall): boolean {
  return OURS.has(reason);
}

/** Times in milliseconds. */
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

export class EditorHealth {
  readonly #storage: DurableObjectStorage;
  readonly #records = new Map<string, HealthRecord>();
  readonly #writtenMs = new Map<string, number>();
  /** When the operator last switched a vendor on or off. */
  readonly #switchedMs = new Map<string, number>();

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  async load(): Promise<void> {
    const old = await this.#storage.list<number>({ prefix: OLD_PREFIX });
    for (const [key, sinceMs] of old) {
      this.#records.set(key.slice(OLD_PREFIX.length), { isWell: false, sinceMs });
    }
    for (const [key, record] of await this.#storage.list<HealthRecord>({ prefix: PREFIX })) {
      this.#records.set(key.slice(PREFIX.length), record);
    }
    for (const [key, ms] of await this.#storage.list<number>({ prefix: SWITCHED_PREFIX })) {
      this.#switchedMs.set(key.slice(SWITCHED_PREFIX.length), ms);
    }
  }

  /** How a call to it went. */
  note(editor: string, failure: FailedCall | undefined, nowMs: number): void {
    if (failure !== undefined && isOurs(failure)) return;
    const before = this.#records.get(editor);
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
    if (before === undefined) this.#makeRoom();
    this.#records.set(editor, record);
    if (isTurn || nowMs - (this.#writtenMs.get(editor) ?? 0) >= WRITTEN_EVERY_MS) this.#write(editor, nowMs);
  }

  noteSwitched(editor: string, nowMs: number): void {
    const gone = this.#switchedMs.has(editor)
      ? undefined
      : dropOldest(this.#switchedMs, EDITORS_REMEMBERED_MAX);
    if (gone !== undefined) void this.#storage.delete(SWITCHED_PREFIX + gone);
    this.#switchedMs.set(editor, nowMs);
    void this.#storage.put(SWITCHED_PREFIX + editor, nowMs);
  }

  /** Undefined when no call to it is remembered. */
  recordOf(editor: string): HealthRecord | undefined {
    return this.#records.get(editor);
  }

  /** Milliseconds; undefined when it never was, or before the hub remembered it. */
  switchedMs(editor: string): number | undefined {
    return this.#switchedMs.get(editor);
  }

  /** Those of these vendors that fail, and since when, milliseconds. */
  failingSince(editors: Iterable<string>): Record<string, number> {
    const failing: Record<string, number> = {};
    for (const editor of editors) {
      const record = this.#records.get(editor);
      if (record?.isWell === false) failing[editor] = record.sinceMs;
    }
    return failing;
  }

  #write(editor: string, nowMs: number): void {
    this.#writtenMs.set(editor, nowMs);
    void this.#storage.put(PREFIX + editor, this.#records.get(editor));
    void this.#storage.delete(OLD_PREFIX + editor);
  }

  #makeRoom(): void {
    const gone = dropOldest(this.#records, EDITORS_REMEMBERED_MAX);
    if (gone === undefined) return;
    this.#writtenMs.delete(gone);
    void this.#storage.delete([PREFIX + gone, OLD_PREFIX + gone]);
  }
}
