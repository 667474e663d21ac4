// Since when a vendor has been failing: what the ledger tells when a vendor did not answer. Kept in the Durable
// Object's storage, written only when a vendor goes from well to failing or back.

const PREFIX = 'failing-since/';

export class EditorHealth {
  readonly #storage: DurableObjectStorage;
  readonly #failingSince = new Map<string, number>();

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  async load(): Promise<void> {
    for (const [key, sinceMs] of await this.#storage.list<number>({ prefix: PREFIX })) {
      this.#failingSince.set(key.slice(PREFIX.length), sinceMs);
    }
  }

  note(editor: string, isWell: boolean, nowMs: number): void {
    if (isWell === !this.#failingSince.has(editor)) return;
    if (isWell) {
      this.#failingSince.delete(editor);
      void this.#storage.delete(PREFIX + editor);
    } else {
      this.#failingSince.set(editor, nowMs);
      void this.#storage.put(PREFIX + editor, nowMs);
    }
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
