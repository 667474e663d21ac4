// Since when a vendor has been failing: what the ledger tells when a vendor did not answer. Kept in the Durable
// Object's storage, written only when a vendor goes from well to failing or back.

import type { EditorRow } from '../store/editors.ts';
import type { AskedEditor } from './hub-search.ts';

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

  describe(row: EditorRow): AskedEditor {
    const failingSinceMs = this.#failingSince.get(row.id);
    return { id: row.id, name: row.name, ...(failingSinceMs === undefined ? {} : { failingSinceMs }) };
  }
}
