// Since when a vendor has been failing: what the ledger tells when a vendor did not answer. Kept in the Durable
// Object's storage, written only when a vendor goes from well to failing or back.

import type { FailedCall, VendorFailure } from '../../shared/link/relay.ts';
import { dropOldest, EDITORS_REMEMBERED_MAX } from './drop-oldest.ts';

/** Failures of ours on the way to a vendor: they say nothing of it. */
const OURS: ReadonlySet<VendorFailure> = new Set(['overloaded', 'not-served', 'draining', 'internal']);

export function isOurs({ reason }: FailedCall): boolean {
  return OURS.has(reason);
}

const PREFIX = 'failing-since/';

export class EditorHealth {
  readonly #storage: DurableObjectStorage;
  readonly #failingSince = new Map<string, number>();

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  async load(): Promise<void> {
    const kept = [...(await this.#storage.list<number>({ prefix: PREFIX }))];
    for (const [key, sinceMs] of kept.sort(([, a], [, b]) => a - b)) {
      this.#remember(key.slice(PREFIX.length), sinceMs);
    }
  }

  /** How a call to it went. */
  note(editor: string, failure: FailedCall | undefined, nowMs: number): void {
    if (failure !== undefined && isOurs(failure)) return;
    const isWell = failure === undefined;
    if (isWell === !this.#failingSince.has(editor)) return;
    if (isWell) {
      this.#failingSince.delete(editor);
      void this.#storage.delete(PREFIX + editor);
    } else {
      this.#remember(editor, nowMs);
      void this.#storage.put(PREFIX + editor, nowMs);
    }
  }

  #remember(editor: string, sinceMs: number): void {
    const gone = dropOldest(this.#failingSince, EDITORS_REMEMBERED_MAX);
    if (gone !== undefined) void this.#storage.delete(PREFIX + gone);
    this.#failingSince.set(editor, sinceMs);
  }

  /** Those of these vendors that fail, and since when, milliseconds. */
  failingSince(editors: Iterable<string>): Record<string, number> {
    const failing: Record<string, number> = {};
    for (const editor of editors) {
      const sinceMs = this.#failingSince.get(editor);
      if (sinceMs !== undefined) failing[editor] = sinceMs;
    }
    return failing;
  }
}
